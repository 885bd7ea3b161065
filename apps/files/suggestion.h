// SPDX-License-Identifier: MIT
// Which visible units suit data, by their values: the one place that recommends units.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "rbm/data/dataset.h"

namespace rbm::app {

/// At most so many different values are told apart.
inline constexpr std::size_t most_distinct = 256;

/// One look at all values.
struct ValueFacts {
    std::size_t known = 0, missing = 0, infinite = 0;
    double minimum = 0, maximum = 0;  ///< of those that are known and finite
    std::vector<float> distinct;      ///< ascending; empty when there are more than most_distinct
    bool whole = false;               ///< all of them are whole numbers
    std::size_t grey = 0;             ///< strictly between 0 and 1
    std::size_t one_hot_states = 0;   ///< the columns are one-hot in groups of so many, of 3 at least; 0: are not
};
ValueFacts facts_of(const Dataset& data);

struct Suggestion {
    std::string units;               ///< their name; empty where the data have to change first
    std::vector<std::string> steps;  ///< commands that change them, then options for rbm-train
    std::string options;             ///< for rbm-train, such as " --visible-units spin"
    std::string why;
    double divisor = 1;  ///< of all values, in the steps
};
/// `data.name` is that of the file, for commands.
Suggestion suggest(const Dataset& data, const ValueFacts& facts);

}  // namespace rbm::app
