// SPDX-License-Identifier: MIT
// What rbm-dream tells of its chains at the end of a run, as text and as one JSON object.
#pragma once

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "rbm/method/running_chains.h"

namespace rbm::app {

struct DreamReport {
    nlohmann::ordered_json facts = nlohmann::ordered_json::object();  ///< what is infinite or no number becomes null
    std::vector<std::string> warnings;

    /// Says it on standard error at once, and keeps it for the object.
    template <class... Args>
    void warn(fmt::format_string<Args...> text, Args&&... values) {
        add_warning(fmt::format(text, std::forward<Args>(values)...));
    }
    /// What the sampler found out: its facts, its line, its warnings.
    void take(const SamplerReport& sampler);
    std::string json_text() const;  ///< the facts, then the warnings

  private:
    void add_warning(std::string text);
};

}  // namespace rbm::app
