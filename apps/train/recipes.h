// SPDX-License-Identifier: MIT
// Published ways to train, each as the plain options of rbm-train that it stands for.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace rbm::app {

struct Recipe {
    std::string name;
    std::string source;  ///< the paper, and what of it this is
    std::vector<std::pair<std::string, std::string>> options;
};

const std::vector<Recipe>& recipes();
std::vector<std::string> recipe_names();
/// Throws std::logic_error for a name that is none of theirs.
const Recipe& recipe(const std::string& name);

}  // namespace rbm::app
