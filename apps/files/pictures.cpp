// SPDX-License-Identifier: MIT
#include "apps/files/pictures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "apps/cli/program.h"
#include "rbm/io/atomic_file.h"
#include "rbm/io/png.h"

namespace rbm::app {
namespace {

constexpr std::size_t small_tile = 32;    // pixels; details of smaller ones are hard to see
constexpr std::size_t small_sheet = 512;  // a sheet of few tiles is enlarged up to this
constexpr std::size_t largest_scale = 32;
constexpr std::size_t group_tile = 48;  // pixels; pairs are compared closely
constexpr std::size_t group_gap = 10;   // pixels
constexpr std::uint8_t gap_grey = 30;

/// The number of columns that makes a picture about square, and leaves few places of the last row empty.
std::size_t good_columns(std::size_t tiles, double height, double width) {
    const double ideal = std::sqrt(static_cast<double>(tiles) * height / width);
    const auto most = std::clamp<std::size_t>(static_cast<std::size_t>(1.3 * ideal + 1), 1, tiles);
    const auto least = std::clamp<std::size_t>(static_cast<std::size_t>(std::ceil(ideal / 1.3)), 1, most);
    if (least > 1000) return least;  // then the last row does not matter
    std::size_t best = least;
    double best_fault = std::numeric_limits<double>::infinity();
    for (std::size_t columns = least; columns <= most; ++columns) {
        const std::size_t rows = (tiles + columns - 1) / columns;
        const double empty = static_cast<double>(rows * columns - tiles) / static_cast<double>(tiles);
        const double fault = empty + 0.2 * std::abs(std::log(static_cast<double>(columns) / ideal));
        if (fault < best_fault) best = columns, best_fault = fault;
    }
    return best;
}

}  // namespace

Greys Greys::of(const Units& units, ConstView states) {
    if (is_discrete(units)) return {state_form(units).low, state_form(units).high};
    std::vector<float> values;
    values.reserve(states.rows * states.cols);
    for (std::size_t r = 0; r < states.rows; ++r)
        values.insert(values.end(), states.row(r).begin(), states.row(r).end());
    const auto value_at = [&](std::size_t percent) {
        const auto place = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) * percent / 100);
        std::nth_element(values.begin(), place, values.end());
        return *place;
    };
    if (values.empty()) return {};
    const float black = value_at(1), white = value_at(99);
    return {black, white > black ? white : black + 1};
}

void Greys::apply(View states) const {
    const float range = white - black;
    for (std::size_t r = 0; r < states.rows; ++r)
        for (float& value : states.row(r)) value = (value - black) / range;
}

SheetOptions sheet_within(std::size_t longest, std::size_t tiles, std::size_t columns, ImageShape shape,
                          const std::string& what) {
    const auto height = static_cast<double>(shape.height), width = static_cast<double>(shape.width);
    if (columns == 0) columns = good_columns(tiles, height, width);
    const std::size_t rows = (tiles + columns - 1) / columns;
    // In double, so that no product wraps.
    const auto side = [&](double scale) {
        return std::max(static_cast<double>(columns) * (scale * width + 1),
                        static_cast<double>(rows) * (scale * height + 1)) +
               1;
    };
    std::size_t scale = 1;
    while (scale < largest_scale && side(static_cast<double>(scale + 1)) <= static_cast<double>(longest) &&
           (static_cast<double>(scale) * std::max(height, width) < small_tile ||
            side(static_cast<double>(scale + 1)) <= small_sheet))
        ++scale;
    if (side(1) > static_cast<double>(longest))
        throw UsageError(
            fmt::format("{} of {} x {} values make a picture of {:.0f} pixels, more than {} in each direction; draw "
                        "fewer, or write .npy",
                        what, shape.height, shape.width, side(1), longest));
    return {.columns = columns, .border = 1, .scale = scale, .shades = Shades::unit};
}

Picture draw_groups(ConstView tiles, std::size_t size, ImageShape shape) {
    const std::size_t groups = tiles.rows / size;
    const ImageShape drawn = shape == ImageShape{} ? squarest(tiles.cols) : shape;
    const std::size_t side = std::max(drawn.height, drawn.width);
    const SheetOptions options{
        .columns = size, .border = 1, .scale = std::min((group_tile + side - 1) / side, largest_scale)};
    const auto draw = [&](std::size_t group) { return sheet(tiles.rows_from(group * size, size), shape, options); };
    const Picture first = draw(0);
    const std::size_t height = first.height + group_gap, width = first.width + group_gap;
    const std::size_t columns = good_columns(groups, static_cast<double>(height), static_cast<double>(width));
    const std::size_t rows = (groups + columns - 1) / columns;
    const std::size_t channels = first.channels;
    Picture all{rows * height + group_gap, columns * width + group_gap, channels, {}};
    all.pixels.assign(all.height * all.width * channels, gap_grey);
    for (std::size_t group = 0; group < groups; ++group) {
        const Picture one = draw(group);
        const std::size_t top = group_gap + group / columns * height, left = group_gap + group % columns * width;
        for (std::size_t y = 0; y < one.height; ++y)
            std::copy_n(one.pixels.data() + y * one.width * channels, one.width * channels,
                        all.pixels.data() + ((top + y) * all.width + left) * channels);
    }
    return all;
}

ImageShape picture_shape(const Model& model) {
    return model.image == ImageShape{} ? squarest(model.machine.visible_count()) : model.image;
}

std::string image_text(ImageShape image) {
    const std::string size = fmt::format("height {}, width {}", image.height, image.width);
    return image.channels == Channels::grey ? size : fmt::format("{}, {}", size, name_of(image.channels));
}

void write_png(const std::string& path, const Picture& picture, IfExists if_exists) {
    write_file(path, encode_png(picture), if_exists);
}

}  // namespace rbm::app
