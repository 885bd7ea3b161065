// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cmath>

#include "rbm/io/bytes.h"
#include "rbm/io/png.h"
#include "rbm/io/sheet.h"
#include "rbm/kernels/error.h"
#include "tests/support/io_helpers.h"

TEST_SUITE_BEGIN("io_sheet");

namespace {

using Colour = std::vector<int>;

Colour pixel(const rbm::Picture& picture, std::size_t y, std::size_t x) {
    const auto first = picture.pixels.begin() + static_cast<std::ptrdiff_t>((y * picture.width + x) * picture.channels);
    return {first, first + static_cast<std::ptrdiff_t>(picture.channels)};
}

}  // namespace

TEST_CASE("rows that are no pictures get the squarest shape that holds them") {
    const auto shape = [](std::size_t cols) { return rbm::squarest(cols); };
    CHECK(shape(784) == rbm::ImageShape{28, 28});
    CHECK(shape(12) == rbm::ImageShape{3, 4});
    CHECK(shape(8) == rbm::ImageShape{2, 4});
    CHECK(shape(500) == rbm::ImageShape{20, 25});
    CHECK(shape(1) == rbm::ImageShape{1, 1});
    CHECK(shape(13) == rbm::ImageShape{4, 4});
    CHECK(shape(7) == rbm::ImageShape{3, 3});
    for (std::size_t cols = 1; cols < 3000; ++cols) {
        const rbm::ImageShape s = shape(cols);
        CHECK(s.height * s.width >= cols);
        CHECK(s.height * s.width < cols + s.width);
        CHECK(s.height <= s.width);
        CHECK(s.width <= 2 * s.height);
    }
}

TEST_CASE("each tile lies where it should, with a border, enlarged") {
    rbm::Matrix images(5, 6);
    for (std::size_t row = 0; row < 5; ++row)
        for (std::size_t col = 0; col < 6; ++col) images(row, col) = static_cast<float>(row * 6 + col) / 255;
    const rbm::Picture picture = rbm::sheet(images, {2, 3}, {.columns = 3, .border = 2, .scale = 4});
    CHECK(picture.channels == 1);
    CHECK(picture.width == 2 + 3 * (12 + 2));
    CHECK(picture.height == 2 + 2 * (8 + 2));
    for (std::size_t tile = 0; tile < 5; ++tile)
        for (std::size_t y = 0; y < 8; ++y)
            for (std::size_t x = 0; x < 12; ++x)
                CHECK(pixel(picture, 2 + tile / 3 * 10 + y, 2 + tile % 3 * 14 + x) ==
                      Colour{static_cast<int>(tile * 6 + y / 4 * 3 + x / 4)});
    const Colour between = pixel(picture, 0, 0);
    CHECK(pixel(picture, 21, 43) == between);
    CHECK(pixel(picture, 15, 35) == between);  // no sixth tile
    CHECK(between != Colour{0});
}

