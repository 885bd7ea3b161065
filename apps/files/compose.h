// SPDX-License-Identifier: MIT
// rbm-data compose: a product of machines as a model file.
#pragma once

#include <string>
#include <vector>

#include "apps/cli/command.h"
#include "rbm/io/if_exists.h"

namespace rbm::app {

struct ComposeSettings {
    std::vector<std::string> models;
    std::vector<double> energy_weights;  ///< none: 1 each
    std::string output;
    IfExists if_exists = IfExists::refuse;
    bool json = false;
};

/// Throws UsageError for an output that is no model's name and for weights that do not fit, DataError for models that
/// see other data.
int compose_models(const ComposeSettings& settings);

}  // namespace rbm::app
