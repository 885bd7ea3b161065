// SPDX-License-Identifier: MIT
// Visible states as a table that people read: one column per site, words as words, numbers in the units of the data.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "rbm/io/model_file.h"

namespace rbm::app {

/// `states` [N x V] prepared, states or means.  A category is the most probable word, a label likewise; sites without
/// words have the number of their most probable state; other numbers are what they were in the data.
std::vector<std::byte> visible_table(const Model& model, ConstView states);

/// `states` [N x V] in the units of the data already: with these columns, as above.
std::vector<std::byte> restored_table(const Model& model, ConstView states);

/// `features` [N x H] as a table with the columns h1, h2, ...
std::vector<std::byte> feature_table(ConstView features);

}  // namespace rbm::app
