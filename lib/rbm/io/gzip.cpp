// SPDX-License-Identifier: MIT
#include "rbm/io/gzip.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <new>

#include "rbm/io/deflate.h"
#include "rbm/kernels/error.h"

namespace rbm {
namespace {

constexpr std::size_t piece = std::size_t{1} << 30;  // zlib counts in 32 bits

struct Inflater {
    z_stream stream{};
    Inflater() {
        if (inflateInit2(&stream, 15 + 16) != Z_OK) throw std::bad_alloc();  // 15: largest window, 16: gzip only
    }
    Inflater(const Inflater&) = delete;
    Inflater& operator=(const Inflater&) = delete;
    ~Inflater() { inflateEnd(&stream); }
};

struct Deflater {
    z_stream stream{};
    Deflater() {
        if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
            throw std::bad_alloc();
    }
    Deflater(const Deflater&) = delete;
    Deflater& operator=(const Deflater&) = delete;
    ~Deflater() { deflateEnd(&stream); }
};

/// A first guess at the size: what the last member claims, bounded by what such a file can be expected to hold.
std::size_t first_guess(std::span<const std::byte> bytes, std::size_t max_bytes) {
    if (bytes.size() < 4) return 0;
    std::size_t claim = 0;
    for (std::size_t i = 0; i < 4; ++i) claim |= std::to_integer<std::size_t>(bytes[bytes.size() - 4 + i]) << (8 * i);
    return std::min({claim, 32 * std::min(bytes.size(), piece), max_bytes});
}

}  // namespace

bool is_gzip(std::span<const std::byte> bytes) {
    return bytes.size() >= 2 && bytes[0] == std::byte{0x1f} && bytes[1] == std::byte{0x8b};
}

std::vector<std::byte> gunzip(std::span<const std::byte> bytes, const std::string& name, std::size_t max_bytes) {
    if (bytes.empty()) throw DataError(name + ": is empty, expected a gzip file");
    if (!is_gzip(bytes)) throw DataError(name + ": byte 0: not a gzip file, expected the bytes 1f 8b");
    Inflater inflater;
    z_stream& stream = inflater.stream;
    std::vector<std::byte> content(first_guess(bytes, max_bytes));
    std::size_t taken = 0, given = 0;
    for (;;) {
        if (given == content.size()) {
            if (given >= max_bytes)
                // Exactly max_bytes is allowed: one more byte of room shows whether the stream has ended.
                content.resize(max_bytes + 1);
            else
                content.resize(std::min(std::max<std::size_t>(2 * given, 4096), max_bytes));
        }
        const std::size_t room = std::min(content.size() - given, piece);
        const std::size_t offer = std::min(bytes.size() - taken, piece);
        stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data() + taken));
        stream.avail_in = static_cast<uInt>(offer);
        stream.next_out = reinterpret_cast<Bytef*>(content.data() + given);
        stream.avail_out = static_cast<uInt>(room);
        const int result = inflate(&stream, Z_NO_FLUSH);
        taken += offer - stream.avail_in;
        given += room - stream.avail_out;
        if (given > max_bytes)
            throw DataError(fmt::format("{}: unpacks to more than {}, the limit", name, readable_size(max_bytes)));
        if (result == Z_STREAM_END) {
            if (taken == bytes.size()) break;
            if (!is_gzip(bytes.subspan(taken)))
                throw DataError(fmt::format("{}: byte {}: {} bytes after the end of the gzip data", name, taken,
                                            bytes.size() - taken));
            inflateReset(&stream);
        } else if (result == Z_MEM_ERROR) {
            throw std::bad_alloc();
        } else if (result != Z_OK && result != Z_BUF_ERROR) {
            throw DataError(fmt::format("{}: byte {}: damaged gzip file: {}", name, taken,
                                        stream.msg == nullptr ? "unknown reason" : stream.msg));
        } else if (taken == bytes.size() && given < content.size()) {
            throw DataError(
                fmt::format("{}: truncated gzip file: ends at byte {} in the middle of the data", name, taken));
        }
    }
    content.resize(given);
    return content;
}

std::vector<std::byte> encode_gzip(std::span<const std::byte> content) {
    Deflater deflater;
    return deflate_all(deflater.stream, content);
}

}  // namespace rbm
