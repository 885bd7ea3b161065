// SPDX-License-Identifier: MIT
// The head of a .npy file: "\x93NUMPY", version, length, a Python dictionary.  Not installed.
#pragma once

#include <bit>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rbm/io/elements.h"

namespace rbm {

struct NpyHeader {
    Element element = Element::float32;
    std::endian order = std::endian::little;
    bool fortran_order = false;
    std::vector<std::size_t> shape;
    std::size_t size = 0;  ///< bytes before the values
};

/// Checked against the size of the file: the values are there, all of them and nothing else.
NpyHeader parse_npy_header(std::span<const std::byte> bytes, const std::string& name);

/// All that stands before values of this type, such as "<f4", in C order: version 1.  They start at a multiple of 64
/// bytes, so that they can be mapped into memory and used as they lie.
std::vector<std::byte> encode_npy_header(std::string_view type, std::span<const std::size_t> shape);

}  // namespace rbm
