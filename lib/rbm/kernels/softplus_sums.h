// SPDX-License-Identifier: MIT
// What exact log Z and its gradient live on, in double: sums of log(1 + exp(x)) as a product of factors 1 + exp(-|x|)
// and one logarithm for many; the logistic function.
#pragma once

#include <span>

#include "rbm/kernels/matrix.h"

namespace rbm::vectorized {

/// As reference::add_softplus_sums, to 1e-11 of the sum.
void add_softplus_sums(MatrixView<const double> field, std::span<const double> bias, std::span<const double> beta,
                       std::span<double> out);

/// As reference::logistic, to 1e-15.
void logistic(MatrixView<const double> field, std::span<const double> bias, std::span<const double> beta,
              MatrixView<double> out);

}  // namespace rbm::vectorized
