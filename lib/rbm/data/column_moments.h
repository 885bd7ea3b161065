// SPDX-License-Identifier: MIT
// Means and variances of the columns, of rows that may weigh differently.
#pragma once

#include "rbm/data/dataset.h"

namespace rbm {

/// Weights of `rows` rows, or none for equal ones.  Throws InvalidArgument, naming the first, unless there are so
/// many finite ones of at least 0, not all 0.
void check_row_weights(std::span<const float> weights, std::size_t rows);

/// Mean of each column of the prepared data, in double; when sampled(), of one draw; of the values that are not
/// missing, 0.5 where all are.  Throws as check_row_weights().
std::vector<double> column_means(const Dataset& data, std::span<const float> row_weights = {});

struct ColumnMoments {
    std::vector<double> mean, variance;  ///< variance about the mean, divided by the weights; 0 where all are missing
    std::size_t rows = 0;                ///< those of a weight above 0
};

/// The same with variances.
ColumnMoments column_moments(const Dataset& data, std::span<const float> row_weights = {});

}  // namespace rbm
