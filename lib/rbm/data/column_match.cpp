// SPDX-License-Identifier: MIT
#include "rbm/data/column_match.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "rbm/data/column_choice.h"
#include "rbm/kernels/error.h"

namespace rbm {
namespace {

/// Whether all have names of their own: v1, v2, ... are those that tables get which have none.
bool all_named(std::span<const Column> columns) {
    bool numbered = true;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        if (columns[i].name.empty()) return false;
        numbered = numbered && columns[i].name == fmt::format("v{}", i + 1);
    }
    return !numbered;
}

/// The place of each wanted column in the data.
std::vector<std::size_t> places_by_name(const Dataset& data, std::span<const Column> wanted) {
    std::map<std::string_view, std::size_t> place;
    for (std::size_t col = 0; col < data.cols(); ++col) place.emplace(data.columns[col].name, col);
    std::vector<std::size_t> places;
    std::string missing;
    std::size_t count = 0;
    constexpr std::size_t most_named = 10;
    for (const Column& one : wanted) {
        if (const auto found = place.find(one.name); found != place.end())
            places.push_back(found->second);
        else if (count++ < most_named)
            missing += fmt::format("{}{}", missing.empty() ? "" : ", ", one.name);
    }
    if (count > 0)
        throw DataError(fmt::format("{}: lacks {} of the {} columns that the model knows: {}{}", data.name, count,
                                    wanted.size(), missing, count > most_named ? ", ..." : ""));
    return places;
}

std::string some_words(const std::vector<std::string>& words) {
    std::string text;
    constexpr std::size_t most = 10;
    for (std::size_t i = 0; i < std::min(most, words.size()); ++i) text += (i == 0 ? "" : ", ") + words[i];
    return words.size() > most ? text + ", ..." : text;
}

/// For each of the data's codes that of the same word; wanted.words.size() where there is none.
std::vector<std::size_t> new_codes(const Dataset& data, std::size_t col, const Column& wanted) {
    std::vector<std::size_t> codes;
    for (const std::string& word : data.columns[col].words) {
        const auto found = std::ranges::find(wanted.words, word);
        codes.push_back(static_cast<std::size_t>(found - wanted.words.begin()));
    }
    return codes;
}

[[noreturn]] void refuse_word(const Dataset& data, std::size_t row, std::size_t col, const std::string& word,
                              const Column& wanted) {
    throw DataError(fmt::format("{}: row {}, {}: found '{}', expected a word that the model knows there: {}", data.name,
                                row + 1, data.column_text(col), word, some_words(wanted.words)));
}

float code_of_number(const Dataset& data, std::size_t row, std::size_t col, const Column& wanted) {
    const float value = data.value(row, col);
    if (std::isnan(value)) return value;
    const std::string word = fmt::format("{}", value);
    const auto found = std::ranges::find(wanted.words, word);
    if (found == wanted.words.end()) refuse_word(data, row, col, word, wanted);
    return static_cast<float>(found - wanted.words.begin());
}

}  // namespace

Dataset recoded(const Dataset& data, std::span<const Column> wanted) {
    const std::size_t rows = data.rows(), cols = data.cols();
    std::vector<float> values(rows * cols), rest(data.precise() ? rows * cols : 0);
    for (std::size_t row = 0; row < rows; ++row)
        for (std::size_t col = 0; col < cols; ++col) {
            values[row * cols + col] = data.value(row, col);
            const double more = data.exact_value(row, col) - static_cast<double>(data.value(row, col));
            if (!rest.empty() && !std::isnan(more)) rest[row * cols + col] = static_cast<float>(more);
        }
    for (std::size_t col = 0; col < cols; ++col) {
        const std::vector<std::string>& words = data.columns[col].words;
        if (words == wanted[col].words) continue;
        if (words.empty()) {  // numbers that are words: 1, 2 and 3 of a class
            for (std::size_t row = 0; row < rows; ++row)
                values[row * cols + col] = code_of_number(data, row, col, wanted[col]);
            continue;
        }
        if (wanted[col].words.empty())
            throw DataError(fmt::format("{}: {}: found words such as {}, expected numbers as the model knows there",
                                        data.name, data.column_text(col), words.front()));
        const std::vector<std::size_t> codes = new_codes(data, col, wanted[col]);
        for (std::size_t row = 0; row < rows; ++row) {
            float& value = values[row * cols + col];
            if (std::isnan(value)) continue;
            const auto old = static_cast<std::size_t>(value);
            if (codes[old] == wanted[col].words.size()) refuse_word(data, row, col, words[old], wanted[col]);
            value = static_cast<float>(codes[old]);
        }
    }
    Dataset result = Dataset::from_floats(rows, cols, std::move(values), std::move(rest));
    result.image = data.image;
    result.name = data.name;
    result.columns.assign(wanted.begin(), wanted.end());
    if (data.has_missing()) result.allow_missing();
    return result;
}

MatchedColumns match_columns(const Dataset& data, std::span<const Column> wanted) {
    MatchedColumns result{data, {}, false};
    if (all_named(wanted) && all_named(data.columns)) {
        const std::vector<std::size_t> places = places_by_name(data, wanted);
        std::vector<bool> used(data.cols());
        for (const std::size_t place : places) used[place] = true;
        for (std::size_t col = 0; col < data.cols(); ++col)
            if (!used[col]) result.left_out.push_back(data.columns[col].name);
        result.reordered = !std::ranges::is_sorted(places);
        result.data = with_columns(data, places);
    }
    const std::vector<Column>& columns = result.data.columns;
    const bool fits = result.data.cols() == wanted.size() && columns.size() == wanted.size();
    bool other_words = false;
    for (std::size_t col = 0; fits && col < wanted.size(); ++col)
        other_words = other_words || columns[col].words != wanted[col].words;
    if (other_words) result.data = recoded(result.data, wanted);
    return result;
}

}  // namespace rbm
