// SPDX-License-Identifier: MIT
#include "apps/report/assets.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "apps/report/asset_texts.h"

namespace rbm::app {

std::optional<std::string_view> find_asset(std::string_view name) {
    for (const auto& [known, text] : asset_texts)
        if (known == name) return text;
    return std::nullopt;
}

std::string_view asset(std::string_view name) {
    if (const auto text = find_asset(name)) return *text;
    throw std::logic_error(fmt::format("there is no asset {}", name));
}

std::string filled(std::string_view text,
                   std::initializer_list<std::pair<std::string_view, std::string_view>> replacements) {
    std::string out;
    for (std::size_t at = 0;;) {
        const std::size_t open = text.find("{{", at), close = text.find("}}", open);
        out += text.substr(at, open - at);
        if (close == std::string_view::npos) return out;
        const std::string_view name = text.substr(open + 2, close - open - 2);
        at = close + 2;
        const auto found =
            std::find_if(replacements.begin(), replacements.end(), [&](const auto& one) { return one.first == name; });
        if (found == replacements.end()) throw std::logic_error(fmt::format("nothing replaces {{{{{}}}}}", name));
        out += found->second;
    }
}

std::string escaped(std::string_view text) {
    // nlohmann's writer knows UTF-8: what it cannot write becomes U+FFFD.
    const std::string quoted = nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    std::string out;
    for (const char c : nlohmann::json::parse(quoted).get<std::string>()) {
        if (c == '&')
            out += "&amp;";
        else if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else if (c == '"')
            out += "&quot;";
        else if (c == '\'')
            out += "&#39;";
        else if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t')
            out += "\xEF\xBF\xBD";
        else
            out += c;
    }
    return out;
}

}  // namespace rbm::app
