// SPDX-License-Identifier: MIT
// The sets with known answers by the names that rbm-data knows them by.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rbm/data/generate.h"

namespace rbm::app {

/// What was asked for; what was not takes the set's default.
struct ToyOptions {
    std::optional<std::size_t> size, bar, rows;
    std::optional<double> coupling;
};

/// "bars-and-stripes", ...
std::vector<std::string> toy_names();
/// All of them, with commas between.
std::string toy_name_list();
bool is_toy(const std::string& name);

/// Throws UsageError for an option that the set does not have; InvalidArgument for one out of its range.
ToySet make_toy(const std::string& name, const ToyOptions& options, std::uint64_t seed);

}  // namespace rbm::app
