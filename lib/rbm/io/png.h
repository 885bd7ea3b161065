// SPDX-License-Identifier: MIT
// PNG files.
//
// Errors: DataError naming `name` and what is wrong with it.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "rbm/io/picture.h"

namespace rbm {

bool is_png(std::span<const std::byte> bytes);

/// Any kind of PNG as 8-bit grey.  What is transparent shows black, the 0 of the data.
Picture decode_png(std::span<const std::byte> bytes, const std::string& name);

/// Grey or RGB, 8 bits.
std::vector<std::byte> encode_png(const Picture& picture);

}  // namespace rbm
