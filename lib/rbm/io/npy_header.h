// SPDX-License-Identifier: MIT
// The head of a .npy file: "\x93NUMPY", version, length, a Python dictionary.  Not installed.
#pragma once

#include <bit>
#include <cstddef>
#include <span>
#include <string>
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

}  // namespace rbm
