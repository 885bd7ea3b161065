// SPDX-License-Identifier: MIT
// Published ways to train, each as the plain options of rbm-train that it stands for.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rbm {

struct Recipe {
    std::string name;
    std::string source;  ///< the paper, and what of it this is
    std::vector<std::pair<std::string, std::string>> options;
    std::size_t times_updates = 1;  ///< as many updates as a run without it

    /// Of one of these options; empty when it has no such option.
    std::string text(const std::string& option) const;
};

const std::vector<Recipe>& recipes();
/// Throws InvalidArgument for a name that is not among them.
const Recipe& recipe(std::string_view name);

}  // namespace rbm
