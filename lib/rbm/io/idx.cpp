// SPDX-License-Identifier: MIT
#include "rbm/io/idx.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <optional>

#include "rbm/io/elements.h"
#include "rbm/kernels/error.h"

namespace rbm {
namespace {

struct Header {
    Element element = Element::uint8;
    std::vector<std::size_t> shape;
    std::size_t size = 0;  ///< bytes of the header itself
};

std::optional<Element> element_of(unsigned code) {
    switch (code) {
        case 0x08:
            return Element::uint8;
        case 0x09:
            return Element::int8;
        case 0x0b:
            return Element::int16;
        case 0x0c:
            return Element::int32;
        case 0x0d:
            return Element::float32;
        case 0x0e:
            return Element::float64;
        default:
            return std::nullopt;
    }
}

Header parse_header(std::span<const std::byte> bytes, const std::string& name) {
    if (bytes.size() < 4)
        throw DataError(
            fmt::format("{}: file has {} bytes, expected at least the 4 of an IDX magic number", name, bytes.size()));
    if (bytes[0] != std::byte{0} || bytes[1] != std::byte{0})
        throw DataError(fmt::format("{}: byte 0: found {:02x} {:02x}, expected 00 00, the start of an IDX file", name,
                                    std::to_integer<unsigned>(bytes[0]), std::to_integer<unsigned>(bytes[1])));
    const auto code = std::to_integer<unsigned>(bytes[2]);
    const auto dimensions = std::to_integer<std::size_t>(bytes[3]);
    const std::optional<Element> element = element_of(code);
    if (!element)
        throw DataError(
            fmt::format("{}: byte 2: found type {:02x}, expected an IDX type: 08, 09, 0b, 0c, 0d or 0e", name, code));
    if (dimensions < 1 || dimensions > 3)
        throw DataError(fmt::format("{}: byte 3: found {} dimensions, expected 1 (labels), 2 or 3", name, dimensions));
    Header header{*element, {}, 4 + 4 * dimensions};
    if (bytes.size() < header.size)
        throw DataError(fmt::format("{}: truncated: an IDX header of {} dimensions has {} bytes, file has {}", name,
                                    dimensions, header.size, bytes.size()));
    for (std::size_t i = 0; i < dimensions; ++i)
        header.shape.push_back(read_value<std::uint32_t>(bytes.data() + 4 + 4 * i, std::endian::big));
    element_count(header.shape, element_size(header.element), header.size, bytes.size(), name);
    return header;
}

void append_big_endian(std::vector<std::byte>& bytes, std::uint32_t value) {
    for (unsigned shift = 32; shift > 0; shift -= 8) bytes.push_back(static_cast<std::byte>(value >> (shift - 8)));
}

}  // namespace

Dataset parse_idx(std::span<const std::byte> bytes, const std::string& name) {
    const Header header = parse_header(bytes, name);
    if (header.shape.size() == 1)
        throw DataError(
            fmt::format("{}: byte 3: found 1 dimension: this is a label file ({} labels), expected pictures or rows: 2 "
                        "or 3 dimensions",
                        name, header.shape[0]));
    const std::size_t rows = header.shape[0];
    const std::size_t cols = header.shape.size() == 3 ? header.shape[1] * header.shape[2] : header.shape[1];
    if (rows == 0 || cols == 0)
        throw DataError(fmt::format("{}: byte 4: found a shape of {}, expected at least one row and one column", name,
                                    shape_text(header.shape)));
    const std::span<const std::byte> payload = bytes.subspan(header.size);
    Dataset data =
        header.element == Element::uint8
            ? Dataset::from_bytes(rows, cols, to_bytes(payload), 255)
            : Dataset::from_floats(rows, cols, to_floats(payload, header.element, std::endian::big, cols, name));
    if (header.shape.size() == 3) data.image = {header.shape[1], header.shape[2]};
    data.name = name;
    return data;
}

std::vector<std::uint8_t> parse_idx_labels(std::span<const std::byte> bytes, const std::string& name) {
    const Header header = parse_header(bytes, name);
    if (header.shape.size() != 1 || header.element != Element::uint8)
        throw DataError(
            fmt::format("{}: byte 2: found {} dimensions of type {:02x}, expected labels: 1 dimension of type 08", name,
                        header.shape.size(), std::to_integer<unsigned>(bytes[2])));
    return to_bytes(bytes.subspan(header.size));
}

std::vector<std::byte> encode_idx(const Dataset& data) {
    const bool pictures = data.image.height * data.image.width == data.cols() && data.cols() > 0;
    constexpr std::size_t most = std::numeric_limits<std::uint32_t>::max();
    if (data.rows() > most || data.cols() > most)
        throw DataError(
            fmt::format("{}: {} rows of {} columns do not fit into an IDX file", data.name, data.rows(), data.cols()));
    std::vector<std::byte> bytes = {std::byte{0}, std::byte{0}, std::byte{8}, static_cast<std::byte>(pictures ? 3 : 2)};
    bytes.reserve(16 + data.rows() * data.cols());
    append_big_endian(bytes, static_cast<std::uint32_t>(data.rows()));
    append_big_endian(bytes, static_cast<std::uint32_t>(pictures ? data.image.height : data.cols()));
    if (pictures) append_big_endian(bytes, static_cast<std::uint32_t>(data.image.width));
    for (std::size_t row = 0; row < data.rows(); ++row)
        for (std::size_t col = 0; col < data.cols(); ++col) {
            const float value = data.value(row, col);
            if (!(value >= 0 && value <= 1))
                throw DataError(
                    fmt::format("{}: row {}, column {}: found {}, expected a value in [0, 1] to store as a byte; "
                                "write .npy instead",
                                data.name, row + 1, col + 1, value));
            bytes.push_back(static_cast<std::byte>(std::lround(value * 255)));
        }
    return bytes;
}

}  // namespace rbm
