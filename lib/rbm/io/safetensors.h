// SPDX-License-Identifier: MIT
// The safetensors container: named arrays and a map of strings.  Knows nothing of machines; loading one runs no code.
//
// A file is 8 bytes of little-endian header length N, N bytes of JSON, then the tensors' bytes without gaps:
//   {"__metadata__": {string: string}, "name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [begin, end]}, ...}
// `rbm.crc32` in the metadata is zlib's crc32 of everything behind the header, as 8 hexadecimal digits.
//
// Errors: parse_safetensors() and the readers throw DataError naming the file and the tensor, one message per fault.
// Everything is checked before a tensor is copied, so memory stays within a small multiple of the file's size.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace rbm {

struct Tensor {
    std::string dtype;               ///< F64 F32 F16 BF16 I8 I16 I32 I64 U8 U16 U32 U64 BOOL
    std::vector<std::size_t> shape;  ///< at most 8 dimensions; empty for a scalar
    std::vector<std::byte> bytes;    ///< row-major, little-endian

    bool operator==(const Tensor&) const = default;
};

/// A tensor of these values.  Throws InvalidArgument when their number is not the product of the shape.
Tensor make_tensor(std::vector<std::size_t> shape, std::span<const float> values);
Tensor make_tensor(std::vector<std::size_t> shape, std::span<const double> values);
Tensor make_tensor(std::vector<std::size_t> shape, std::span<const std::int64_t> values);
Tensor make_tensor(std::vector<std::size_t> shape, std::span<const std::uint64_t> values);
Tensor make_tensor(std::vector<std::size_t> shape, std::span<const std::uint8_t> values);

struct Tensors {
    std::map<std::string, Tensor> tensors;
    std::map<std::string, std::string> metadata;  ///< after parsing, all of it: `rbm.crc32` too
    std::string source;                           ///< the file, for messages

    bool contains(const std::string& name) const { return tensors.contains(name); }
    /// Throws DataError when there is no such tensor.
    const Tensor& at(const std::string& name) const;
    /// The same, and throws DataError when its shape is another; the message tells both.
    const Tensor& at(const std::string& name, const std::vector<std::size_t>& shape) const;

    /// The values of a tensor, of any shape.  Throws DataError when it is missing or its dtype is another.
    std::vector<float> f32(const std::string& name) const;
    std::vector<double> f64(const std::string& name) const;
    std::vector<std::int64_t> i64(const std::string& name) const;
    std::vector<std::uint64_t> u64(const std::string& name) const;
    std::vector<std::uint8_t> u8(const std::string& name) const;
};

/// The whole file in memory -> its tensors; `name` is for messages.
Tensors parse_safetensors(std::span<const std::byte> file, const std::string& name);

/// The bytes of a file: the same for the same content.  Larger elements come first, then by name; the header is padded
/// with spaces so that the tensors begin at a multiple of 64; `rbm.crc32` is computed here.  Throws
/// InvalidArgument for what no reader would take: unknown dtype, bytes that do not fit the shape, invalid UTF-8.
std::vector<std::byte> encode_safetensors(const Tensors& content);

}  // namespace rbm
