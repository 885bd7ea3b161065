// SPDX-License-Identifier: MIT
// log of the ratio of two machines' partition functions, by annealing from the one to the other: what likelihood ratios
// need.  Machines that are alike are near each other, however far both are from any base.
//
//   E_beta(v, h)  =  (1 - beta) E_from(v, h) + beta E_to(v, h)
//
// Both share their hidden units, in order; the smaller machine gets free ones behind its own, whose factor of Z is
// known.  So a machine and what becomes of it in some more training are a short way apart.  Chains cannot start at the
// exact distribution of either end, so their samples come from parallel tempering, and the way is gone in both
// directions: forth is low on average and back is high, as far as the samples are what they should be.
#pragma once

#include "rbm/estimate/tempering_partition.h"

namespace rbm {

struct PartitionRatioSettings {
    std::size_t chains = 100;
    std::size_t betas = 1000;     ///< steps each way
    TemperingSettings tempering;  ///< of the samples at both ends; its on_step is not called
    OnStep on_step{};             ///< counts to partition_ratio_steps()
};

std::size_t partition_ratio_steps(const PartitionRatioSettings& settings);

struct PartitionRatio {
    PartitionEstimate forth;   ///< log Z_to - log Z_from
    PartitionEstimate back;    ///< the same, from the other end
    double value = 0;          ///< by acceptance ratio from both directions
    double low = 0, high = 0;  ///< the lower and the upper end of both intervals
    bool agrees = true;        ///< false: the directions differ by more than their errors, so chains do not mix
};

/// base_from and base_to: where the tempering of either machine begins.  Throws std::invalid_argument when visible
/// units differ in kind or number, and Unsupported for continuous hidden units.
PartitionRatio partition_ratio(const Machine& from, const Units& base_from, const Machine& to, const Units& base_to,
                               const PartitionRatioSettings& settings, Random& random);

/// One direction, from these samples of `from` [C x V].
PartitionEstimate annealed_ratio(const Machine& from, const Machine& to, ConstView samples, std::size_t steps,
                                 Random& random, const OnStep& on_step = {},
                                 std::vector<double>* log_weights = nullptr);

}  // namespace rbm
