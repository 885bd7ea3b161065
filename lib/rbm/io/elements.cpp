// SPDX-License-Identifier: MIT
#include "rbm/io/elements.h"

#include <fmt/format.h>

#include <cmath>

#include "rbm/kernels/error.h"

namespace rbm {

std::size_t element_size(Element element) {
    return with_type_of(element, [](auto zero) { return sizeof(zero); });
}

std::string_view element_name(Element element) {
    constexpr std::string_view names[] = {"bool",  "uint8",  "int8",  "uint16",  "int16",  "uint32",
                                          "int32", "uint64", "int64", "float32", "float64"};
    return names[static_cast<std::size_t>(element)];
}

std::size_t element_count(std::span<const std::size_t> shape, std::size_t bytes_each, std::size_t header,
                          std::size_t size, const std::string& name) {
    std::size_t count = 1, bytes = 0;
    bool fits = true, none = false;
    for (const std::size_t length : shape) {
        none = none || length == 0;
        if (length != 0) fits = fits && !__builtin_mul_overflow(count, length, &count);
    }
    fits = fits && !__builtin_mul_overflow(count, bytes_each, &bytes) && bytes <= SIZE_MAX - header;
    if (!fits)
        throw DataError(fmt::format("{}: header promises {} bytes each of {}, more than any file has; this one has {}",
                                    name, bytes_each, shape_text(shape), size));
    if (none) count = bytes = 0;
    if (header + bytes != size)
        throw DataError(fmt::format("{}: header promises {} bytes ({} of header, {} values of {}), file has {}", name,
                                    header + bytes, header, count, bytes_each, size));
    return count;
}

std::vector<float> to_floats(std::span<const std::byte> bytes, Element element, std::endian order, std::size_t cols,
                             const std::string& name) {
    return with_type_of(element, [&](auto zero) {
        using T = decltype(zero);
        std::vector<float> values(bytes.size() / sizeof(T));
        for (std::size_t i = 0; i < values.size(); ++i) {
            const T value = read_value<T>(bytes.data() + i * sizeof(T), order);
            values[i] = static_cast<float>(value);
            if constexpr (std::is_same_v<T, double>)
                if (std::isfinite(value) && !std::isfinite(values[i]))
                    throw DataError(
                        fmt::format("{}: row {}, column {}: found {}, expected at most 3.4e38, the largest float", name,
                                    i / cols + 1, i % cols + 1, value));
        }
        return values;
    });
}

std::vector<double> to_doubles(std::span<const std::byte> bytes, Element element, std::endian order) {
    return with_type_of(element, [&](auto zero) {
        using T = decltype(zero);
        std::vector<double> values(bytes.size() / sizeof(T));
        for (std::size_t i = 0; i < values.size(); ++i)
            values[i] = static_cast<double>(read_value<T>(bytes.data() + i * sizeof(T), order));
        return values;
    });
}

std::vector<std::uint8_t> to_bytes(std::span<const std::byte> bytes) {
    const auto* first = reinterpret_cast<const std::uint8_t*>(bytes.data());
    return {first, first + bytes.size()};
}

std::string shape_text(std::span<const std::size_t> shape, std::string_view between) {
    std::string text;
    for (const std::size_t length : shape) {
        if (!text.empty()) text += between;
        text += fmt::to_string(length);
    }
    return text;
}

std::string quoted(std::string_view found) {
    constexpr std::size_t most = 24;
    std::string text = "'";
    for (const char c : found.substr(0, most)) {
        const auto code = static_cast<unsigned char>(c);
        if (code < 0x20 || code == 0x7f)
            text += fmt::format("\\x{:02x}", code);
        else
            text += c;
    }
    return text + (found.size() > most ? "...'" : "'");
}

}  // namespace rbm
