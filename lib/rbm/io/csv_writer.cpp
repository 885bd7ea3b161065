// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "rbm/io/csv.h"
#include "rbm/kernels/error.h"

namespace rbm {
namespace {

/// In quotes where it must be.
std::string csv_field(const std::string& text) {
    const bool plain = text.find_first_of(",;\"\t\r\n#") == std::string::npos &&
                       (text.empty() || (text.front() != ' ' && text.back() != ' '));
    if (plain) return text;
    std::string field = "\"";
    for (const char c : text) field.append(c == '"' ? 2 : 1, c);
    return field + '"';
}

void check_table(std::size_t columns, std::size_t values) {
    if (columns == 0 || values % columns != 0)
        throw InvalidArgument(fmt::format("encode_csv: {} values do not fill rows of {}", values, columns));
}

void append_header(fmt::memory_buffer& text, std::span<const std::string> names) {
    for (std::size_t i = 0; i < names.size(); ++i)
        fmt::format_to(std::back_inserter(text), "{}{}", csv_field(names[i]), i + 1 == names.size() ? '\n' : ',');
}

std::vector<std::byte> bytes_in(const fmt::memory_buffer& text) {
    const auto* begin = reinterpret_cast<const std::byte*>(text.data());
    return {begin, begin + text.size()};
}

template <class Real>
std::vector<std::byte> numbers_as_csv(std::span<const std::string> columns, std::span<const Real> values) {
    check_table(columns.size(), values.size());
    fmt::memory_buffer text;
    append_header(text, columns);
    for (std::size_t i = 0; i < values.size(); ++i)
        fmt::format_to(std::back_inserter(text), "{}{}", values[i], (i + 1) % columns.size() == 0 ? '\n' : ',');
    return bytes_in(text);
}

template <class Real>
std::vector<std::byte> table_as_csv(std::span<const Column> columns, std::span<const Real> values) {
    check_table(columns.size(), values.size());
    fmt::memory_buffer text;
    std::vector<std::string> names;
    std::vector<std::vector<std::string>> words(columns.size());
    for (const Column& column : columns) {
        for (const std::string& word : column.words) words[names.size()].push_back(csv_field(word));
        names.push_back(column.name.empty() ? fmt::format("v{}", names.size() + 1) : column.name);
    }
    append_header(text, names);
    for (std::size_t i = 0; i < values.size(); ++i) {
        const std::size_t col = i % columns.size();
        const char behind = col + 1 == columns.size() ? '\n' : ',';
        const Real value = values[i];
        if (std::isnan(value) || words[col].empty())
            fmt::format_to(std::back_inserter(text), "{}{}", value, behind);
        else if (value >= 0 && value < static_cast<Real>(words[col].size()) && value == std::floor(value))
            fmt::format_to(std::back_inserter(text), "{}{}", words[col][static_cast<std::size_t>(value)], behind);
        else
            throw InvalidArgument(fmt::format("encode_table: column {}: {} stands for none of its {} words", col + 1,
                                              value, words[col].size()));
    }
    return bytes_in(text);
}

}  // namespace

std::vector<std::byte> encode_csv(std::span<const std::string> columns, std::span<const double> values) {
    return numbers_as_csv(columns, values);
}

std::vector<std::byte> encode_float_csv(std::span<const std::string> columns, std::span<const float> values) {
    return numbers_as_csv(columns, values);
}

std::vector<std::byte> encode_table(std::span<const Column> columns, std::span<const float> values) {
    return table_as_csv(columns, values);
}

std::vector<std::byte> encode_table(std::span<const Column> columns, std::span<const double> values) {
    return table_as_csv(columns, values);
}

}  // namespace rbm
