// SPDX-License-Identifier: MIT
// metrics.jsonl of a run, as series of numbers.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace rbm::app {

class Metrics {
  public:
    Metrics() = default;
    /// Numbers at the line's `at`: "epoch" or "restart".  Lines without it, or without `having`, are left out.
    Metrics(const std::string& path, const std::string& at, const std::string& having);

    struct Values {
        std::vector<double> at, value;
    };
    /// Of a key; no values when no line has it.
    Values values(const std::string& key) const;
    bool has(const std::string& key) const { return series_.contains(key); }
    std::optional<double> last(const std::string& key) const;
    std::optional<double> first(const std::string& key) const;
    /// The last text under this key, such as "ais".
    std::string text(const std::string& key) const;

  private:
    std::map<std::string, Values> series_;
    std::map<std::string, std::string> texts_;
};

}  // namespace rbm::app
