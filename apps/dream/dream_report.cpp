// SPDX-License-Identifier: MIT
#include "apps/dream/dream_report.h"

#include "apps/cli/messages.h"

namespace rbm::app {

void DreamReport::add_warning(std::string text) {
    app::warn("{}", text);
    warnings.push_back(std::move(text));
}

void DreamReport::take(const SamplerReport& sampler) {
    for (const auto& fact : sampler.facts)
        std::visit([&](const auto& known) { facts[fact.first] = known; }, fact.second);
    if (!sampler.summary.empty()) note("{}", sampler.summary);
    for (const std::string& warning : sampler.warnings) warn("{}", warning);
}

std::string DreamReport::json_text() const {
    nlohmann::ordered_json object = facts;
    object["warnings"] = warnings;
    return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace rbm::app
