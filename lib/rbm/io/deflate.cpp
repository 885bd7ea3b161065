// SPDX-License-Identifier: MIT
#include "rbm/io/deflate.h"

#include <zlib.h>

#include <algorithm>

#include "rbm/kernels/error.h"

namespace rbm {

std::vector<std::byte> deflate_all(z_stream_s& stream, std::span<const std::byte> content) {
    constexpr std::size_t most_at_once = std::size_t{1} << 30;  // zlib counts in 32 bits
    std::vector<std::byte> bytes(4096 + content.size() / 4);
    std::size_t taken = 0, given = 0;
    for (int result = Z_OK; result != Z_STREAM_END;) {
        if (given == bytes.size()) bytes.resize(2 * bytes.size());
        const std::size_t room = std::min(bytes.size() - given, most_at_once);
        const std::size_t offer = std::min(content.size() - taken, most_at_once);
        stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(content.data() + taken));
        stream.avail_in = static_cast<uInt>(offer);
        stream.next_out = reinterpret_cast<Bytef*>(bytes.data() + given);
        stream.avail_out = static_cast<uInt>(room);
        result = deflate(&stream, taken + offer == content.size() ? Z_FINISH : Z_NO_FLUSH);
        if (result == Z_STREAM_ERROR) throw InvalidArgument("deflate_all: zlib refused its own stream");
        taken += offer - stream.avail_in;
        given += room - stream.avail_out;
    }
    bytes.resize(given);
    return bytes;
}

}  // namespace rbm
