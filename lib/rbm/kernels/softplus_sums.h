// SPDX-License-Identifier: MIT
// Sums of log(1 + exp(x)) in double, for exact log Z: a product of factors 1 + exp(-|x|), and one logarithm for many.
#pragma once

#include <span>

#include "rbm/kernels/matrix.h"

namespace rbm::vectorized {

/// As reference::add_softplus_sums, to 1e-11 of the sum.
void add_softplus_sums(MatrixView<const double> field, std::span<const double> bias, std::span<const double> beta,
                       std::span<double> out);

}  // namespace rbm::vectorized
