// SPDX-License-Identifier: MIT
// One field of a table in text: what it holds.  Not installed.
#pragma once

#include <string>
#include <string_view>

namespace rbm {

inline constexpr std::string_view table_blanks = " \t\r";

std::string_view without_blanks(std::string_view text);

/// ' ' stands for any run of blanks.  A semicolon goes first, and what beside it looks like a comma is a decimal sign;
/// so it is in fields between tabs or blanks where every field is a number that way.
char separator_of(std::string_view line, bool decimal_comma);

enum class FieldKind { number, not_a_number, too_large, not_finite };

FieldKind read_number(std::string_view field, bool decimal_comma, double& value);

/// Of a number, what it is when written with a decimal comma: "1,5", "-0,25e3".
bool has_decimal_comma(std::string_view field);

/// An empty field, or one of missing_words().
bool is_missing_word(std::string_view field);

/// Could this name a column?  Strictly, so that no row with a slip in it gets lost as a header: what is a number, in
/// quotes too, or starts like one (1,5 and 1.2.3 and 0x1p3) could not, but 1x1 (of a pixel) could.
bool is_column_name(std::string_view field);

/// The text in UTF-8, in one line: what is not UTF-8 is taken for Latin-1, which old spreadsheets write.
std::string as_utf8(std::string_view text);

}  // namespace rbm
