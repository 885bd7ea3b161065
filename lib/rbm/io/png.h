// SPDX-License-Identifier: MIT
// PNG files.
//
// Errors: DataError naming `name` and what is wrong with it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "rbm/data/dataset.h"
#include "rbm/io/picture.h"

namespace rbm {

bool is_png(std::span<const std::byte> bytes);

/// The values of a PNG, pixel by pixel, in the precision of the file.
struct PngValues {
    ImageShape shape;
    std::variant<std::vector<std::uint8_t>, std::vector<std::uint16_t>>
        values;  ///< 16 bits where the file has more than 8

    // What went another way than a reader of the file may think.
    bool lost_colour = false;     ///< grey was asked for, and there are colours
    bool has_alpha = false;       ///< some pixels are not opaque, and this is not their alpha
    bool drawn_in_alpha = false;  ///< what can be seen has one dark colour: only alpha tells the pixels apart
    bool is_deep() const { return values.index() == 1; }
};

/// Any kind of PNG.  What is transparent shows black, the 0 of the data, but for Channels::alpha, which asks how opaque
/// pixels are, and throws where there is no alpha channel.
PngValues read_png(std::span<const std::byte> bytes, const std::string& name, Channels channels = Channels::grey);

/// read_png() as 8-bit grey.
Picture decode_png(std::span<const std::byte> bytes, const std::string& name);

/// Grey or RGB, 8 bits.
std::vector<std::byte> encode_png(const Picture& picture);

}  // namespace rbm
