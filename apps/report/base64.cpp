// SPDX-License-Identifier: MIT
#include "apps/report/base64.h"

#include <algorithm>
#include <bit>
#include <string_view>

#include "rbm/io/png.h"

namespace rbm::app {

std::string base64(std::span<const std::byte> bytes) {
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        const std::size_t count = std::min<std::size_t>(3, bytes.size() - at);
        unsigned group = 0;
        for (std::size_t b = 0; b < 3; ++b)
            group = group << 8 | (b < count ? std::to_integer<unsigned>(bytes[at + b]) : 0U);
        for (std::size_t d = 0; d < 4; ++d) text += d <= count ? digits[group >> (18 - 6 * d) & 63] : '=';
    }
    return text;
}

std::string base64(std::span<const float> values) {
    static_assert(std::endian::native == std::endian::little);
    return base64(std::as_bytes(values));
}

std::string png_address(std::span<const std::byte> png) { return "data:image/png;base64," + base64(png); }

std::string png_address(const Picture& picture) { return png_address(encode_png(picture)); }

}  // namespace rbm::app
