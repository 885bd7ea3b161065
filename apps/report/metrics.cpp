// SPDX-License-Identifier: MIT
#include "apps/report/metrics.h"

#include <fstream>
#include <nlohmann/json.hpp>

namespace rbm::app {

Metrics::Metrics(const std::string& path, const std::string& at, const std::string& having) {
    std::ifstream in(path);
    for (std::string line; std::getline(in, line);) {
        const auto object = nlohmann::json::parse(line, nullptr, false);
        if (!object.is_object()) continue;
        const auto place = object.find(at);
        if (place == object.end() || !place->is_number() || !object.contains(having)) continue;
        for (const auto& [key, value] : object.items()) {
            if (value.is_string()) texts_[key] = value.get<std::string>();
            if (!value.is_number()) continue;
            Values& series = series_[key];
            series.at.push_back(place->get<double>());
            series.value.push_back(value.get<double>());
        }
    }
}

Metrics::Values Metrics::values(const std::string& key) const {
    const auto found = series_.find(key);
    if (found == series_.end()) return {};
    // More than a plot has pixels would only make the page larger.
    constexpr std::size_t most = 400;
    const Values& all = found->second;
    if (all.at.size() <= most) return all;
    Values some;
    for (std::size_t i = 0; i < most; ++i) {
        const std::size_t from = i * (all.at.size() - 1) / (most - 1);
        some.at.push_back(all.at[from]);
        some.value.push_back(all.value[from]);
    }
    return some;
}

std::optional<double> Metrics::last(const std::string& key) const {
    const auto found = series_.find(key);
    return found == series_.end() ? std::nullopt : std::optional(found->second.value.back());
}

std::optional<double> Metrics::first(const std::string& key) const {
    const auto found = series_.find(key);
    return found == series_.end() ? std::nullopt : std::optional(found->second.value.front());
}

std::string Metrics::text(const std::string& key) const {
    const auto found = texts_.find(key);
    return found == texts_.end() ? "" : found->second;
}

}  // namespace rbm::app
