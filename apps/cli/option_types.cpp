// SPDX-License-Identifier: MIT
#include "apps/cli/option_types.h"

#include <fast_float/fast_float.h>

#include <charconv>
#include <cmath>

namespace rbm::app {
namespace {

template <class T>
std::optional<T> parse_number(std::string_view text, const SettingRange& range) {
    T number = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = fast_float::from_chars(text.data(), end, number);
    if (error != std::errc() || stop != end || !std::isfinite(number)) return std::nullopt;
    if (!range.contains(static_cast<double>(number))) return std::nullopt;
    return number;
}

std::optional<std::string> parse_name(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional(text);
}

std::vector<std::pair<std::string, std::string>> as_they_are(const std::vector<std::string>& words) {
    std::vector<std::pair<std::string, std::string>> pairs;
    for (const std::string& word : words) pairs.emplace_back(word, word);
    return pairs;
}

}  // namespace

std::optional<std::uint64_t> parse_count(std::string_view text, std::uint64_t low, std::uint64_t high) {
    std::uint64_t number = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || stop != end || number < low || number > high) return std::nullopt;
    return number;
}

std::optional<float> parse_float(std::string_view text, const SettingRange& range) {
    return parse_number<float>(text, range);
}
std::optional<double> parse_double(std::string_view text, const SettingRange& range) {
    return parse_number<double>(text, range);
}

Value numbers(std::vector<double>* target, const SettingRange& range) {
    using List = std::vector<double>;
    return make_value("R,...", fmt::format("numbers separated by commas, each {}", range.text()), target,
                      std::function<std::optional<List>(const std::string&)>([range](const std::string& text) {
                          std::optional<List> list = List{};
                          for (std::size_t first = 0; first <= text.size() && list;) {
                              const std::size_t comma = std::min(text.find(',', first), text.size());
                              const auto number =
                                  parse_double(std::string_view(text).substr(first, comma - first), range);
                              if (number)
                                  list->push_back(*number);
                              else
                                  list.reset();
                              first = comma + 1;
                          }
                          return list;
                      }),
                      [target] {
                          std::string text;
                          for (const double number : *target)
                              text += fmt::format("{}{}", text.empty() ? "" : ",", number);
                          return text;
                      });
}

std::string joined(const std::vector<std::string>& words, std::string_view between) {
    std::string text;
    for (const std::string& word : words) {
        if (&word != &words.front()) text += between;
        text += word;
    }
    return text;
}

Value choice(std::string* target, const std::vector<std::string>& words) {
    return choice<std::string>(target, as_they_are(words));
}
Value choice(std::optional<std::string>* target, const std::vector<std::string>& words) {
    return choice<std::optional<std::string>>(target, as_they_are(words));
}

Value on_off(bool* target) { return choice<bool>(target, {{"on", true}, {"off", false}}); }

Value path(std::string* target) {
    return make_value<std::string>("FILE", "a name", target, parse_name, [target] { return *target; });
}

Value input(std::string* target) {
    Value value = path(target);
    value.reads_input = true;
    return value;
}

Value flag(bool* target) {
    const auto parse = [](const std::string& text) -> std::optional<bool> {
        if (text == "on" || text == "true" || text == "yes") return true;
        if (text == "off" || text == "false" || text == "no") return false;
        return std::nullopt;
    };
    Value value = make_value<bool>("", "on or off", target, parse, [target] { return text_of(*target); });
    value.default_text.clear();
    return value;
}

}  // namespace rbm::app
