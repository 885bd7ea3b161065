// SPDX-License-Identifier: MIT
#include "rbm/method/setting.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "rbm/kernels/error.h"

namespace rbm {
namespace {

template <class Number>
Number parsed(std::string_view name, const std::string& text, const char* expected) {
    Number number{};
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || stop != end)
        throw InvalidArgument(fmt::format("setting {}: found '{}', expected {}", name, text, expected));
    return number;
}

}  // namespace

std::string SettingRange::text() const {
    const bool bounded_below = std::isfinite(low), bounded_above = std::isfinite(high);
    if (bounded_below && bounded_above && !without_low && !without_high)
        return fmt::format("a number from {} to {}", low, high);
    std::string text = "a finite number";
    if (bounded_below) text += fmt::format(" {} {}", without_low ? "above" : "of at least", low);
    if (bounded_above)
        text += fmt::format("{} {} {}", bounded_below ? " and" : "", without_high ? "below" : "at most", high);
    return text;
}

SettingValues::SettingValues(const std::vector<Setting>& settings) {
    for (const Setting& one : settings)
        if (!one.fallback.empty()) set(one.name, one.fallback);
}

std::string SettingValues::text(std::string_view name) const {
    const auto found = texts_.find(name);
    return found == texts_.end() ? "" : found->second;
}

std::size_t SettingValues::count(std::string_view name) const {
    return parsed<std::size_t>(name, text(name), "a whole number");
}
float SettingValues::real(std::string_view name) const { return parsed<float>(name, text(name), "a number"); }
double SettingValues::precise(std::string_view name) const { return parsed<double>(name, text(name), "a number"); }
std::optional<std::size_t> SettingValues::optional_count(std::string_view name) const {
    return text(name).empty() ? std::nullopt : std::optional(count(name));
}

void throw_unknown(std::string_view what, std::string_view name, const std::vector<std::string>& names) {
    throw InvalidArgument(fmt::format("{} '{}': expected one of {}", what, name, listed(names)));
}

std::string listed(const std::vector<std::string>& names) {
    std::string text;
    for (std::size_t i = 0; i < names.size(); ++i)
        text += (i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + names[i];
    return text;
}

}  // namespace rbm
