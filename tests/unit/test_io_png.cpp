// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <sys/stat.h>

#include "rbm/io/atomic_file.h"
#include "rbm/io/png.h"
#include "rbm/io/png_folder.h"
#include "rbm/kernels/error.h"
#include "tests/support/make_png.h"

using rbm::DataError;
using rbm::FileError;
using rbm::IfExists;
using Pixels = std::vector<std::uint8_t>;

TEST_SUITE_BEGIN("io_png");

namespace {

Pixels decode(const Bytes& bytes) {
    const rbm::Picture picture = rbm::decode_png(bytes, "f.png");
    CHECK(picture.channels == 1);
    CHECK(picture.pixels.size() == picture.height * picture.width);
    return picture.pixels;
}

std::string png_refusal(const Bytes& bytes) {
    return thrown<DataError>([&] { rbm::decode_png(bytes, "f.png"); });
}

/// With height, width, depth and colour type replaced and the header's checksum mended.
Bytes with_header(Bytes png, std::uint32_t width, std::uint32_t height, unsigned depth, unsigned colour_type) {
    const auto put = [&](std::size_t at, std::uint32_t value) {
        for (std::size_t i = 0; i < 4; ++i) png[at + i] = static_cast<std::byte>(value >> (24 - 8 * i) & 255);
    };
    put(16, width);
    put(20, height);
    png[24] = static_cast<std::byte>(depth);
    png[25] = static_cast<std::byte>(colour_type);
    put(29, static_cast<std::uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(png.data() + 12), 17)));
    return png;
}

}  // namespace

TEST_CASE("every kind of PNG becomes 8-bit grey") {
    CHECK(decode(small_grey_png(7)) == Pixels{7, 128, 255, 1, 2, 3});
    CHECK(decode(make_png(1, 2, {PNG_COLOR_TYPE_GRAY, 16}, {{0x80, 0x80, 0xff, 0xff}})) == Pixels{128, 255});
    CHECK(decode(make_png(1, 9, {PNG_COLOR_TYPE_GRAY, 1}, {{0b10100001, 0b10000000}})) ==
          Pixels{255, 0, 255, 0, 0, 0, 0, 255, 255});
    CHECK(decode(make_png(1, 3, {PNG_COLOR_TYPE_GRAY, 4}, {{0x0f, 0x80}})) == Pixels{0, 255, 136});
    CHECK(decode(make_png(1, 2, {PNG_COLOR_TYPE_RGB, 8}, {{90, 90, 90, 255, 255, 255}})) == Pixels{90, 255});
    CHECK(decode(make_png(1, 1, {PNG_COLOR_TYPE_RGB, 16}, {{90, 90, 90, 90, 90, 90}})) == Pixels{90});
    const Pixels primaries = decode(make_png(1, 3, {PNG_COLOR_TYPE_RGB, 8}, {{255, 0, 0, 0, 255, 0, 0, 0, 255}}));
    CHECK(primaries[1] > primaries[0]);  // green is the lightest, blue the darkest
    CHECK(primaries[0] > primaries[2]);
    CHECK(decode(make_png(1, 3, {PNG_COLOR_TYPE_GRAY_ALPHA, 8}, {{200, 255, 200, 0, 200, 128}})) ==
          Pixels{200, 0, 100});
    CHECK(decode(make_png(1, 2, {PNG_COLOR_TYPE_RGB_ALPHA, 8}, {{200, 200, 200, 255, 200, 200, 200, 0}})) ==
          Pixels{200, 0});
    CHECK(decode(make_png(1, 1, {PNG_COLOR_TYPE_RGB_ALPHA, 16}, {{200, 200, 200, 200, 200, 200, 255, 255}})) ==
          Pixels{200});
    const std::vector<png_color> palette = {{10, 10, 10}, {200, 200, 200}};
    CHECK(decode(make_png(1, 3, {PNG_COLOR_TYPE_PALETTE, 8, false, false, palette}, {{0, 1, 0}})) ==
          Pixels{10, 200, 10});
    CHECK(decode(make_png(1, 3, {PNG_COLOR_TYPE_PALETTE, 1, false, true, palette}, {{0b01000000}})) ==
          Pixels{0, 200, 0});
}

TEST_CASE("interlacing makes no difference") {
    std::vector<std::vector<unsigned char>> rows(13, std::vector<unsigned char>(11));
    Pixels expected;
    for (std::size_t y = 0; y < 13; ++y)
        for (std::size_t x = 0; x < 11; ++x)
            expected.push_back(rows[y][x] = static_cast<unsigned char>(17 * y + 3 * x));
    CHECK(decode(make_png(13, 11, {PNG_COLOR_TYPE_GRAY, 8, true}, rows)) == expected);
}

TEST_CASE("every prefix, every flipped bit and every addition is found") {
    const Bytes whole = make_png(2, 3, {PNG_COLOR_TYPE_GRAY, 8, true}, {{0, 128, 255}, {1, 2, 3}});
    for (std::size_t size = 0; size < whole.size(); ++size) {
        CAPTURE(size);
        CHECK_THROWS_AS(rbm::decode_png(prefix(whole, size), "f.png"), DataError);
    }
    for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
        CAPTURE(bit);
        CHECK_THROWS_AS(rbm::decode_png(with_bit_flipped(whole, bit), "f.png"), DataError);
    }
    CHECK(has(png_refusal(prefix(whole, whole.size() - 1)), "damaged PNG file: truncated"));
    CHECK(has(png_refusal(whole + Bytes(3)), "3 bytes after the end"));
    CHECK(has(png_refusal(bytes_of("not a picture")), "not a PNG file"));
    CHECK(has(png_refusal(with_bit_flipped(whole, 8 * whole.size() - 1)), "CRC error"));
}

