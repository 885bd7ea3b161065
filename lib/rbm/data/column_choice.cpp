// SPDX-License-Identifier: MIT
#include "rbm/data/column_choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "rbm/kernels/error.h"

namespace rbm {
namespace {

constexpr std::size_t most_listed = 10;

/// The number of a column, from 0; `count` for what is none.
std::size_t column_number(std::string_view text, std::size_t count) {
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = error == std::errc() && end == text.data() + text.size();
    return whole && number >= 1 && number <= count ? number - 1 : count;
}

std::string some_names(std::span<const std::string> names) {
    std::string text;
    for (std::size_t i = 0; i < std::min(most_listed, names.size()); ++i)
        text += fmt::format("{}{}", i == 0 ? "" : ", ", names[i].empty() ? "(no name)" : names[i]);
    return names.size() > most_listed ? text + ", ..." : text;
}

/// Marks what the entry names.
void mark(std::vector<bool>& marks, const std::string& entry, std::span<const std::string> names,
          const std::string& source) {
    if (const std::size_t number = column_number(entry, marks.size()); number < marks.size()) {
        marks[number] = true;
        return;
    }
    bool found = false;
    for (std::size_t col = 0; col < names.size(); ++col)
        if (fits_pattern(names[col], entry)) marks[col] = found = true;
    if (!found)
        throw DataError(fmt::format(
            "{}: found no column '{}', expected {}", source, entry,
            names.empty() ? fmt::format("a number from 1 to {}: its columns have no names", marks.size())
                          : fmt::format("one of {}, or a number from 1 to {}", some_names(names), marks.size())));
}

}  // namespace

bool fits_pattern(std::string_view text, std::string_view pattern) {
    std::size_t at = 0, in = 0, star = std::string_view::npos, retry = 0;
    while (at < text.size()) {
        if (in < pattern.size() && pattern[in] == '*') {
            star = in++;
            retry = at;
        } else if (in < pattern.size() && pattern[in] == text[at]) {
            ++in, ++at;
        } else if (star != std::string_view::npos) {  // the star takes one letter more
            in = star + 1;
            at = ++retry;
        } else {
            return false;
        }
    }
    while (in < pattern.size() && pattern[in] == '*') ++in;
    return in == pattern.size();
}

std::vector<bool> chosen_columns(std::size_t count, std::span<const std::string> names,
                                 std::span<const std::string> keep, std::span<const std::string> drop,
                                 const std::string& source) {
    std::vector<bool> chosen(count, keep.empty()), dropped(count);
    for (const std::string& entry : keep) mark(chosen, entry, names, source);
    for (const std::string& entry : drop) mark(dropped, entry, names, source);
    for (std::size_t col = 0; col < count; ++col)
        if (dropped[col]) chosen[col] = false;
    if (std::ranges::find(chosen, true) == chosen.end())
        throw DataError(fmt::format("{}: none of its {} columns is left, expected at least one", source, count));
    return chosen;
}

Dataset with_columns(const Dataset& data, std::span<const std::size_t> columns) {
    const std::size_t rows = data.rows(), count = columns.size();
    for (const std::size_t col : columns)
        if (col >= data.cols())
            throw InvalidArgument(fmt::format("with_columns: column {} of {}", col + 1, data.cols()));
    if (!data.plain()) throw InvalidArgument("with_columns: expected data that are not prepared");
    bool all = count == data.cols();
    for (std::size_t i = 0; all && i < count; ++i) all = columns[i] == i;
    if (all) return data;
    Dataset result;
    if (data.sparse() != nullptr) {
        result = Dataset::from_sparse(count, data.sparse()->with_columns(columns, data.cols()));
    } else if (const auto* bytes = std::get_if<ByteRows>(&data.storage())) {
        std::vector<std::uint8_t> values;
        values.reserve(rows * count);
        for (std::size_t row = 0; row < rows; ++row)
            for (const std::size_t col : columns) values.push_back(bytes->rows.row(row)[col]);
        result = Dataset::from_bytes(rows, count, std::move(values), bytes->divisor);
    } else {
        std::vector<float> values, rest;
        values.reserve(rows * count);
        rest.reserve(data.precise() ? rows * count : 0);
        for (std::size_t row = 0; row < rows; ++row)
            for (const std::size_t col : columns) {
                values.push_back(data.value(row, col));
                if (data.precise())
                    rest.push_back(static_cast<float>(data.exact_value(row, col) - static_cast<double>(values.back())));
            }
        if (data.precise())  // what is missing has nothing left over
            for (std::size_t i = 0; i < rest.size(); ++i) rest[i] = rest[i] == rest[i] ? rest[i] : 0;
        result = Dataset::from_floats(rows, count, std::move(values), std::move(rest));
    }
    result.name = data.name;
    result.letters = data.letters;
    if (!data.columns.empty())
        for (const std::size_t col : columns) result.columns.push_back(data.columns[col]);
    if (data.has_missing()) result.allow_missing();
    return result;
}

std::string list_of(const Dataset& data, std::span<const std::size_t> columns) {
    std::string text;
    const std::size_t shown = columns.size() > most_listed + 1 ? most_listed : columns.size();
    for (std::size_t i = 0; i < shown; ++i) {
        const std::size_t col = columns[i];
        const bool named = col < data.columns.size() && !data.columns[col].name.empty();
        const std::string one = named ? data.columns[col].name : fmt::format("{}", col + 1);
        text += fmt::format("{}{}", i == 0 ? "" : i + 1 == columns.size() ? " and " : ", ", one);
    }
    return shown < columns.size() ? fmt::format("{} and {} more", text, columns.size() - shown) : text;
}

}  // namespace rbm
