// SPDX-License-Identifier: MIT
#include "rbm/io/npy.h"

#include <fmt/format.h>

#include <cstring>

#include "rbm/io/atomic_file.h"
#include "rbm/io/npy_header.h"
#include "rbm/kernels/error.h"

namespace rbm {
namespace {

/// The same elements with the last index running fastest; `bytes` has the first running fastest.
std::vector<std::byte> to_c_order(std::span<const std::byte> bytes, std::size_t bytes_each,
                                  std::span<const std::size_t> shape) {
    std::vector<std::byte> out(bytes.size());
    std::vector<std::size_t> strides(shape.size()), index(shape.size());
    std::size_t stride = bytes_each;
    for (std::size_t d = 0; d < shape.size(); ++d) {
        strides[d] = stride;
        stride *= shape[d];
    }
    std::size_t from = 0;
    for (std::size_t to = 0; to < out.size(); to += bytes_each) {
        std::memcpy(out.data() + to, bytes.data() + from, bytes_each);
        for (std::size_t d = shape.size(); d-- > 0;) {
            from += strides[d];
            if (++index[d] < shape[d]) break;
            from -= index[d] * strides[d];
            index[d] = 0;
        }
    }
    return out;
}

/// The values of a file in C order: a look at them, or a rearranged copy kept in `storage`.
std::span<const std::byte> payload(std::span<const std::byte> bytes, const NpyHeader& header,
                                   std::vector<std::byte>& storage) {
    bytes = bytes.subspan(header.size);
    if (!header.fortran_order || header.shape.size() < 2) return bytes;
    storage = to_c_order(bytes, element_size(header.element), header.shape);
    return storage;
}

/// All that stands before the values.  They start at a multiple of 64 bytes, so that they can be mapped into memory and
/// used as they lie.
template <class Real>
std::vector<std::byte> encode_header(std::span<const std::size_t> shape, std::span<const Real> values) {
    static_assert(std::endian::native == std::endian::little);
    std::size_t count = 1;
    for (const std::size_t length : shape) count *= length;
    if (count != values.size())
        throw InvalidArgument(fmt::format("encode_npy: {} values, the shape says {}", values.size(), count));
    std::string header = fmt::format("{{'descr': '<f{}', 'fortran_order': False, 'shape': ({}{}), }}", sizeof(Real),
                                     shape_text(shape, ", "), shape.size() == 1 ? "," : "");
    constexpr std::size_t start = 10, alignment = 64;
    const std::size_t end = (start + header.size() + 1 + alignment - 1) / alignment * alignment;
    header.resize(end - start - 1, ' ');
    header += '\n';
    std::vector<std::byte> bytes(end);
    const unsigned char head[start] = {0x93,
                                       'N',
                                       'U',
                                       'M',
                                       'P',
                                       'Y',
                                       1,
                                       0,
                                       static_cast<unsigned char>(header.size() & 255),
                                       static_cast<unsigned char>(header.size() >> 8)};
    std::memcpy(bytes.data(), head, start);
    std::memcpy(bytes.data() + start, header.data(), header.size());
    return bytes;
}

template <class Real>
std::vector<std::byte> encode(std::span<const std::size_t> shape, std::span<const Real> values) {
    std::vector<std::byte> bytes = encode_header(shape, values);
    const auto more = std::as_bytes(values);
    bytes.insert(bytes.end(), more.begin(), more.end());
    return bytes;
}

template <class Real>
void write(const std::string& path, std::span<const std::size_t> shape, std::span<const Real> values,
           IfExists if_exists) {
    const std::vector<std::byte> header = encode_header(shape, values);
    AtomicFile file(path, if_exists);
    file.write(header);
    file.write(std::as_bytes(values));
    file.commit();
}

}  // namespace

bool is_npy(std::span<const std::byte> bytes) {
    return bytes.size() >= 6 && std::memcmp(bytes.data(), "\x93NUMPY", 6) == 0;
}

NpyArray parse_npy(std::span<const std::byte> bytes, const std::string& name) {
    const NpyHeader header = parse_npy_header(bytes, name);
    std::vector<std::byte> storage;
    return {header.shape, to_doubles(payload(bytes, header, storage), header.element, header.order)};
}

Dataset parse_npy_dataset(std::span<const std::byte> bytes, const std::string& name) {
    const NpyHeader header = parse_npy_header(bytes, name);
    const std::vector<std::size_t>& shape = header.shape;
    if (shape.size() == 1)
        throw DataError(
            fmt::format("{}: found shape ({},), which could be one row or one column: save array.reshape(1, -1) "
                        "or array.reshape(-1, 1)",
                        name, shape[0]));
    if (shape.size() != 2 && shape.size() != 3)
        throw DataError(
            fmt::format("{}: found {} dimensions ({}), expected 2 (rows, columns) or 3 (rows, height, width)", name,
                        shape.size(), shape_text(shape)));
    std::size_t cols = shape[1];
    const bool too_wide = shape.size() == 3 && __builtin_mul_overflow(shape[1], shape[2], &cols);
    if (shape[0] == 0 || cols == 0 || too_wide)
        throw DataError(
            fmt::format("{}: found a shape of {}, expected at least one row and one column", name, shape_text(shape)));
    std::vector<std::byte> storage;
    const std::span<const std::byte> values = payload(bytes, header, storage);
    Dataset data;
    if (header.element == Element::uint8 || header.element == Element::boolean) {
        data = Dataset::from_bytes(shape[0], cols, to_bytes(values), 1);
        for (std::size_t i = 0; header.element == Element::boolean && i < values.size(); ++i)
            if (values[i] > std::byte{1})
                throw DataError(fmt::format("{}: row {}, column {}: found {}, expected 0 or 1 in an array of bool",
                                            name, i / cols + 1, i % cols + 1, std::to_integer<unsigned>(values[i])));
    } else {
        data = Dataset::from_floats(shape[0], cols, to_floats(values, header.element, header.order, cols, name));
    }
    if (shape.size() == 3) data.image = {shape[1], shape[2]};
    data.name = name;
    return data;
}

std::vector<std::byte> encode_npy(std::span<const std::size_t> shape, std::span<const float> values) {
    return encode(shape, values);
}
std::vector<std::byte> encode_npy(std::span<const std::size_t> shape, std::span<const double> values) {
    return encode(shape, values);
}

void write_npy(const std::string& path, const std::vector<std::size_t>& shape, std::span<const float> values,
               IfExists if_exists) {
    write(path, std::span<const std::size_t>(shape), values, if_exists);
}
void write_npy(const std::string& path, const std::vector<std::size_t>& shape, std::span<const double> values,
               IfExists if_exists) {
    write(path, std::span<const std::size_t>(shape), values, if_exists);
}

}  // namespace rbm
