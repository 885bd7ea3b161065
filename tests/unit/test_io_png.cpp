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

TEST_CASE("16 bits stay 16 bits") {
    const rbm::PngValues grey =
        rbm::read_png(make_png(1, 3, {PNG_COLOR_TYPE_GRAY, 16}, {{0x12, 0x34, 0xff, 0xff, 0, 1}}), "f");
    CHECK(std::get<1>(grey.values) == std::vector<std::uint16_t>{0x1234, 0xffff, 1});
    CHECK(!grey.has_alpha);
    const Bytes alpha = make_png(1, 2, {PNG_COLOR_TYPE_GRAY_ALPHA, 16}, {{0x80, 0, 0xff, 0xff, 0x80, 0, 0, 0}});
    CHECK(std::get<1>(rbm::read_png(alpha, "f").values) == std::vector<std::uint16_t>{0x8000, 0});
    CHECK(std::get<1>(rbm::read_png(alpha, "f", rbm::Channels::alpha).values) == std::vector<std::uint16_t>{0xffff, 0});
    const Bytes colour = make_png(1, 1, {PNG_COLOR_TYPE_RGB, 16}, {{0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc}});
    CHECK(std::get<1>(rbm::read_png(colour, "f", rbm::Channels::rgb).values) ==
          std::vector<std::uint16_t>{0x1234, 0x5678, 0x9abc});
}

TEST_CASE("colours are kept, or said to be lost") {
    const Bytes red = make_png(1, 2, {PNG_COLOR_TYPE_RGB, 8}, {{200, 0, 0, 7, 7, 7}});
    const rbm::PngValues kept = rbm::read_png(red, "f", rbm::Channels::rgb);
    CHECK(std::get<0>(kept.values) == Pixels{200, 0, 0, 7, 7, 7});
    CHECK(kept.shape == rbm::ImageShape{1, 2, rbm::Channels::rgb});
    CHECK(!kept.lost_colour);
    CHECK(rbm::read_png(red, "f").lost_colour);
    const Bytes grey_as_rgb = make_png(1, 1, {PNG_COLOR_TYPE_RGB, 8}, {{9, 9, 9}});
    CHECK(!rbm::read_png(grey_as_rgb, "f").lost_colour);
    CHECK(std::get<0>(rbm::read_png(small_grey_png(5), "f", rbm::Channels::rgb).values).at(2) == 5);
    const std::vector<png_color> palette = {{10, 20, 30}, {200, 100, 50}};
    const Bytes indexed = make_png(1, 3, {PNG_COLOR_TYPE_PALETTE, 2, true, false, palette}, {{0b01000100}});
    CHECK(std::get<0>(rbm::read_png(indexed, "f", rbm::Channels::rgb).values) ==
          Pixels{200, 100, 50, 10, 20, 30, 200, 100, 50});
}

TEST_CASE("pictures drawn in alpha are said to be, and alpha can be read") {
    const auto rgba = [](std::vector<unsigned char> row) {
        return make_png(1, row.size() / 4, {PNG_COLOR_TYPE_RGB_ALPHA, 8}, {row});
    };
    const Bytes icon = rgba({0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 0, 128});  // what is invisible may have any colour
    const rbm::PngValues seen = rbm::read_png(icon, "f");
    CHECK(seen.drawn_in_alpha);
    CHECK(seen.has_alpha);
    CHECK(std::get<0>(seen.values) == Pixels{0, 0, 0});
    const rbm::PngValues alpha = rbm::read_png(icon, "f", rbm::Channels::alpha);
    CHECK(std::get<0>(alpha.values) == Pixels{255, 0, 128});
    CHECK(!alpha.drawn_in_alpha);
    CHECK(!alpha.lost_colour);
    CHECK(alpha.shape == rbm::ImageShape{1, 3, rbm::Channels::alpha});
    CHECK(!rbm::read_png(rgba({0, 0, 0, 255, 9, 9, 9, 128}), "f").drawn_in_alpha);            // two colours
    CHECK(!rbm::read_png(rgba({255, 255, 255, 255, 255, 255, 255, 0}), "f").drawn_in_alpha);  // white: nothing is lost
    CHECK(!rbm::read_png(rgba({0, 0, 0, 255, 0, 0, 0, 255}), "f").has_alpha);                 // opaque
    CHECK(!rbm::read_png(rgba({0, 0, 0, 99, 0, 0, 0, 99}), "f").drawn_in_alpha);              // no drawing
    CHECK(has(thrown<DataError>([] { rbm::read_png(small_grey_png(), "f.png", rbm::Channels::alpha); }),
              "f.png: this picture has no alpha channel"));
    CHECK(std::get<0>(rbm::read_png(rgba({200, 100, 50, 128}), "f", rbm::Channels::rgb).values) == Pixels{100, 50, 25});
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

TEST_CASE("folders in a folder are classes") {
    const TemporaryFolder folder;
    const auto add = [&](const std::string& inner, const std::string& name, unsigned char first) {
        ::mkdir((folder / inner).c_str(), 0777);
        rbm::write_file(folder / inner + "/" + name, small_grey_png(first), IfExists::refuse);
    };
    add("dog", "1.png", 3);
    add("cat", "2.png", 2);
    add("cat", "1.png", 1);
    ::mkdir((folder / "empty").c_str(), 0777);
    std::vector<std::string> notes;
    rbm::PictureFacts facts;
    const rbm::Dataset data = rbm::load_png_folder(folder.path(), &notes, {.facts = &facts});
    CHECK(data.rows() == 3);
    for (std::size_t row = 0; row < 3; ++row) CHECK(data.value(row, 0) == static_cast<float>(row + 1) / 255);
    REQUIRE(notes.size() == 2);
    CHECK(has(notes[0], "1 skipped"));
    CHECK(has(notes[1], "cat (2), dog (1)"));
    CHECK(facts.classes == 2);
    CHECK(facts.pictures == 3);
    const rbm::FolderClasses classes = rbm::load_folder_classes(folder.path());
    CHECK(classes.names == std::vector<std::string>{"cat", "dog"});
    CHECK(classes.classes == std::vector<std::uint32_t>{0, 0, 1});
    CHECK(has(thrown<DataError>([&] { rbm::load_folder_classes(folder / "cat"); }), "one for each class"));
    add(".", "top.png", 9);  // pictures of its own: the folders in it are not entered
    CHECK(rbm::load_png_folder(folder.path()).rows() == 1);
}

TEST_CASE("a folder with pictures of 8 and 16 bits, in any order, has the values of both") {
    const Bytes deep = make_png(1, 2, {PNG_COLOR_TYPE_GRAY, 16}, {{0x01, 0x02, 0x0f, 0xff}});
    const Bytes flat = make_png(1, 2, {}, {{51, 255}});
    for (const bool deep_first : {false, true}) {
        const TemporaryFolder folder;
        rbm::write_file(folder / (deep_first ? "1" : "2"), deep, IfExists::refuse);
        rbm::write_file(folder / (deep_first ? "2" : "1"), flat, IfExists::refuse);
        rbm::PictureFacts facts;
        const rbm::Dataset data = rbm::load_png_folder(folder.path(), nullptr, {.facts = &facts});
        CHECK(data.value(deep_first ? 0 : 1, 0) == 258.0F / 65535);
        CHECK(data.value(deep_first ? 1 : 0, 0) == 0.2F);
        CHECK(facts.deep == 1);
        CHECK(facts.largest == 4095);
    }
}

TEST_SUITE_END();