TEST_CASE("small pictures are shown large, and a sheet is about square") {
    const rbm::Matrix digits(100, 64);
    const rbm::Picture picture = rbm::sheet(digits, {8, 8});
    CHECK(picture.width == picture.height);
    CHECK(picture.width >= 10 * 33);
    const rbm::Matrix one(1, 64);
    CHECK(rbm::sheet(one, {8, 8}).width >= 100);
    const rbm::Matrix wide(12, 40);
    const rbm::Picture tall = rbm::sheet(wide, {4, 10});
    CHECK(tall.width < 2 * tall.height);
    CHECK(tall.height < 2 * tall.width);
    const rbm::Matrix large(4, 10'000);
    CHECK(rbm::sheet(large, {100, 100}).width == 1 + 2 * 201);
    const rbm::Matrix row(40, 1'600);  // 1600 pixels wide already, whatever its height
    const rbm::Picture line = rbm::sheet(row, {40, 40}, {.columns = 40});
    CHECK(line.height == 1 + 41);
    CHECK(line.width == 1 + 40 * 41);
    const rbm::Picture column = rbm::sheet(large, {100, 100}, {.columns = 1});
    CHECK(column.height == 1 + 4 * (column.width - 1));
}

TEST_CASE("values out of range and values that are none do not disturb the rest") {
    rbm::Matrix images(1, 4);
    images(0, 0) = -3;
    images(0, 1) = 7;
    images(0, 2) = NAN;
    images(0, 3) = 0.5F;
    const rbm::Picture picture = rbm::sheet(images, {1, 4}, {.border = 0, .scale = 1});
    CHECK(picture.pixels == std::vector<std::uint8_t>{0, 255, 0, 128});
}

TEST_CASE("weights: white at zero, blue below, red above, one scale for all, outliers do not darken the rest") {
    rbm::Matrix filters(2, 500);
    for (float& value : filters.values()) value = 0.01F;
    filters(0, 0) = 100;
    filters(0, 1) = 0;
    filters(0, 2) = -0.01F;
    filters(0, 3) = 0.005F;
    filters(0, 4) = -0.005F;
    const rbm::Picture picture =
        rbm::sheet(filters, {20, 25}, {.columns = 2, .border = 0, .scale = 1, .shades = rbm::Shades::diverging});
    REQUIRE(picture.channels == 3);
    const Colour zero = pixel(picture, 0, 1), cold = pixel(picture, 0, 2), warm = pixel(picture, 5, 5);
    CHECK(zero[0] > 240);
    CHECK(std::abs(zero[0] - zero[2]) < 5);
    CHECK(cold[2] > cold[0] + 50);
    CHECK(warm[0] > warm[2] + 50);
    CHECK(pixel(picture, 5, 30) == warm);
    CHECK(pixel(picture, 0, 0) == warm);
    const auto lightness = [](const Colour& c) { return 0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2]; };
    const Colour half_warm = pixel(picture, 0, 3), half_cold = pixel(picture, 0, 4);
    CHECK(lightness(half_warm) < lightness(zero));
    CHECK(lightness(half_warm) > lightness(warm));
    CHECK(std::abs(lightness(half_warm) - lightness(half_cold)) < 30);
    const rbm::Matrix nothing(3, 4);
    for (const std::uint8_t value : rbm::sheet(nothing, {2, 2}, {.border = 0, .shades = rbm::Shades::diverging}).pixels)
        CHECK(value >= 190);
}

TEST_CASE("a weight that is none leaves its pixel as it was, and no other") {
    rbm::Matrix filters(1, 3);
    filters(0, 0) = filters(0, 2) = 1;
    filters(0, 1) = NAN;
    const rbm::Picture picture =
        rbm::sheet(filters, {1, 3}, {.border = 0, .scale = 1, .shades = rbm::Shades::diverging});
    CHECK(pixel(picture, 0, 0) == pixel(picture, 0, 2));
    CHECK(pixel(picture, 0, 0)[0] > pixel(picture, 0, 0)[2] + 50);  // red
    CHECK(pixel(picture, 0, 1) == Colour{190, 190, 190});
}

TEST_CASE("fitted shades stretch any range from black to white") {
    rbm::Matrix images(1, 1000);
    for (std::size_t i = 0; i < 1000; ++i) images(0, i) = 500 + static_cast<float>(i);
    const rbm::Picture picture = rbm::sheet(images, {25, 40}, {.border = 0, .scale = 1, .shades = rbm::Shades::fitted});
    CHECK(picture.pixels.front() == 0);
    CHECK(picture.pixels.back() == 255);
    CHECK(std::abs(picture.pixels[500] - 128) < 3);
}

TEST_CASE("what rows have behind their picture is not drawn") {
    rbm::Matrix whole(3, 6), pictures(3, 4);
    for (std::size_t row = 0; row < 3; ++row)
        for (std::size_t col = 0; col < 6; ++col) {
            whole(row, col) = 0.1F * static_cast<float>(row + col);
            if (col < 4) pictures(row, col) = whole(row, col);
        }
    CHECK(rbm::sheet(whole, {2, 2}).pixels == rbm::sheet(pictures, {2, 2}).pixels);
}

TEST_CASE("pictures in rgb are drawn in their colours, weights around half of them") {
    const rbm::ImageShape rgb{1, 2, rbm::Channels::rgb};
    rbm::Matrix images(1, 8);  // two more values: a label
    const float values[] = {0, 0.2F, 1, 1, 0.4F, 0, 1, 1};
    std::copy(std::begin(values), std::end(values), images.row(0).begin());
    const rbm::Picture picture = rbm::sheet(images, rgb, {.border = 0, .scale = 1});
    CHECK(picture.channels == 3);
    CHECK(picture.width == 2);
    CHECK(pixel(picture, 0, 0) == Colour{0, 51, 255});
    CHECK(pixel(picture, 0, 1) == Colour{255, 102, 0});
    rbm::Matrix weights(1, 6);
    const float signs[] = {0, -2, 2, 2, 0, -2};
    std::copy(std::begin(signs), std::end(signs), weights.row(0).begin());
    const rbm::Picture filter = rbm::sheet(weights, rgb, {.border = 0, .scale = 1, .shades = rbm::Shades::diverging});
    CHECK(pixel(filter, 0, 0) == Colour{128, 0, 255});
    CHECK(pixel(filter, 0, 1) == Colour{255, 128, 0});
    CHECK_THROWS_AS(rbm::sheet(rbm::Matrix(1, 5), rgb), rbm::InvalidArgument);
}

TEST_CASE("what cannot be drawn is refused") {
    const rbm::Matrix images(2, 6);
    CHECK_THROWS_AS(rbm::sheet(images, {2, 4}), rbm::InvalidArgument);
    CHECK_THROWS_AS(rbm::sheet(rbm::Matrix(0, 6), {2, 3}), rbm::InvalidArgument);
    CHECK_THROWS_AS(rbm::sheet(rbm::Matrix(6, 0), {}), rbm::InvalidArgument);
    CHECK_THROWS_AS(rbm::sheet(rbm::Matrix(10'000, 100), {10, 10}, {.scale = 1000}), rbm::InvalidArgument);
    CHECK(rbm::sheet(images, {}).height > 0);
}

TEST_CASE("a sheet is saved as a PNG") {
    const TemporaryFolder folder;
    rbm::Matrix images(3, 9);
    images.fill(0.25F);
    rbm::save_sheet(folder / "sheet.png", images, {3, 3});
    CHECK(rbm::decode_png(rbm::read_bytes(folder / "sheet.png"), "f") == rbm::sheet(images, {3, 3}));
}

TEST_SUITE_END();
