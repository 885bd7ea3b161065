// SPDX-License-Identifier: MIT
#include "rbm/io/safetensors.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string_view>

#include "rbm/io/safetensors_header.h"
#include "rbm/io/utf8.h"
#include "rbm/kernels/error.h"

namespace rbm {
namespace {

static_assert(std::endian::native == std::endian::little, "tensors are copied to and from memory as they are");

constexpr std::size_t alignment = 64;

std::string shape_text(const std::vector<std::size_t>& shape, const char* between = ", ") {
    std::string text;
    for (const std::size_t length : shape) {
        if (!text.empty()) text += between;
        text += fmt::to_string(length);
    }
    return "[" + text + "]";
}

/// Bytes of a tensor of this shape; false when they are beyond 64 bits.
bool byte_count(const std::vector<std::size_t>& shape, std::size_t element_size, std::size_t& count) {
    count = element_size;
    return std::ranges::none_of(shape,
                                [&](std::size_t length) { return __builtin_mul_overflow(count, length, &count); });
}

std::string checksum(std::span<const std::byte> bytes) {
    return fmt::format("{:08x}", crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

template <class T>
Tensor tensor_of(const char* dtype, std::vector<std::size_t> shape, std::span<const T> values) {
    std::size_t bytes = 0;
    if (!byte_count(shape, sizeof(T), bytes) || bytes != values.size_bytes())
        throw InvalidArgument(
            fmt::format("make_tensor: {} values do not fill the shape {}", values.size(), shape_text(shape)));
    const auto raw = std::as_bytes(values);
    return {dtype, std::move(shape), {raw.begin(), raw.end()}};
}

template <class T>
std::vector<T> values_of(const Tensors& content, const std::string& name, std::string_view dtype) {
    const Tensor& tensor = content.at(name);
    if (tensor.dtype != dtype)
        throw DataError(fmt::format("{}: tensor {}: dtype {}, expected {}", content.source, in_quotes(name),
                                    in_quotes(tensor.dtype), dtype));
    std::vector<T> values(tensor.bytes.size() / sizeof(T));
    if (!values.empty()) std::memcpy(values.data(), tensor.bytes.data(), values.size() * sizeof(T));
    return values;
}

/// Throws DataError unless dtype, shape, offsets and buffer fit one another.
void check_entry(const SafetensorsEntry& entry, std::size_t buffer_size, const std::string& file) {
    const auto fault = [&](const std::string& text) {
        throw DataError(fmt::format("{}: tensor {}: {}", file, in_quotes(entry.name), text));
    };
    const std::size_t element_size = safetensors_element_size(entry.dtype);
    if (element_size == 0) fault("unknown dtype " + in_quotes(entry.dtype));
    std::size_t bytes = 0;
    if (!byte_count(entry.shape, element_size, bytes))
        fault(fmt::format("the shape {} has more elements than 64 bits can count", shape_text(entry.shape)));
    if (entry.begin > entry.end)
        fault(fmt::format("data_offsets run backwards, from {} to {}", entry.begin, entry.end));
    if (entry.end > buffer_size)
        fault(fmt::format("data_offsets end at {}, but only {} bytes follow the header: is the file cut off?",
                          entry.end, buffer_size));
    if (entry.end - entry.begin != bytes)
        fault(fmt::format("{} {} takes {} bytes, but data_offsets span {}", entry.dtype, shape_text(entry.shape), bytes,
                          entry.end - entry.begin));
}

/// Throws DataError unless the tensors cover the buffer, each byte once.  Sorts the entries by place.
void check_layout(std::vector<SafetensorsEntry>& entries, std::size_t buffer_size, const std::string& file) {
    std::ranges::sort(entries, [](const SafetensorsEntry& a, const SafetensorsEntry& b) {
        return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
    });
    std::size_t covered = 0;
    for (const SafetensorsEntry& entry : entries) {
        if (entry.begin < covered)
            throw DataError(fmt::format("{}: tensor {}: begins at {}, within the tensor before it, which ends at {}",
                                        file, in_quotes(entry.name), entry.begin, covered));
        if (entry.begin > covered)
            throw DataError(fmt::format("{}: tensor {}: begins at {}, but bytes {} to {} belong to no tensor", file,
                                        in_quotes(entry.name), entry.begin, covered, entry.begin));
        covered = entry.end;
    }
    if (covered != buffer_size)
        throw DataError(fmt::format("{}: {} bytes follow the last tensor, expected none", file, buffer_size - covered));
}

void check_checksum(const std::string& recorded, std::span<const std::byte> buffer, const std::string& file) {
    constexpr std::string_view digits = "0123456789abcdef";
    if (recorded.size() != 8 || recorded.find_first_not_of(digits) != std::string::npos)
        throw DataError(fmt::format("{}: __metadata__: rbm.crc32 is {}, expected 8 hexadecimal digits in lower case",
                                    file, in_quotes(recorded)));
    if (const std::string found = checksum(buffer); found != recorded)
        throw DataError(
            fmt::format("{}: the tensors have crc32 {}, the file promises {}: it was damaged", file, found, recorded));
}

void require_utf8(const std::string& text, const char* what) {
    if (find_invalid_utf8(text) != std::string::npos)
        throw InvalidArgument(fmt::format("encode_safetensors: {} {} is not UTF-8", what, in_quotes(text)));
}

std::string json_text(const std::string& text) { return nlohmann::json(text).dump(); }

}  // namespace

Tensor make_tensor(std::vector<std::size_t> shape, std::span<const float> values) {
    return tensor_of("F32", std::move(shape), values);
}
Tensor make_tensor(std::vector<std::size_t> shape, std::span<const double> values) {
    return tensor_of("F64", std::move(shape), values);
}
Tensor make_tensor(std::vector<std::size_t> shape, std::span<const std::int64_t> values) {
    return tensor_of("I64", std::move(shape), values);
}
Tensor make_tensor(std::vector<std::size_t> shape, std::span<const std::uint64_t> values) {
    return tensor_of("U64", std::move(shape), values);
}
Tensor make_tensor(std::vector<std::size_t> shape, std::span<const std::uint8_t> values) {
    return tensor_of("U8", std::move(shape), values);
}

const Tensor& Tensors::at(const std::string& name) const {
    const auto found = tensors.find(name);
    if (found == tensors.end()) throw DataError(fmt::format("{}: the tensor {} is missing", source, in_quotes(name)));
    return found->second;
}

const Tensor& Tensors::at(const std::string& name, const std::vector<std::size_t>& shape) const {
    const Tensor& tensor = at(name);
    if (tensor.shape != shape)
        throw DataError(fmt::format("{}: tensor {}: shape {}, expected {}", source, in_quotes(name),
                                    shape_text(tensor.shape), shape_text(shape)));
    return tensor;
}

std::vector<float> Tensors::f32(const std::string& name) const { return values_of<float>(*this, name, "F32"); }
std::vector<double> Tensors::f64(const std::string& name) const { return values_of<double>(*this, name, "F64"); }
std::vector<std::int64_t> Tensors::i64(const std::string& name) const {
    return values_of<std::int64_t>(*this, name, "I64");
}
std::vector<std::uint64_t> Tensors::u64(const std::string& name) const {
    return values_of<std::uint64_t>(*this, name, "U64");
}
std::vector<std::uint8_t> Tensors::u8(const std::string& name) const {
    return values_of<std::uint8_t>(*this, name, "U8");
}

Tensors parse_safetensors(std::span<const std::byte> file, const std::string& name) {
    std::uint64_t header_size = 0;
    if (file.size() < sizeof header_size)
        throw DataError(fmt::format("{}: {} bytes, too short for a safetensors file", name, file.size()));
    std::memcpy(&header_size, file.data(), sizeof header_size);
    if (header_size == 0) throw DataError(fmt::format("{}: safetensors header of 0 bytes", name));
    if (header_size > safetensors_longest_header)
        throw DataError(fmt::format("{}: safetensors header of {} bytes, at most {} are allowed: is it a model file?",
                                    name, header_size, safetensors_longest_header));
    const auto rest = file.subspan(sizeof header_size);
    if (header_size > rest.size())
        throw DataError(fmt::format("{}: safetensors header of {} bytes, but only {} follow: is the file cut off?",
                                    name, header_size, rest.size()));
    const std::string_view text(reinterpret_cast<const char*>(rest.data()), header_size);
    SafetensorsHeader header = parse_safetensors_header(text, name);
    const auto buffer = rest.subspan(header_size);
    for (const SafetensorsEntry& entry : header.entries) check_entry(entry, buffer.size(), name);
    check_layout(header.entries, buffer.size(), name);
    if (const auto recorded = header.metadata.find("rbm.crc32"); recorded != header.metadata.end())
        check_checksum(recorded->second, buffer, name);

    Tensors result{{}, std::move(header.metadata), name};
    for (SafetensorsEntry& entry : header.entries) {
        const auto bytes = buffer.subspan(entry.begin, entry.end - entry.begin);
        result.tensors.emplace(std::move(entry.name),
                               Tensor{std::move(entry.dtype), std::move(entry.shape), {bytes.begin(), bytes.end()}});
    }
    return result;
}

std::vector<std::byte> encode_safetensors(const Tensors& content) {
    std::vector<const std::pair<const std::string, Tensor>*> order;
    std::size_t buffer_size = 0;
    for (const auto& named : content.tensors) {
        const auto& [name, tensor] = named;
        std::size_t bytes = 0;
        const std::size_t element_size = safetensors_element_size(tensor.dtype);
        require_utf8(name, "the name");
        if (name == "__metadata__" || element_size == 0 || tensor.shape.size() > safetensors_most_dimensions ||
            !byte_count(tensor.shape, element_size, bytes) || bytes != tensor.bytes.size())
            throw InvalidArgument(fmt::format("encode_safetensors: tensor {}: {} {} in {} bytes", in_quotes(name),
                                              in_quotes(tensor.dtype), shape_text(tensor.shape), tensor.bytes.size()));
        order.push_back(&named);
        buffer_size += bytes;
    }
    // Larger elements first keeps every tensor at a multiple of its element size, for readers that map the file.
    std::ranges::stable_sort(order, [](const auto* a, const auto* b) {
        return safetensors_element_size(a->second.dtype) > safetensors_element_size(b->second.dtype);
    });

    std::vector<std::byte> buffer;
    buffer.reserve(buffer_size);
    std::string entries;
    for (const auto* named : order) {
        const Tensor& tensor = named->second;
        entries += fmt::format(R"(,{}:{{"dtype":"{}","shape":{},"data_offsets":[{},{}]}})", json_text(named->first),
                               tensor.dtype, shape_text(tensor.shape, ","), buffer.size(),
                               buffer.size() + tensor.bytes.size());
        buffer.insert(buffer.end(), tensor.bytes.begin(), tensor.bytes.end());
    }
    auto metadata = content.metadata;
    metadata["rbm.crc32"] = checksum(buffer);
    std::string strings;
    for (const auto& [key, value] : metadata) {
        require_utf8(key, "the metadata key");
        require_utf8(value, "the metadata value");
        strings += fmt::format("{}{}:{}", strings.empty() ? "" : ",", json_text(key), json_text(value));
    }
    std::string header = fmt::format(R"({{"__metadata__":{{{}}}{}}})", strings, entries);
    const std::uint64_t unpadded = sizeof(std::uint64_t) + header.size();
    header.append((alignment - unpadded % alignment) % alignment, ' ');
    if (header.size() > safetensors_longest_header)
        throw InvalidArgument(fmt::format("encode_safetensors: a header of {} bytes", header.size()));

    std::vector<std::byte> file(sizeof(std::uint64_t) + header.size() + buffer.size());
    const std::uint64_t header_size = header.size();
    std::memcpy(file.data(), &header_size, sizeof header_size);
    std::memcpy(file.data() + sizeof header_size, header.data(), header.size());
    std::ranges::copy(buffer, file.begin() + static_cast<std::ptrdiff_t>(sizeof header_size + header.size()));
    return file;
}

}  // namespace rbm
