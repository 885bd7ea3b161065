// SPDX-License-Identifier: MIT
#include "rbm/io/csv_fields.h"

#include <fast_float/fast_float.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "rbm/io/csv.h"
#include "rbm/io/utf8.h"

namespace rbm {
namespace {

constexpr std::array<std::string_view, 11> words_for_missing = {"NA",  "N/A",  "n/a",  "#N/A", "<NA>", "nan",
                                                                "NaN", "NULL", "null", "None", "?"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Whether all fields between these separators are numbers, some of them with decimal commas.
bool reads_with_decimal_commas(std::string_view line, std::string_view separators) {
    bool some = false;
    while (!line.empty()) {
        const std::size_t end = std::min(line.find_first_of(separators), line.size());
        const std::string_view field = without_blanks(line.substr(0, end));
        line.remove_prefix(std::min(end + 1, line.size()));
        double value = 0;
        if (has_decimal_comma(field))
            some = true;
        else if (!is_missing_word(field) && read_number(field, false, value) != FieldKind::number)
            return false;
    }
    return some;
}

}  // namespace

std::span<const std::string_view> missing_words() { return words_for_missing; }

std::string missing_words_text() {
    std::string text;
    for (const std::string_view word : words_for_missing) text.append(text.empty() ? "" : ", ").append(word);
    return text;
}

std::string_view without_blanks(std::string_view text) {
    const std::size_t first = text.find_first_not_of(table_blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(table_blanks) - first + 1);
}

char separator_of(std::string_view line, bool decimal_comma) {
    std::string bare;  // without what is in quotes
    bool inside = false;
    for (const char c : without_blanks(line)) {
        if (c == '"') inside = !inside;
        if (!inside) bare += c;
    }
    const auto has = [&](char c) { return bare.find(c) != std::string::npos; };
    if (has(';')) return ';';
    if (decimal_comma || !has(',')) return has('\t') ? '\t' : ' ';
    if (has('\t') && reads_with_decimal_commas(bare, "\t")) return '\t';
    if (has(' ') && reads_with_decimal_commas(bare, " \t")) return ' ';
    return ',';
}

FieldKind read_number(std::string_view field, bool decimal_comma, double& value) {
    if (field.starts_with('+') && !field.starts_with("+-")) field.remove_prefix(1);
    const fast_float::parse_options options(fast_float::chars_format::general, decimal_comma ? ',' : '.');
    const char* const end_of_field = field.data() + field.size();
    const auto [end, error] = fast_float::from_chars_advanced(field.data(), end_of_field, value, options);
    const bool whole = !field.empty() && end == end_of_field;
    const bool has_digits = std::any_of(field.begin(), field.end(), is_digit);
    if (whole && error == std::errc::result_out_of_range) return value == 0 ? FieldKind::number : FieldKind::too_large;
    if (!whole || error != std::errc()) return FieldKind::not_a_number;
    if (!std::isfinite(value)) return has_digits ? FieldKind::too_large : FieldKind::not_finite;
    const bool fits = std::isfinite(static_cast<float>(value));
    return fits ? FieldKind::number : FieldKind::too_large;
}

bool has_decimal_comma(std::string_view field) {
    double value = 0;
    const std::size_t comma = field.find(',');
    return comma != std::string_view::npos && field.find('.') == std::string_view::npos && comma > 0 &&
           comma + 1 < field.size() && is_digit(field[comma - 1]) && is_digit(field[comma + 1]) &&
           read_number(field, true, value) == FieldKind::number;
}

bool is_missing_word(std::string_view field) {
    return field.empty() || std::ranges::find(words_for_missing, field) != words_for_missing.end();
}

bool is_column_name(std::string_view field) {
    if (field.size() > 1 && field.front() == field.back() && (field.front() == '"' || field.front() == '\''))
        field = without_blanks(field.substr(1, field.size() - 2));
    double value = 0;
    if (field.empty() || is_missing_word(field) || read_number(field, false, value) != FieldKind::not_a_number)
        return false;
    const auto is_letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
    };
    if (is_letter(field.front())) return true;
    return !field.starts_with("0x") && !field.starts_with("0X") &&
           std::any_of(field.begin(), field.end(), [&](char c) { return is_letter(c) && c != 'e' && c != 'E'; });
}

std::string as_utf8(std::string_view text) {
    const bool is_utf8 = find_invalid_utf8(text) == std::string_view::npos;
    std::string result;
    for (const char c : text) {
        const auto code = static_cast<unsigned char>(c);
        if (code < 0x20) {
            result += ' ';
        } else if (is_utf8 || code < 0x80) {
            result += c;
        } else {
            result += static_cast<char>(0xc0U | code >> 6U);
            result += static_cast<char>(0x80U | (code & 0x3fU));
        }
    }
    return result;
}

}  // namespace rbm
