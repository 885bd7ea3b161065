// SPDX-License-Identifier: MIT
// Numbers as they lie in IDX and .npy files: of several types, in either byte order.  Not installed.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rbm/kernels/error.h"

namespace rbm {

enum class Element { boolean, uint8, int8, uint16, int16, uint32, int32, uint64, int64, float32, float64 };

std::size_t element_size(Element element);
/// As NumPy calls it: "float32".
std::string_view element_name(Element element);

/// The value of type T at `at`, wherever that is aligned.
template <class T>
T read_value(const std::byte* at, std::endian order) {
    std::array<std::byte, sizeof(T)> raw;
    std::copy_n(at, sizeof(T), raw.begin());
    if (order != std::endian::native) std::reverse(raw.begin(), raw.end());
    return std::bit_cast<T>(raw);
}

/// Calls f(T()) with the C++ type of an element; booleans are bytes.
template <class F>
decltype(auto) with_type_of(Element element, F&& f) {
    switch (element) {
        case Element::boolean:
        case Element::uint8:
            return f(std::uint8_t());
        case Element::int8:
            return f(std::int8_t());
        case Element::uint16:
            return f(std::uint16_t());
        case Element::int16:
            return f(std::int16_t());
        case Element::uint32:
            return f(std::uint32_t());
        case Element::int32:
            return f(std::int32_t());
        case Element::uint64:
            return f(std::uint64_t());
        case Element::int64:
            return f(std::int64_t());
        case Element::float32:
            return f(float());
        case Element::float64:
            return f(double());
    }
    throw InvalidArgument("with_type_of: not an element type");
}

/// The product of a shape and of what one element takes; throws DataError when it, with `header`, is not exactly
/// `size`: "header promises 47040016 bytes, file has 47040015".  Returns the number of elements.
std::size_t element_count(std::span<const std::size_t> shape, std::size_t bytes_each, std::size_t header,
                          std::size_t size, const std::string& name);

/// Throws DataError naming row and column when a float64 lies beyond the range of floats.
std::vector<float> to_floats(std::span<const std::byte> bytes, Element element, std::endian order, std::size_t cols,
                             const std::string& name);
std::vector<double> to_doubles(std::span<const std::byte> bytes, Element element, std::endian order);
std::vector<std::uint8_t> to_bytes(std::span<const std::byte> bytes);

/// "60000 x 28 x 28".  (fmt::join of numbers makes g++ 12 warn at -O3 of an overflow in fmt's own header.)
std::string shape_text(std::span<const std::size_t> shape, std::string_view between = " x ");

/// What was found, for a message: in quotes, what cannot be printed escaped, cut to a few characters.
std::string quoted(std::string_view found);

}  // namespace rbm
