// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cmath>

#include "tests/support/make_png.h"
#include "rbm/io/atomic_file.h"
#include "rbm/io/csv.h"
#include "rbm/io/data.h"
#include "rbm/io/gzip.h"
#include "rbm/io/idx.h"
#include "rbm/io/npy.h"
#include "rbm/io/png.h"
#include "rbm/kernels/error.h"

using rbm::DataError;
using rbm::IfExists;

TEST_SUITE_BEGIN("io_data");

namespace {

rbm::Dataset pictures() {
    std::vector<std::uint8_t> values(4 * 6);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<std::uint8_t>(i * 10);
    rbm::Dataset data = rbm::Dataset::from_bytes(4, 6, values, 255);
    data.image = {2, 3};
    return data;
}

Bytes as_npy(std::vector<std::size_t> shape) {
    std::vector<float> values;
    for (std::size_t i = 0; i < 24; ++i) values.push_back(pictures().value(i / 6, i % 6));
    return rbm::encode_npy(shape, std::span<const float>(values));
}

std::string data_refusal(const Bytes& bytes) {
    return thrown<DataError>([&] { rbm::parse_data(bytes, "f"); });
}

}  // namespace

TEST_CASE("the content decides, not the name") {
    const TemporaryFolder folder;
    const rbm::Dataset expected = pictures();
    const auto load = [&](const Bytes& bytes, std::vector<std::string>* notes = nullptr) {
        rbm::write_file(folder / "data.csv", bytes, IfExists::replace);
        rbm::Dataset data = rbm::load_data(folder / "data.csv", notes);
        CHECK(data.name == folder / "data.csv");
        return data;
    };
    const Bytes idx = rbm::encode_idx(expected);
    CHECK(same_values(load(idx), expected));
    CHECK(same_values(load(gzipped(idx)), expected));
    std::vector<std::string> notes;
    CHECK(same_values(load(as_npy({4, 2, 3}), &notes), expected));
    REQUIRE(notes.size() == 1);
    CHECK(has(notes[0], "4 pictures of height 2 and width 3, each flattened to a row of 6"));
    CHECK(load(gzipped(as_npy({4, 6}))).image == rbm::ImageShape{});
    CHECK(load(bytes_of("1,2\n")).cols() == 2);
    CHECK(load(gzipped(bytes_of("1,2\n"))).cols() == 2);
    const rbm::Dataset one = load(small_grey_png(7));
    CHECK(one.rows() == 1);
    CHECK(one.image == rbm::ImageShape{2, 3});
    CHECK(one.value(0, 0) == 7.0F / 255);
    rbm::write_file(folder / "picture.png", small_grey_png(), IfExists::refuse);
    CHECK(rbm::load_data(folder.path()).rows() == 2);
    CHECK_THROWS_AS(rbm::load_data(folder / "missing"), rbm::FileError);
}

TEST_CASE("plain content under the name of a gzip file is read, with a note") {
    std::vector<std::string> notes;
    CHECK(rbm::parse_data(bytes_of("1,2\n"), "x.csv.gz", &notes).cols() == 2);
    REQUIRE(notes.size() == 1);
    CHECK(has(notes[0], "x.csv.gz: is not gzip"));
    notes.clear();
    CHECK(rbm::parse_data(gzipped(bytes_of("1,2\n")), "x.csv.gz", &notes).cols() == 2);
    CHECK(notes.empty());
}

TEST_CASE("standard input is data like any other") {
    const TemporaryFolder folder;
    rbm::write_file(folder / "file", rbm::encode_idx(pictures()), IfExists::refuse);
    const int file = ::open((folder / "file").c_str(), O_RDONLY | O_CLOEXEC);
    const Redirected standard_input(0, file);
    const rbm::Dataset data = rbm::load_data("-");
    ::close(file);
    CHECK(same_values(data, pictures()));
    CHECK(data.name == "standard input");
}

