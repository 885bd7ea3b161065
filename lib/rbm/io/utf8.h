// SPDX-License-Identifier: MIT
// Text from files: is it UTF-8, and how to show it in a message.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace rbm {

/// Offset of the first byte that is not part of well-formed UTF-8 (RFC 3629: no surrogates, nothing overlong), or npos.
std::size_t find_invalid_utf8(std::string_view text);

/// The letters of well-formed UTF-8, each as its number.
std::u32string code_points(std::string_view text);

/// Adds the letter of this number, U+FFFD for what is none.
void append_utf8(std::string& text, char32_t point);

/// The text between double quotes, fit for one line of a terminal: control characters and bytes that are not UTF-8 as
/// \xNN, and no more than 60 bytes of it.
std::string in_quotes(std::string_view text);

}  // namespace rbm
