// SPDX-License-Identifier: MIT
// What brings columns to mean 0 and standard deviation 1.
#pragma once

#include "rbm/data/dataset.h"

namespace rbm {

/// Mean and standard deviation of each column, of the values that are not missing; rows may weigh differently.  A
/// column without spread gets scale 1 and is listed in `constant`.
struct Standardisation {
    std::vector<float> mean;
    std::vector<float> scale;
    std::vector<std::size_t> constant;
    std::vector<float> mean_rest{};  ///< of data that are precise(): what floats leave out of the means
};
/// Throws as check_row_weights().
Standardisation standardise(const Dataset& data, std::span<const float> row_weights = {});

}  // namespace rbm
