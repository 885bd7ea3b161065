// SPDX-License-Identifier: MIT
#include "rbm/io/sheet.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "rbm/io/atomic_file.h"
#include "rbm/io/png.h"
#include "rbm/kernels/error.h"

namespace rbm {
namespace {

using Colour = std::array<std::uint8_t, 3>;

constexpr std::size_t most_drawn_pixels = std::size_t{1} << 28;
constexpr std::size_t small_tile = 32;    // below it details are hard to see on a screen
constexpr std::size_t small_sheet = 400;  // a sheet is enlarged further up to this width
constexpr std::size_t largest_scale = 16;

/// Lightness falls alike on both sides, so that neither sign looks stronger.
constexpr std::array<std::array<float, 3>, 4> cold = {
    {{247, 247, 245}, {158, 200, 226}, {58, 127, 190}, {12, 52, 112}}};
constexpr std::array<std::array<float, 3>, 4> warm = {{{247, 247, 245}, {246, 178, 148}, {208, 84, 66}, {112, 8, 32}}};

/// value in [-1, 1]
Colour diverging_colour(float value) {
    const auto& side = value < 0 ? cold : warm;
    const float at = std::min(std::abs(value), 1.0F) * 3;
    const std::size_t stop = std::min<std::size_t>(static_cast<std::size_t>(at), 2);
    const float share = at - static_cast<float>(stop);
    Colour colour{};
    for (std::size_t c = 0; c < 3; ++c)
        colour[c] = static_cast<std::uint8_t>(std::lround(side[stop][c] + share * (side[stop + 1][c] - side[stop][c])));
    return colour;
}

std::uint8_t grey(float value) {
    return std::isfinite(value) ? static_cast<std::uint8_t>(std::lround(std::clamp(value, 0.0F, 1.0F) * 255))
                                : std::uint8_t{0};
}

/// The value below which the share `share` of `values` lies; reorders them.
float quantile(std::vector<float>& values, double share) {
    if (values.empty()) return 0;
    const auto place = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
    std::nth_element(values.begin(), values.begin() + place, values.end());
    return values[static_cast<std::size_t>(place)];
}

/// value -> (value - origin) * factor is what the colours want.
struct Range {
    float origin = 0;
    float factor = 1;
};

Range range_of(ConstView images, Shades shades) {
    if (shades == Shades::unit) return {};
    std::vector<float> values;
    values.reserve(images.rows * images.cols);
    for (std::size_t row = 0; row < images.rows; ++row)
        for (const float value : images.row(row))
            if (std::isfinite(value)) values.push_back(shades == Shades::diverging ? std::abs(value) : value);
    const float high = quantile(values, 0.99);
    if (shades == Shades::diverging) return {0, high > 0 ? 1 / high : 1};
    const float low = quantile(values, 0.01);
    return {low, high > low ? 1 / (high - low) : 1};
}

std::size_t rounded_up_root(std::size_t square) {
    auto root = static_cast<std::size_t>(std::sqrt(static_cast<double>(square)));
    while (root * root < square) ++root;
    return root;
}

struct Layout {
    std::size_t columns, rows, scale, tile_height, tile_width, height, width;
};

Layout lay_out(std::size_t count, ImageShape shape, const SheetOptions& options) {
    Layout layout{};
    // About as high as wide: columns * width = rows * height with columns * rows = count.
    const double ratio = static_cast<double>(shape.height) / static_cast<double>(shape.width);
    const double ideal = std::sqrt(static_cast<double>(count) * ratio);
    layout.columns =
        options.columns > 0 ? options.columns : static_cast<std::size_t>(std::lround(std::ceil(ideal - 1e-9)));
    layout.columns = std::clamp<std::size_t>(layout.columns, 1, count);
    layout.rows = (count + layout.columns - 1) / layout.columns;
    const std::size_t side = std::max(shape.height, shape.width);
    const std::size_t wide = std::max(layout.columns * shape.width, layout.rows * shape.height);
    const std::size_t chosen = std::max((small_tile + side - 1) / side, std::min(small_sheet / wide, largest_scale));
    const auto measure = [&](std::size_t scale) {
        layout.scale = scale;
        bool fits = !__builtin_mul_overflow(shape.height, scale, &layout.tile_height) &&
                    !__builtin_mul_overflow(shape.width, scale, &layout.tile_width) &&
                    !__builtin_mul_overflow(layout.rows, layout.tile_height + options.border, &layout.height) &&
                    !__builtin_mul_overflow(layout.columns, layout.tile_width + options.border, &layout.width);
        layout.height += options.border;
        layout.width += options.border;
        std::size_t pixels = 0;
        fits = fits && !__builtin_mul_overflow(layout.height, layout.width, &pixels) && pixels <= most_drawn_pixels;
        return fits;
    };
    if (options.scale > 0 ? measure(options.scale) : measure(chosen) || measure(1)) return layout;
    throw InvalidArgument(fmt::format("sheet: {} pictures of {} x {} make more than 2^28 pixels: draw fewer", count,
                                      shape.width, shape.height));
}

}  // namespace

ImageShape squarest(std::size_t cols) {
    if (cols == 0) return {};
    const std::size_t root = rounded_up_root(cols);
    for (std::size_t height = cols / root; height > 0 && 2 * height * height >= cols; --height)
        if (cols % height == 0) return {height, cols / height};
    return {(cols + root - 1) / root, root};  // no divisor nearby: the last tile row stays partly empty
}

Picture sheet(ConstView images, ImageShape shape, const SheetOptions& options) {
    if (shape == ImageShape{})
        shape = squarest(images.cols);
    else if (shape.values() > images.cols)
        throw InvalidArgument(fmt::format("sheet: rows have {} values, pictures of {} x {} have {}", images.cols,
                                          shape.height, shape.width, shape.values()));
    if (images.rows == 0 || images.cols == 0) throw InvalidArgument("sheet: there is no picture to draw");
    if (options.border > 1024 || options.scale > 1024) throw InvalidArgument("sheet: border and scale go up to 1024");
    const Layout layout = lay_out(images.rows, shape, options);
    const Range range = range_of(images, options.shades);
    const std::size_t planes = shape.planes();
    const bool signs = options.shades == Shades::diverging, colours = signs || planes > 1;
    const std::uint8_t between = signs ? 190 : 72;  // apart from the white of zero, from the black of nothing
    Picture picture{layout.height, layout.width, colours ? std::size_t{3} : std::size_t{1}, {}};
    picture.pixels.assign(layout.height * layout.width * picture.channels, between);
    for (std::size_t tile = 0; tile < images.rows; ++tile) {
        const std::size_t top = options.border + tile / layout.columns * (layout.tile_height + options.border);
        const std::size_t left = options.border + tile % layout.columns * (layout.tile_width + options.border);
        const std::span<const float> values = images.row(tile);
        for (std::size_t y = 0; y < layout.tile_height; ++y)
            for (std::size_t x = 0; x < layout.tile_width; ++x) {
                const std::size_t at = planes * (y / layout.scale * shape.width + x / layout.scale);
                if (at >= values.size()) continue;
                const auto value_at = [&](std::size_t plane) {
                    return (values[at + plane] - range.origin) * range.factor;
                };
                std::uint8_t* const pixel =
                    picture.pixels.data() + picture.channels * ((top + y) * layout.width + left + x);
                if (planes > 1)
                    for (std::size_t plane = 0; plane < planes; ++plane)
                        pixel[plane] = grey(signs ? 0.5F + 0.5F * value_at(plane) : value_at(plane));
                else if (!signs)
                    *pixel = grey(value_at(0));
                else if (std::isfinite(value_at(0)))
                    std::ranges::copy(diverging_colour(value_at(0)), pixel);
            }
    }
    return picture;
}

void save_sheet(const std::string& path, ConstView images, ImageShape shape, const SheetOptions& options,
                IfExists if_exists) {
    write_file(path, encode_png(sheet(images, shape, options)), if_exists);
}

}  // namespace rbm
