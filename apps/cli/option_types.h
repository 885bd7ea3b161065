// SPDX-License-Identifier: MIT
// The kinds of option values.  Each is bound to a variable, whose value at that time is the default shown in --help.
//
// Variables may be std::optional: then there is no default, and a program sees whether a value came.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rbm/method/setting.h"

namespace rbm::app {

/// A value's syntax, its place and how to say what is allowed.
struct Value {
    std::string placeholder;                       ///< in --help: N, R, FILE, pcd|cd; empty for a flag
    std::string expected;                          ///< in messages: "a whole number from 1 to 1000"
    std::function<bool(const std::string&)> take;  ///< stores a text; false when it is not what was expected
    std::function<std::string()> show;             ///< the variable's value as take() would read it; "" for none
    std::vector<std::string> words;                ///< of a choice, to suggest one
    std::string default_text;
    bool needed = false;
    bool changes_results = true;
    bool reads_input = false;

    bool is_flag() const { return placeholder.empty(); }

    /// What --help says instead of the variable's value: "the batch size".
    Value&& shown_default(std::string text) && { return default_text = std::move(text), std::move(*this); }
    /// Without this option the program cannot run.
    Value&& required() && { return needed = true, default_text.clear(), std::move(*this); }
    /// Not part of Program::record(): where results go, how many threads.
    Value&& transient() && { return changes_results = false, std::move(*this); }
    Value&& named(std::string text) && { return placeholder = std::move(text), std::move(*this); }
};

inline SettingRange any_number() { return {}; }
inline SettingRange above(double low) { return {.low = low, .without_low = true}; }
inline SettingRange at_least(double low) { return {.low = low}; }
inline SettingRange between(double low, double high) { return {.low = low, .high = high}; }
inline SettingRange below_and_at_least(double low, double high) {
    return {.low = low, .high = high, .without_high = true};
}

/// Decimal digits and nothing else, from low to high.
std::optional<std::uint64_t> parse_count(std::string_view text, std::uint64_t low, std::uint64_t high);
/// A finite decimal number and nothing else, whatever the locale, within the range.
std::optional<float> parse_float(std::string_view text, const SettingRange& range);
std::optional<double> parse_double(std::string_view text, const SettingRange& range);

template <class T>
struct Held {
    using Type = T;
};
template <class T>
struct Held<std::optional<T>> {
    using Type = T;
};
template <class T>
using HeldType = typename Held<T>::Type;

inline std::string text_of(const std::string& value) { return value; }
inline std::string text_of(bool value) { return value ? "on" : "off"; }
template <class T>
std::string text_of(const T& value) {
    return fmt::format("{}", value);
}
template <class T>
std::string text_of(const std::optional<T>& value) {
    return value ? text_of(*value) : "";
}

template <class T>
Value make_value(std::string placeholder, std::string expected, T* target,
                 std::function<std::optional<HeldType<T>>(const std::string&)> parse,
                 std::function<std::string()> show) {
    Value value;
    value.placeholder = std::move(placeholder);
    value.expected = std::move(expected);
    value.take = [target, parse = std::move(parse)](const std::string& text) {
        auto parsed = parse(text);
        if (parsed) *target = std::move(*parsed);
        return parsed.has_value();
    };
    value.default_text = show();
    value.show = std::move(show);
    return value;
}

/// A whole number from low to high.
template <class T>
Value count(T* target, std::uint64_t low, std::uint64_t high = std::numeric_limits<std::uint64_t>::max()) {
    using Whole = HeldType<T>;
    high = std::min(high, static_cast<std::uint64_t>(std::numeric_limits<Whole>::max()));
    return make_value(
        "N", fmt::format("a whole number from {} to {}", low, high), target,
        [low, high](const std::string& text) -> std::optional<Whole> {
            const auto number = parse_count(text, low, high);
            return number ? std::optional(static_cast<Whole>(*number)) : std::nullopt;
        },
        [target] { return text_of(*target); });
}

/// A whole number of 64 bits.
template <class T>
Value seed(T* target) {
    return count(target, 0);
}

/// A finite number within the interval; float or double.
template <class T>
Value real(T* target, const SettingRange& range = any_number()) {
    return make_value(
        "R", range.text(), target,
        [range](const std::string& text) -> std::optional<HeldType<T>> {
            if constexpr (std::is_same_v<HeldType<T>, float>)
                return parse_float(text, range);
            else
                return parse_double(text, range);
        },
        [target] { return text_of(*target); });
}

/// Finite numbers within the interval, with commas between.
Value numbers(std::vector<double>* target, const SettingRange& range = any_number());

/// Inverse temperatures, of which a program makes one column or row each.
inline Value beta_list(std::vector<double>* target) { return numbers(target).named("B,..."); }

/// A number from 0 to 1.
template <class T>
Value probability(T* target) {
    return real(target, between(0, 1)).named("P");
}

/// "cd|pcd"
std::string joined(const std::vector<std::string>& words, std::string_view between);

/// One of some words, each standing for a value.
template <class T>
Value choice(T* target, std::vector<std::pair<std::string, HeldType<T>>> words) {
    std::vector<std::string> names;
    for (const auto& word : words) names.push_back(word.first);
    Value value = make_value(
        joined(names, "|"), joined(names, ", "), target,
        [words](const std::string& text) -> std::optional<HeldType<T>> {
            for (const auto& [word, meaning] : words)
                if (word == text) return meaning;
            return std::nullopt;
        },
        [target, words]() -> std::string {
            for (const auto& [word, meaning] : words)
                if (*target == meaning) return word;
            return "";
        });
    value.expected = (names.size() == 1 ? "" : "one of ") + value.expected;
    value.words = std::move(names);
    return value;
}

/// One of some words, kept as it is.
Value choice(std::string* target, const std::vector<std::string>& words);
Value choice(std::optional<std::string>* target, const std::vector<std::string>& words);
/// on or off.
Value on_off(bool* target);
/// A file or folder that is written, or anything else with a name.
Value path(std::string* target);
/// A file that is read; "-" is standard input, which only one option or argument can have.
Value input(std::string* target);
/// No value: there or not.
Value flag(bool* target);

}  // namespace rbm::app
