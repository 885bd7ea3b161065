// SPDX-License-Identifier: MIT
#include "apps/cli/setting_value.h"

namespace rbm::app {
namespace {

/// The text in its shortest form, where it is one of the setting's values.
std::optional<std::string> canonical(const Setting& setting, const std::string& text) {
    const auto shown = [](const auto& number) { return number ? std::optional(text_of(*number)) : std::nullopt; };
    switch (setting.kind) {
        case Setting::Kind::count:
            return shown(parse_count(text, setting.least, setting.most));
        case Setting::Kind::real:
            if (setting.precise) return shown(parse_double(text, setting.range));
            return shown(parse_float(text, setting.range));
        case Setting::Kind::word:
            break;
    }
    return std::ranges::find(setting.words, text) == setting.words.end() ? std::nullopt : std::optional(text);
}

}  // namespace

Value setting_value(const Setting& setting, SettingValues* values) {
    Value value;
    switch (setting.kind) {
        case Setting::Kind::count:
            value.placeholder = std::string("N");  // GCC 12 warns of the plain literal at -O3
            value.expected = fmt::format("a whole number from {} to {}", setting.least, setting.most);
            break;
        case Setting::Kind::real:
            value.placeholder = std::string("R");
            value.expected = setting.range.text();
            break;
        case Setting::Kind::word:
            value.placeholder = joined(setting.words, "|");
            value.expected = "one of " + joined(setting.words, ", ");
            value.words = setting.words;
            break;
    }
    value.default_text = setting.shown_default.empty() ? setting.fallback : setting.shown_default;
    value.take = [setting, values](const std::string& text) {
        const std::optional<std::string> taken = canonical(setting, text);
        if (taken) values->set(setting.name, *taken);
        return taken.has_value();
    };
    value.show = [name = setting.name, values] { return values->text(name); };
    return value;
}

std::string settings_page(const std::vector<Setting>& settings) {
    std::string page;
    SettingValues ignored;
    for (const Setting& one : settings) page += option_entry(one.name, 0, setting_value(one, &ignored), one.help);
    return page;
}

}  // namespace rbm::app
