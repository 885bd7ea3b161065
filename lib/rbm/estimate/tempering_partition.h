// SPDX-License-Identifier: MIT
// log Z from parallel tempering: the ratios of neighbouring rungs' partition functions by acceptance ratio, added up
// from the base, whose Z is known.
//
// Nothing here is biased in one direction as annealing is, but all of it needs chains that travel: without round trips
// between base and machine the estimate is that of the modes the chains happen to be in.
#pragma once

#include <functional>

#include "rbm/estimate/ais.h"
#include "rbm/estimate/chain_health.h"
#include "rbm/kernels/control.h"
#include "rbm/sampler/tempering.h"

namespace rbm {

struct TemperingSettings {
    std::size_t ladders = 10;
    std::size_t steps = 2000;    ///< sweeps that count
    std::size_t settling = 500;  ///< sweeps before them, on the final ladder
    double swap_rate = 0.4;
};

struct TemperingPartition {
    /// Its error is that of correlated chains: from the autocorrelation within ladders, or from the means of whole
    /// ladders or quarters of them, whichever is largest.  `spread` is 0: there are no weights.
    PartitionEstimate estimate;
    ChainHealth health;     ///< of what each sweep of a ladder adds to the estimate
    std::size_t steps = 0;  ///< sweeps that counted
    std::vector<float> betas;
    std::vector<double> swap_rates;
    double round_trips_per_ladder = 0;
    Matrix samples;  ///< [up to wanted_samples x V] of the machine, evenly over the counted sweeps and the ladders
};

/// What its chains must show before an estimate by tempering is believed, beside largest_r_hat.
inline constexpr double lowest_swap_rate = 0.1, fewest_round_trips = 5;
bool travels(const TemperingPartition& tempering);
double slowest_swap_rate(const TemperingPartition& tempering);  ///< 1 where there is no pair

/// What the progress of tempering_log_partition() counts to.
std::size_t tempering_steps(const TemperingSettings& settings);

/// `look` sees the chains after each sweep that counts.  Throws InvalidArgument for fewer than 8 steps.
TemperingPartition tempering_log_partition(const Bridge& bridge, const TemperingSettings& settings, Random& random,
                                           std::size_t wanted_samples = 0, const Control& control = {},
                                           const std::function<void(const TemperedChains&)>& look = {});

}  // namespace rbm