TEST_CASE("sizes that lie are refused before memory is taken") {
    const Bytes png = small_grey_png();
    CHECK(has(png_refusal(with_header(png, 0x80000000U, 0x80000000U, 8, 0)), "damaged PNG file"));
    CHECK(has(png_refusal(with_header(png, 0x7fffffffU, 0x7fffffffU, 8, 0)), "damaged PNG file"));
    CHECK(has(png_refusal(with_header(png, 1U << 20, 1U << 20, 16, 6)), "expected at most"));
    CHECK(has(png_refusal(with_header(png, 1U << 14, 1U << 13, 8, 0)), "bytes of file can hold"));
    CHECK(has(png_refusal(with_header(png, 0, 5, 8, 0)), "damaged PNG file"));
    CHECK(has(png_refusal(with_header(png, 3, 3, 8, 0)), "damaged PNG file"));  // one row too few
    CHECK(has(png_refusal(with_header(png, 3, 2, 8, 3)), "damaged PNG file"));  // no palette
    CHECK(has(png_refusal(with_header(png, 3, 2, 7, 0)), "damaged PNG file"));
}

TEST_CASE("pictures are written in grey and in colour") {
    rbm::Picture grey{3, 5, 1, Pixels(15)};
    for (std::size_t i = 0; i < 15; ++i) grey.pixels[i] = static_cast<std::uint8_t>(17 * i);
    CHECK(rbm::decode_png(rbm::encode_png(grey), "f") == grey);
    rbm::Picture colour{1, 2, 3, {50, 50, 50, 99, 99, 99}};
    CHECK(rbm::decode_png(rbm::encode_png(colour), "f").pixels == Pixels{50, 99});
    CHECK(rbm::encode_png(colour)[25] == std::byte{PNG_COLOR_TYPE_RGB});
    for (const rbm::Picture& bad : {rbm::Picture{0, 1, 1, {}}, rbm::Picture{1, 1, 2, Pixels(2)},
                                    rbm::Picture{2, 2, 1, Pixels(3)}, rbm::Picture{}})
        CHECK_THROWS_AS(rbm::encode_png(bad), rbm::InvalidArgument);
}

TEST_CASE("a folder of PNGs is a dataset, in the order of the names") {
    const TemporaryFolder folder;
    rbm::write_file(folder / "b.png", small_grey_png(2), IfExists::refuse);
    rbm::write_file(folder / "a.PNG", small_grey_png(1), IfExists::refuse);
    rbm::write_file(folder / "c", small_grey_png(3), IfExists::refuse);
    std::vector<std::string> notes;
    const rbm::Dataset data = rbm::load_png_folder(folder.path(), &notes);
    CHECK(data.rows() == 3);
    CHECK(data.image == rbm::ImageShape{2, 3});
    CHECK(data.name == folder.path());
    for (std::size_t row = 0; row < 3; ++row) CHECK(data.value(row, 0) == static_cast<float>(row + 1) / 255);
    CHECK(notes.empty());

    rbm::write_file(folder / "README", bytes_of("text"), IfExists::refuse);
    rbm::write_file(folder / ".hidden", bytes_of("text"), IfExists::refuse);
    std::filesystem::create_directory(folder / "below");
    CHECK(::mkfifo((folder / "fifo").c_str(), 0600) == 0);
    CHECK(rbm::load_png_folder(folder.path(), &notes).rows() == 3);
    REQUIRE(notes.size() == 1);
    CHECK(has(notes[0], "3 skipped"));
}

TEST_CASE("a folder that is no dataset says why") {
    const TemporaryFolder folder;
    const auto refused = [&] { return thrown<DataError>([&] { rbm::load_png_folder(folder.path()); }); };
    CHECK(has(refused(), "no PNG files among the 0"));
    rbm::write_file(folder / "README", bytes_of("text"), IfExists::refuse);
    CHECK(has(refused(), "no PNG files among the 1"));
    rbm::write_file(folder / "a.png", small_grey_png(), IfExists::refuse);
    rbm::write_file(folder / "b.png", make_png(1, 3, {}, {{1, 2, 3}}), IfExists::refuse);
    CHECK(has(refused(), "b.png: found 3 x 1 pixels, expected 3 x 2 as in " + folder.path() + "/a.png"));
    rbm::write_file(folder / "b.png", bytes_of("text"), IfExists::replace);
    CHECK(has(refused(), "b.png: byte 0: not a PNG file"));
    std::filesystem::remove(folder / "b.png");
    CHECK(::symlink("loop.png", (folder / "loop.png").c_str()) == 0);
    CHECK(has(thrown<FileError>([&] { rbm::load_png_folder(folder.path()); }), "loop.png: cannot be opened"));
    CHECK(has(thrown<FileError>([&] { rbm::load_png_folder(folder / "missing"); }), "No such file"));
}

TEST_SUITE_END();
