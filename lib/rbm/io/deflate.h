// SPDX-License-Identifier: MIT
// All of a content through a stream of zlib's: gzip files and zip archives differ only in how they open it.  Not
// installed.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

struct z_stream_s;

namespace rbm {

/// What an opened deflating stream makes of `content`, its end included.
std::vector<std::byte> deflate_all(z_stream_s& stream, std::span<const std::byte> content);

}  // namespace rbm
