// SPDX-License-Identifier: MIT
// How well Markov chains have mixed, from a number that each of them yields at each step, such as its free energy.
//
// Source: Gelman et al., "Bayesian Data Analysis", 3rd ed. 2013, 11.4-11.5 (split R-hat, effective sample size over
// several chains); Geyer, "Practical Markov chain Monte Carlo", 1992 (where to cut the sum of autocorrelations).
#pragma once

#include "rbm/kernels/matrix.h"

namespace rbm {

struct ChainHealth {
    double mean = 0;
    double standard_error = 0;        ///< of the mean, for chains that are not independent from step to step
    double autocorrelation_time = 1;  ///< draws per independent draw: 1 + 2 (sum of the autocorrelations)
    double effective_samples = 0;     ///< draws of all chains, over that
    double split_r_hat = 1;           ///< 1: halves of chains agree; above 1.1: they have not mixed
};

/// series [chains x draws]; every chain is cut in two halves, so that one that drifts is seen too.  Needs 4 draws at
/// least, else InvalidArgument.  A series that is the same everywhere has an R-hat of 1; chains that each stay at
/// a value of their own have infinity.
ChainHealth chain_health(MatrixView<const double> series);

/// The standard error of the mean from the means of `stretches` equal parts of each chain, as if these were
/// independent. Needs two of them at least, over all chains, and a draw in each, else InvalidArgument.
double error_of_stretches(MatrixView<const double> series, std::size_t stretches);

/// Chains whose split R-hat is above this have not mixed.
inline constexpr double largest_r_hat = 1.1;

}  // namespace rbm
