// SPDX-License-Identifier: MIT
#include "rbm/io/utf8.h"

#include <fmt/format.h>

#include <algorithm>

namespace rbm {
namespace {

/// Bytes of the well-formed character at the start of text, 0 if there is none.
std::size_t character_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
    const unsigned lead = byte(0);
    if (lead < 0x80) return 1;
    if (lead < 0xC2 || lead > 0xF4) return 0;
    const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    for (std::size_t i = 1; i < length; ++i)
        if (byte(i) < 0x80 || byte(i) > 0xBF) return 0;
    const unsigned second = byte(1);
    const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
    const bool surrogate = lead == 0xED && second > 0x9F;
    const bool beyond = lead == 0xF4 && second > 0x8F;
    return overlong || surrogate || beyond ? 0 : length;
}

}  // namespace

std::size_t find_invalid_utf8(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t length = character_length(text.substr(i));
        if (length == 0) return i;
        i += length;
    }
    return std::string_view::npos;
}

std::u32string code_points(std::string_view text) {
    constexpr unsigned first_bits[] = {0, 0x7F, 0x1F, 0x0F, 0x07};  // of the lead byte, by length
    std::u32string letters;
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t length = std::max<std::size_t>(1, character_length(text.substr(i)));
        char32_t letter = static_cast<unsigned char>(text[i]) & first_bits[length];
        for (std::size_t k = 1; k < length; ++k)
            letter = letter << 6U | (static_cast<unsigned char>(text[i + k]) & 0x3FU);
        letters += letter;
        i += length;
    }
    return letters;
}

void append_utf8(std::string& text, char32_t point) {
    const bool surrogate = point >= 0xD800 && point < 0xE000;
    if (surrogate || point > 0x10FFFF) point = 0xFFFD;
    const auto add = [&](char32_t byte) { text += static_cast<char>(static_cast<unsigned char>(byte)); };
    const auto add_six_bits = [&](unsigned shift) { add(0x80U | (point >> shift & 0x3FU)); };
    if (point < 0x80) return add(point);
    if (point < 0x800) return add(0xC0U | point >> 6U), add_six_bits(0);
    if (point < 0x10000) return add(0xE0U | point >> 12U), add_six_bits(6), add_six_bits(0);
    add(0xF0U | point >> 18U), add_six_bits(12), add_six_bits(6), add_six_bits(0);
}

std::string in_quotes(std::string_view text) {
    std::string shown = "\"";
    std::size_t i = 0;
    while (i < text.size() && i < 60) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const std::size_t length = character_length(text.substr(i));
        // U+0080 to U+009F (C2 80 to C2 9F) steer terminals too.
        const bool control = byte < 0x20 || byte == 0x7F ||
                             (length == 2 && byte == 0xC2 && static_cast<unsigned char>(text[i + 1]) < 0xA0);
        if (length == 0 || control) {
            shown += fmt::format("\\x{:02x}", byte);
            i += 1;
        } else {
            shown += text.substr(i, length);
            i += length;
        }
    }
    return shown + (i < text.size() ? "...\"" : "\"");
}

}  // namespace rbm