TEST_CASE("nothing, and what is no data, is refused") {
    CHECK(has(data_refusal({}), "is empty"));
    CHECK(has(data_refusal(gzipped({})), "is empty"));
    CHECK(has(data_refusal(gzipped(gzipped(bytes_of("1\n")))), "gzip inside gzip"));
    CHECK(has(data_refusal(bytes_of("PK\x03\x04...")), "zip archive"));
    CHECK(has(data_refusal(bytes_of("\x89HDF\r\n\x1a\n")), "HDF5"));
    CHECK(has(data_refusal(bytes_of("\xff\xd8\xff\xe0")), "JPEG"));
    CHECK(has(data_refusal(bytes_of("\x80\x04\x95")), "pickle"));
    CHECK(has(data_refusal(bytes_of("hello world\n")), "no rows"));
}

TEST_CASE("no prefix of a file is read as data, whatever it looks like") {
    for (const Bytes& whole : {rbm::encode_idx(pictures()), as_npy({4, 6}), small_grey_png(), gzipped(as_npy({4, 6}))})
        for (std::size_t size = 0; size < whole.size(); ++size) {
            CAPTURE(size);
            CHECK_THROWS_AS(rbm::parse_data(prefix(whole, size), "f"), DataError);
        }
}

TEST_CASE("no flipped bit of a gzip file changes the data unseen") {
    const Bytes packed = gzipped(rbm::encode_idx(pictures()), true);
    rbm::Random random(29);
    std::size_t refused = 0;
    for (int i = 0; i < 1000; ++i) {
        const std::size_t bit = random() % (8 * packed.size());
        CAPTURE(bit);
        bool same = true;
        try {
            same = same_values(rbm::parse_data(with_bit_flipped(packed, bit), "f"), pictures());
        } catch (const DataError&) {
            ++refused;
        }
        CHECK(same);
    }
    CHECK(refused > 800);
}

TEST_CASE("mutated files give data or a DataError, never anything else") {
    const Bytes csv = bytes_of("# made by hand\na,b,c\n0,0.5,-1\n1,2e-3,4\n\n1,1,1");
    const std::vector<Bytes> seeds = {
        rbm::encode_idx(pictures()),
        as_npy({4, 6}),
        as_npy({4, 2, 3}),
        csv,
        small_grey_png(),
        make_png(5, 5, {PNG_COLOR_TYPE_RGB_ALPHA, 8, true}, std::vector(5, std::vector<unsigned char>(20))),
        gzipped(csv, true)};
    rbm::Random random(31);
    std::size_t accepted = 0, refused = 0;
    for (const Bytes& seed : seeds)
        for (int i = 0; i < 3000; ++i) {
            const Bytes bytes = mutated(seed, random);
            try {
                const rbm::Dataset data = rbm::parse_data(bytes, "mutated");
                CHECK(data.rows() * data.cols() > 0);
                CHECK(data.rows() * data.cols() <= 1032 * bytes.size());
                CHECK((data.image == rbm::ImageShape{} || data.image.height * data.image.width == data.cols()));
                std::vector<std::string> notes;
                CHECK_NOTHROW(data.value(data.rows() - 1, data.cols() - 1));
                ++accepted;
            } catch (const DataError& error) {
                CHECK(has(error.what(), "mutated"));
                ++refused;
            }
        }
    CHECK(accepted > 1000);
    CHECK(refused > 10'000);
}

TEST_CASE("noise behind every magic number is refused or data, never a crash") {
    rbm::Random random(37);
    for (const std::string_view magic :
         {std::string_view(), std::string_view("\x93NUMPY\x01\x00", 8), std::string_view("\0\0\x08\x03", 4),
          std::string_view("\x1f\x8b\x08\x00", 4), std::string_view("\x89PNG\r\n\x1a\n")})
        for (int i = 0; i < 1000; ++i) {
            Bytes noise(random() % 200);
            for (std::byte& byte : noise) byte = static_cast<std::byte>(random() & 255);
            try {
                rbm::parse_data(bytes_of(magic) + noise, "noise");
            } catch (const DataError&) {
            }
        }
    CHECK_NOTHROW(rbm::parse_data(bytes_of("1"), "noise"));
}

TEST_SUITE_END();
