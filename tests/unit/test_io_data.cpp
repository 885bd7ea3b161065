// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cmath>

#include "rbm/io/atomic_file.h"
#include "rbm/io/csv.h"
#include "rbm/io/data.h"
#include "rbm/io/gzip.h"
#include "rbm/io/idx.h"
#include "rbm/io/npy.h"
#include "rbm/io/npz.h"
#include "rbm/io/png.h"
#include "rbm/kernels/error.h"
#include "tests/support/make_png.h"

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
    for (const Bytes& whole : {rbm::encode_idx(pictures()), as_npy({4, 6}), small_grey_png(), gzipped(as_npy({4, 6})),
                               rbm::encode_npz(pictures())})
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
        as_npy({1, 3, 2, 4}),
        as_npy({2, 2, 2, 3}),
        csv,
        small_grey_png(),
        make_png(5, 5, {PNG_COLOR_TYPE_RGB_ALPHA, 8, true}, std::vector(5, std::vector<unsigned char>(20))),
        gzipped(csv, true),
        bytes_of("# made by hand\n+1 qid:3 1:1 4:0.5\n-1 2:1\n0\n1 1:1 12:2e-3 # last\n"),
        bytes_of("%%MatrixMarket matrix coordinate real general\n% made by hand\n3 5 4\n1 1 1\n3 5 .5\n2 4 1\n1 2 7\n"),
        bytes_of("%%MatrixMarket matrix array integer general\n2 3\n1\n2\n3\n4\n5\n6\n"),
        rbm::encode_npz(pictures())};
    rbm::Random random(31);
    std::size_t accepted = 0, refused = 0;
    for (const Bytes& seed : seeds)
        for (int i = 0; i < 3000; ++i) {
            const Bytes bytes = mutated(seed, random);
            try {
                const rbm::Dataset data = rbm::parse_data(bytes, "mutated");
                CHECK(data.rows() * data.cols() > 0);
                CHECK((data.sparse() != nullptr || data.rows() * data.cols() <= 1032 * bytes.size()));
                if (data.sparse() != nullptr) CHECK(data.sparse()->count() <= 1032 * bytes.size());
                CHECK((data.image == rbm::ImageShape{} || data.image.values() == data.cols()));
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

TEST_CASE("mutated tables of names and words, and sequences, give data or a DataError") {
    const std::vector<Bytes> seeds = {
        bytes_of("id,colour,\"size, cm\",ok\n1,red,0.5,True\n2,\"deep \"\"blue\"\"\",NA,False\n3,red,7,?\n"),
        bytes_of("\xef\xbb\xbf;a;b;c;\n0;1,5;2,5;x;\n1;-1,5;;y;\n2;3;1e2;x;\n"),
        bytes_of("pixel0,pixel1\t\n0 255\n17 3\n"),
        bytes_of(">one first\nACD-EF\nGH\n>two\nA-D.EFGH\n; said\n>three\nacdxEF\nGH\n"),
        bytes_of(">a\nACGT\n>b\nAC-U\n>c\nNCGT\n"),
        gzipped(bytes_of(">a\nACGTacgt\n>b\nAC--ac-t\n"), true)};
    rbm::TableOptions loose;
    loose.gaps = rbm::TableGaps::are_nan;
    loose.words = rbm::TableWords::are_categories;
    rbm::TableOptions choosing = loose;
    choosing.keep = {"*o*", "2"};
    choosing.decimal_comma = true;
    rbm::Random random(37);
    std::size_t accepted = 0, refused = 0;
    for (const Bytes& seed : seeds)
        for (const rbm::TableOptions& table : {rbm::TableOptions(), loose, choosing})
            for (std::size_t i = 0; i < 1000 + seed.size(); ++i) {
                const Bytes bytes = i < seed.size() ? prefix(seed, i) : mutated(seed, random);
                try {
                    const rbm::Dataset data = rbm::parse_data(bytes, "mutated", nullptr, table);
                    CHECK(data.rows() * data.cols() > 0);
                    CHECK(data.rows() * data.cols() <= 1032 * bytes.size());
                    CHECK((data.columns.empty() || data.columns.size() == data.cols()));
                    for (std::size_t col = 0; col < data.columns.size(); ++col)
                        for (std::size_t row = 0; row < data.rows() && !data.columns[col].words.empty(); ++row)
                            if (const float code = data.value(row, col); !std::isnan(code))
                                CHECK(static_cast<std::size_t>(code) < data.columns[col].words.size());
                    for (std::size_t col = 0; col < data.cols() && !data.letters.empty(); ++col)
                        if (const float code = data.value(0, col); !std::isnan(code))
                            CHECK(static_cast<std::size_t>(code) < data.letters.size());
                    ++accepted;
                } catch (const DataError& error) {
                    CHECK(has(error.what(), "mutated"));
                    ++refused;
                }
            }
    CHECK(accepted > 1000);
    CHECK(refused > 1000);
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

TEST_CASE("files of other programs are called by their names") {
    using namespace std::string_view_literals;
    const auto named = [](std::string_view start, std::size_t length = 64) {
        Bytes bytes = bytes_of(start);
        bytes.resize(std::max(length, bytes.size()));
        return data_refusal(bytes);
    };
    const std::pair<std::string_view, const char*> kinds[] = {
        {"MATLAB 5.0 MAT-file, Platform: GLNXA64"sv, "scipy.io.loadmat('f')"},
        {"MATLAB 7.3 MAT-file, Platform: GLNXA64"sv, "h5py.File('f')"},
        {"\x89HDF\r\n\x1a\n"sv, "HDF5"},
        {"CDF\x01"sv, "netCDF"},
        {"PAR1\x15\x04"sv, "pandas.read_parquet('f')"},
        {"ARROW1\0\0"sv, "pandas.read_feather('f')"},
        {"FEA1\0"sv, "pandas.read_feather('f')"},
        {"SQLite format 3\0"sv, "sqlite3"},
        {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"sv, "pandas.read_excel('f')"},
        {"RDX3\nX\n"sv, "a file of R"},
        {"X\n\0\0\0\x03"sv, "a file of R"},
        {"\xff\xd8\xff\xe0"sv, "JPEG"},
        {"GIF89a"sv, "GIF"},
        {"II*\0"sv, "TIFF"},
        {"MM\0*"sv, "TIFF"},
        {"%PDF-1.4"sv, "PDF"},
        {"\x80\x02\x8a\x0al\xfc\x9c\x46\xf9 j\xa8P\x19."sv, "torch.load('f')"},
        {"\x80\x04\x95"sv, "a pickle"},
        {"\x80\x02}q\x01"sv, "a pickle"},
        {"  \n<!DOCTYPE html><html>"sv, "a web page"},
        {"<html lang='en'>"sv, "a web page"},
        {"[[0, 1], [1, 0]]"sv, "JSON"},
        {"\0\0\0\0\x02\0\0\0\x02\0\0\0\0\0\0\0\x02\0\0\0A\0"sv, "MATLAB 4"},
    };
    for (const auto& kind : kinds) CHECK_MESSAGE(has(named(kind.first), kind.second), named(kind.first));
    CHECK(has(data_refusal(bytes_of("(lp0\nF0.5\naF1\na.")), "a pickle"));
    CHECK(has(data_refusal(bytes_of("cnumpy.core.multiarray\n_reconstruct\np0\n.")), "a pickle"));
    Bytes bitmap = bytes_of("BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0"sv);
    bitmap.resize(70);
    CHECK(has(data_refusal(bitmap), "a BMP picture"));
    // The same letters begin names of columns.
    for (const char* const header :
         {"BMI,age", "PAR1,PAR2", "ORC,b", "FEA1,FEA2", "GIF89a,b", "cnumpy,b", "CDF,b", "A,b"})
        CHECK(rbm::parse_data(bytes_of(std::string(header) + "\n1,2\n"), "f").rows() == 1);
}

TEST_CASE("what a zip archive holds tells which program wrote it") {
    // One stored file: its header, its content, the list of names, the end.
    const auto zip = [](const std::string& name, const std::string& content = "") {
        const auto number = [](std::size_t value, int bytes) {
            std::string text;
            for (int i = 0; i < bytes; ++i) text += i < 8 ? static_cast<char>(value >> 8 * i & 255) : '\0';
            return text;
        };
        const std::string sizes =
            number(0, 4) + number(content.size(), 4) + number(content.size(), 4) + number(name.size(), 2);
        const std::string file = "PK\x03\x04" + number(20, 2) + number(0, 8) + sizes + number(0, 2) + name + content;
        const std::string list = "PK\x01\x02" + number(20, 4) + number(0, 8) + sizes + number(0, 16) + name;
        return bytes_of(file + list + "PK\x05\x06" + number(0, 4) + number(1, 2) + number(1, 2) +
                        number(list.size(), 4) + number(file.size(), 4) + number(0, 2));
    };
    CHECK(has(data_refusal(zip("xl/workbook.xml")), "pandas.read_excel('f')"));
    CHECK(has(data_refusal(zip("mimetype", "application/vnd.oasis.opendocument.spreadsheet")), "OpenDocument"));
    CHECK(has(data_refusal(zip("archive/data.pkl")), "PyTorch"));
    CHECK(has(data_refusal(zip("table.csv")), "unzip f"));
    const Bytes whole = zip("xl/workbook.xml");
    for (std::size_t size = 4; size < whole.size(); ++size)
        CHECK(has(data_refusal(prefix(whole, size)), "f: this is a"));
}

TEST_SUITE_END();
