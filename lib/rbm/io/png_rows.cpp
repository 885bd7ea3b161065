// SPDX-License-Identifier: MIT
#include "rbm/io/png_rows.h"

#include <fmt/format.h>

#include <algorithm>

#include "rbm/io/memory.h"
#include "rbm/kernels/error.h"

namespace rbm {

void PngRows::make_room(std::size_t left, std::size_t bytes_each) const {
    std::size_t needed = 0;
    const bool wraps = __builtin_mul_overflow(shape_.values() * bytes_each, left, &needed);
    if (wraps || needed > memory_limit())
        throw DataError(fmt::format("{}: {} pictures of {} x {} pixels do not fit into {} of memory", source_, left,
                                    shape_.width, shape_.height, readable_size(memory_limit())));
}

void PngRows::add(std::span<const std::byte> content, const std::string& name, std::size_t left) {
    const PngValues png = read_png(content, name, reading_.channels);
    if (facts_.pictures == 0) {
        first_ = name;
        shape_ = png.shape;
        make_room(left, 1);
        bytes_.reserve(shape_.values() * left);
    }
    if (png.shape != shape_)
        throw DataError(fmt::format("{}: found {} x {} pixels, expected {} x {} as in {}", name, png.shape.width,
                                    png.shape.height, shape_.width, shape_.height, first_));
    if (png.is_deep() && facts_.deep == 0) {
        make_room(left + facts_.pictures, sizeof(float));
        floats_.reserve(shape_.values() * (left + facts_.pictures));
        for (const std::uint8_t value : bytes_) floats_.push_back(static_cast<float>(value) / 255);
        bytes_ = {};
    }
    ++facts_.pictures;
    facts_.coloured += png.lost_colour ? 1 : 0;
    facts_.transparent += png.has_alpha ? 1 : 0;
    facts_.drawn_in_alpha += png.drawn_in_alpha ? 1 : 0;
    if (png.is_deep()) {
        ++facts_.deep;
        const auto& values = std::get<1>(png.values);
        facts_.largest = std::max(facts_.largest, *std::max_element(values.begin(), values.end()));
        for (const std::uint16_t value : values) floats_.push_back(static_cast<float>(value) / 65535);
    } else if (facts_.deep > 0) {
        for (const std::uint8_t value : std::get<0>(png.values)) floats_.push_back(static_cast<float>(value) / 255);
    } else {
        const auto& values = std::get<0>(png.values);
        bytes_.insert(bytes_.end(), values.begin(), values.end());
    }
}

Dataset PngRows::finish() {
    Dataset data = facts_.deep > 0 ? Dataset::from_floats(facts_.pictures, shape_.values(), std::move(floats_))
                                   : Dataset::from_bytes(facts_.pictures, shape_.values(), std::move(bytes_), 255);
    data.image = shape_;
    data.name = source_;
    if (reading_.facts != nullptr) *reading_.facts = facts_;
    return data;
}

}  // namespace rbm
