// SPDX-License-Identifier: MIT
#include "apps/dream/dream_report.h"

#include "apps/cli/messages.h"

namespace rbm::app {

void DreamReport::add_warning(std::string text) {
    app::warn("{}", text);
    warnings.push_back(std::move(text));
}

std::string DreamReport::json_text() const {
    nlohmann::ordered_json object = facts;
    object["warnings"] = warnings;
    return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace rbm::app
