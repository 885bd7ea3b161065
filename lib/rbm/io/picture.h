// SPDX-License-Identifier: MIT
// A picture as rows of bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace rbm {

/// pixels[(y * width + x) * channels + c]; one channel: grey, three: red, green, blue.
struct Picture {
    std::size_t height = 0;
    std::size_t width = 0;
    std::size_t channels = 1;
    std::vector<std::uint8_t> pixels;
    bool operator==(const Picture&) const = default;
};

}  // namespace rbm
