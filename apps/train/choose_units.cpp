// SPDX-License-Identifier: MIT
#include "apps/train/choose_units.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "rbm/data/column_choice.h"
#include "rbm/data/column_match.h"
#include "rbm/kernels/closed_state.h"
#include "rbm/kernels/error.h"

namespace rbm::app {
namespace {

/// Of numbers that can be categories: classes and grades have fewer, and measurements more.
constexpr std::size_t most_number_words = 20;

enum class Holds { bits, words, spins, few_numbers, numbers };

/// The values of a column, up to one more than can be categories.
std::set<float> distinct_values(const Dataset& raw, std::size_t col) {
    std::set<float> values;
    for (std::size_t row = 0; row < raw.rows() && values.size() <= most_number_words; ++row)
        if (const float value = raw.value(row, col); !std::isnan(value)) values.insert(value);
    return values;
}

Holds what_holds(const Dataset& raw, std::size_t col) {
    const std::size_t words = col < raw.columns.size() ? raw.columns[col].words.size() : 0;
    if (words > 0) return words <= 2 ? Holds::bits : Holds::words;
    const std::set<float> values = distinct_values(raw, col);
    const auto all = [&](auto good) { return std::ranges::all_of(values, good); };
    if (all([](float x) { return x == 0 || x == 1; })) return Holds::bits;
    if (all([](float x) { return x == -1 || x == 1; })) return Holds::spins;
    const bool few = values.size() <= most_number_words && all([](float x) { return x == std::floor(x); });
    return few ? Holds::few_numbers : Holds::numbers;
}

bool has_words(const Dataset& raw) {
    return std::ranges::any_of(raw.columns, [](const Column& column) { return !column.words.empty(); });
}

/// The column with its numbers as words.
Column with_number_words(const Dataset& raw, std::size_t col) {
    Column column = raw.columns[col];
    for (const float value : distinct_values(raw, col)) column.words.push_back(fmt::format("{}", value));
    return column;
}

[[noreturn]] void refuse_mixture(const Dataset& raw, const std::vector<std::size_t>& words,
                                 const std::vector<std::size_t>& numbers) {
    throw UnsuitableColumns(
        fmt::format("{}: {} hold{} words and {} hold{} numbers of many values, but the visible units are all of one "
                    "kind: keep either these or those",
                    raw.name, list_of(raw, words), words.size() == 1 ? "s" : "", list_of(raw, numbers),
                    numbers.size() == 1 ? "s" : ""));
}

void tell(RunSettings& run, const Dataset& raw, const char* kind, const std::string& why) {
    run.visible_units = kind;
    note("{}: {} visible units, since {}", raw.name, kind, why);
}

/// Text that differs from row to row is no category.
void refuse_text(const Dataset& raw) {
    std::vector<std::size_t> text;
    constexpr std::size_t few = 20;
    for (std::size_t col = 0; col < raw.columns.size(); ++col)
        if (raw.columns[col].words.size() > few && 2 * raw.columns[col].words.size() > raw.rows()) text.push_back(col);
    if (!text.empty())
        throw UnsuitableColumns(
            fmt::format("{}: {} hold{} text that differs from row to row, not categories; leave "
                        "{} out",
                        raw.name, list_of(raw, text), text.size() == 1 ? "s" : "", text.size() == 1 ? "it" : "them"));
}

}  // namespace

void choose_units(RunSettings& run, const Dataset& raw) {
    const bool grey =
        std::holds_alternative<BitRows>(raw.storage()) ||
        (std::holds_alternative<ByteRows>(raw.storage()) && std::get<ByteRows>(raw.storage()).divisor >= 255);
    if (grey) return tell(run, raw, "bernoulli", "it holds grey values of pictures");
    if (raw.sparse() != nullptr && raw.sparse()->all_are_one())
        return tell(run, raw, "bernoulli", "all its values are 0 or 1");
    refuse_text(raw);
    std::vector<std::size_t> bits, words, spins, few, numbers;
    for (std::size_t col = 0; col < raw.cols(); ++col) {
        const Holds holds = what_holds(raw, col);
        (holds == Holds::bits          ? bits
         : holds == Holds::words       ? words
         : holds == Holds::spins       ? spins
         : holds == Holds::few_numbers ? few
                                       : numbers)
            .push_back(col);
    }
    if (bits.size() == raw.cols()) return tell(run, raw, "bernoulli", "all columns hold only two values");
    if (spins.size() == raw.cols()) return tell(run, raw, "spin", "all values are -1 or 1");
    if (!words.empty()) {
        if (!numbers.empty()) refuse_mixture(raw, words, numbers);
        return tell(run, raw, "potts",
                    fmt::format("{} hold{} words", list_of(raw, words), words.size() == 1 ? "s" : ""));
    }
    tell(run, raw, "gaussian", "columns hold real numbers, or whole ones of many values");
    if (!bits.empty() && bits.size() < raw.cols())
        note("{}: {} hold{} only two values and {} taken for real numbers too", raw.name, list_of(raw, bits),
             bits.size() == 1 ? "s" : "", bits.size() == 1 ? "is" : "are");
}

Dataset as_sites(RunSettings& run, Dataset raw) {
    if (!has_words(raw)) return raw;
    if (!unit_row(run.visible_units).has_states) {
        std::vector<std::size_t> unsuitable;
        for (std::size_t col = 0; col < raw.columns.size(); ++col)
            if (raw.columns[col].words.size() > 2) unsuitable.push_back(col);
        if (unsuitable.empty()) return raw;
        throw UnsuitableColumns(fmt::format("{}: {} hold{} words, more than two, which {} units cannot take", raw.name,
                                            list_of(raw, unsuitable), unsuitable.size() == 1 ? "s" : "",
                                            run.visible_units));
    }
    refuse_text(raw);
    std::vector<Column> wanted = raw.columns;
    std::vector<std::size_t> words, numbers;
    std::size_t states = 2;
    for (std::size_t col = 0; col < raw.cols(); ++col) {
        if (wanted[col].words.empty()) {
            wanted[col] = with_number_words(raw, col);
            if (wanted[col].words.size() > most_number_words) numbers.push_back(col);
        } else {
            words.push_back(col);
        }
        states = std::max(states, wanted[col].words.size());
    }
    if (!numbers.empty()) refuse_mixture(raw, words, numbers);
    if (!run.visible_states) {
        run.visible_states = states;
        note("{}: {} columns become sites of {} states, the most words of a column", raw.name, raw.cols(), states);
    } else if (*run.visible_states < states) {
        throw DataError(fmt::format("{}: found a column of {} words, expected at most the {} states", raw.name, states,
                                    *run.visible_states));
    }
    return recoded(raw, wanted);
}

void close_unused_states(Machine& machine, std::span<const Column> columns) {
    const std::size_t states = site_width(machine.visible);
    if (states < 2) return;
    const std::span<float> bias = location(machine.visible);
    for (std::size_t site = 0; site < columns.size(); ++site) {
        const std::size_t used = columns[site].words.size();
        for (std::size_t state = used; used > 0 && state < states; ++state) {
            bias[site * states + state] = closed_bias;
            std::ranges::fill(machine.weights.row(site * states + state), 0.0F);
        }
    }
}

}  // namespace rbm::app
