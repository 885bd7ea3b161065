// SPDX-License-Identifier: MIT
// Ratios of partition functions from samples of both sides, by Bennett's acceptance ratio: the estimate of log Z_b /
// Z_a with the least variance that draws from a and draws from b allow. Source: Bennett, "Efficient estimation of free
// energy differences from Monte Carlo data", J. Comp. Phys. 1976.
#pragma once

#include <span>

namespace rbm {

/// log(Z_b / Z_a), where up = log f_b - log f_a at draws from a, and down = log f_a - log f_b at draws from b.  Throws
/// InvalidArgument when either is empty.
double acceptance_ratio(std::span<const double> up, std::span<const double> down);

}  // namespace rbm
