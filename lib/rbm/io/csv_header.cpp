// SPDX-License-Identifier: MIT
#include "rbm/io/csv_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "rbm/io/csv_fields.h"

namespace rbm {
namespace {

std::optional<long> whole_number(std::string_view field) {
    long value = 0;
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
    if (error != std::errc() || end != field.data() + field.size()) return std::nullopt;
    return value;
}

/// What the fields of the first line are.
struct Kinds {
    std::size_t names = 0, numbers = 0, missing = 0;
    std::optional<long> counts_from;  ///< the numbers are whole and each is one more than that before
};

Kinds kinds_of(const FirstLine& first) {
    Kinds kinds;
    std::optional<long> start;
    bool counts = true;
    for (const std::string& field : first.fields) {
        double value = 0;
        if (is_missing_word(field)) {
            ++kinds.missing;
        } else if (is_column_name(field)) {
            ++kinds.names;
        } else if (read_number(field, false, value) == FieldKind::number) {
            const std::optional<long> whole = whole_number(field);
            if (kinds.numbers == 0) start = whole;
            counts = counts && start && whole && *whole == *start + static_cast<long>(kinds.numbers);
            ++kinds.numbers;
        } else {
            return {.missing = first.fields.size(), .counts_from = {}};  // a slip: no name is like that
        }
    }
    if (counts && kinds.numbers > 0) kinds.counts_from = start;
    return kinds;
}

bool is_name_over_numbers(const std::string& field, const ColumnBelow* below) {
    return below != nullptr && below->numbers() && !below->words && is_column_name(field);
}

/// 0, 1, 2, ... or 1, 2, 3, ... as pandas writes for columns without names, over these numbers.
HeaderVerdict judge_numbers(const FirstLine& first, std::span<const ColumnBelow* const> below,
                            std::span<const float> second, long start) {
    const std::size_t columns = first.fields.size();
    const std::string text = fmt::format("the first line, {}, {}, ..., counts the columns", start, start + 1);
    bool goes_on = second.size() == columns;  // 0, 1, 2 and 3, 4, 5: numbers for their own sake
    for (std::size_t i = 0; goes_on && i < columns; ++i)
        goes_on = second[i] == static_cast<float>(start + static_cast<long>(columns + i));
    if (goes_on) return {};
    std::size_t outside = 0, fractional = 0, known = 0;
    for (std::size_t col = 0; col < columns; ++col) {
        if (below[col] == nullptr || !below[col]->numbers()) continue;
        const auto value = static_cast<double>(start + static_cast<long>(col));
        ++known;
        outside += value < below[col]->low || value > below[col]->high ? 1 : 0;
        fractional += below[col]->fractions ? 1 : 0;
    }
    const bool sure = known > 0 && (2 * outside >= known || fractional == known);
    if (start == 0) return {true, sure ? "" : text};
    if (sure) return {true, text};
    return {};
}

}  // namespace

bool looks_like_names(const FirstLine& first) {
    const Kinds kinds = kinds_of(first);
    return kinds.names > 0 && kinds.numbers == 0;
}

bool could_be_header(const FirstLine& first) {
    const Kinds kinds = kinds_of(first);
    if (kinds.missing == first.fields.size()) return false;
    return kinds.names > 0 || first.all_quoted || kinds.counts_from.has_value();
}

HeaderVerdict judge_header(const FirstLine& first, std::span<const ColumnBelow* const> below,
                           std::span<const float> second, bool quoted_numbers) {
    const Kinds kinds = kinds_of(first);
    const std::size_t columns = first.fields.size();
    if (kinds.missing == columns) return {};
    bool over_numbers = false, recurs = false;
    for (std::size_t col = 0; col < columns; ++col) {
        over_numbers = over_numbers || is_name_over_numbers(first.fields[col], below[col]);
        recurs = recurs ||
                 (below[col] != nullptr && below[col]->words && below[col]->words->codes.contains(first.fields[col]));
    }
    if (kinds.numbers == 0) {
        if (over_numbers) return {true, {}};
        if (recurs) return {};
        const bool over_index = first.fields.front().empty() && below[0] != nullptr && below[0]->numbers();
        if (over_index) return {true, {}};
        return {true, "the first line has words that do not come again below"};
    }
    if (first.all_quoted && !quoted_numbers) return {true, {}};
    if (!kinds.counts_from) return {};
    const bool from_the_start = *kinds.counts_from == 0 || *kinds.counts_from == 1;
    if (!from_the_start) return {};
    if (kinds.names > 0) return {over_numbers, {}};
    if (first.fields.front().empty()) return {kinds.numbers + 1 == columns, {}};
    return kinds.numbers == columns && columns > 1 ? judge_numbers(first, below, second, *kinds.counts_from)
                                                   : HeaderVerdict{};
}

}  // namespace rbm
