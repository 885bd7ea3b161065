// SPDX-License-Identifier: MIT
// The JSON header of a safetensors file, read strictly.  Not installed: part of safetensors.cpp.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace rbm {

inline constexpr std::size_t safetensors_longest_header = 100'000'000;  ///< as in the reference implementation
inline constexpr std::size_t safetensors_most_dimensions = 8;

struct SafetensorsEntry {
    std::string name;
    std::string dtype;
    std::vector<std::size_t> shape;
    std::size_t begin = 0;
    std::size_t end = 0;
};

struct SafetensorsHeader {
    std::vector<SafetensorsEntry> entries;  ///< in the order of the header
    std::map<std::string, std::string> metadata;
};

/// Throws DataError on anything but {"__metadata__": {string: string}, name: {dtype, shape, data_offsets}}: other keys,
/// keys that come twice, numbers that are not whole.  Offsets and dtypes are not looked at.
SafetensorsHeader parse_safetensors_header(std::string_view text, const std::string& file);

/// Bytes of one element, 0 for a dtype that is not known.
std::size_t safetensors_element_size(std::string_view dtype);

}  // namespace rbm
