// SPDX-License-Identifier: MIT
// Weights of rows that resemble one another: sequences of a family are no independent samples.
#pragma once

#include <vector>

#include "rbm/data/dataset.h"
#include "rbm/kernels/control.h"

namespace rbm {

/// For each row 1 / the number of rows, itself included, that agree with it in at least the share `identity` of their
/// columns; all columns count, also where both rows have a gap, or both miss a value.  Their sum is the effective
/// number of rows (Morcos et al., PNAS 108, 2011).  Values are codes from 0 to 254, or NaN: throws DataError naming
/// row and column of others, and InvalidArgument unless 0 < identity <= 1.  Time grows as rows * rows * columns.
std::vector<double> identity_weights(const Dataset& data, double identity, const Control& control = {});

}  // namespace rbm
