// SPDX-License-Identifier: MIT
// IDX, the format of the MNIST files: two zero bytes, a type, the number of dimensions, big-endian sizes, the values.
//
// Errors: DataError naming `name`, the byte, what was found and what was expected.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "rbm/data/dataset.h"

namespace rbm {

/// Rows from [N, cols], pictures from [N, height, width].  Unsigned bytes are divided by 255; signed bytes, integers
/// and floats are taken as they are.
Dataset parse_idx(std::span<const std::byte> bytes, const std::string& name);

/// The N labels of a one-dimensional file of unsigned bytes.
std::vector<std::uint8_t> parse_idx_labels(std::span<const std::byte> bytes, const std::string& name);

/// Unsigned bytes, 255 times the value, rounded: exact for bits and for pictures of 256 greys.  Throws DataError naming
/// row and column of a value outside [0, 1].
std::vector<std::byte> encode_idx(const Dataset& data);

}  // namespace rbm
