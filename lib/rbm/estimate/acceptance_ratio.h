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

/// The same and what it is worth, for draws that are independent.
struct AcceptanceRatio {
    double value = 0;
    double standard_error = 0;  ///< to first order; meaningless where few draws overlap
    /// Of so many draws of the smaller side: those that both sides would make, or that carry the sums.  Where they are
    /// few, the ratio lies somewhere between the sides.
    double effective_draws = 0;
};
AcceptanceRatio weighed_acceptance_ratio(std::span<const double> up, std::span<const double> down);

}  // namespace rbm
