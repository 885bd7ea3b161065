// SPDX-License-Identifier: MIT
// log of the ratio of two machines' partition functions, which likelihood ratios need, by the shorter of two ways.
//
//   direct     annealing from the one machine to the other (ratio_path.h), forth and back: short for machines that are
//              alike, however far both are from any base
//   base       each machine's log Z between two bounds (sandwich.h), on a way from independent units
//
// Pilot runs measure both.  Chains cannot start at the exact distribution of either machine, so their samples come from
// parallel tempering, and every way is gone in both directions: one is low on average and the other high, as far as the
// samples are what they should be.  What makes a way long is its length, the number of standard deviations of log
// weights that its steps pass (annealing.h): the estimate's spread is in proportion to it.  Betas are spaced by it.
#pragma once

#include "rbm/estimate/ratio_path.h"
#include "rbm/estimate/sandwich.h"
#include "rbm/kernels/control.h"

namespace rbm {

enum class RatioRoute { direct, base };

struct PartitionRatioSettings {
    std::size_t chains = 100;
    std::size_t betas = 1000;           ///< steps of each way
    TemperingSettings tempering;        ///< of the samples at both ends
    std::optional<RatioRoute> route{};  ///< none: the shorter one
};

/// What the progress of partition_ratio() counts to, in steps of one machine; fewer are left out on the shorter way.
std::size_t partition_ratio_steps(const PartitionRatioSettings& settings);

struct PartitionRatio {
    RatioRoute route = RatioRoute::direct;
    PartitionEstimate forth, back;  ///< of the direct route: log Z_to - log Z_from, from either end
    double value = 0;               ///< by acceptance ratio from both directions
    /// Direct: the lower and the upper end of both intervals.  Base: log Z_to's lower end less log Z_from's upper one,
    /// and the other way round.
    double low = 0, high = 0;
    double largest_spread = 0;  ///< of the log weights of any way
    bool agrees = true;         ///< false: directions differ by more than their errors, so chains do not mix
    /// That the pilots measured, over both ways, the base's of both machines; 0 where there was none.
    double direct_length = 0, base_length = 0;
};

/// base_from and base_to: where the tempering of either machine begins.  Machines whose hidden units cannot be shared
/// take the route by the base.  Throws InvalidArgument when visible units differ in kind or number, and
/// Unsupported for the direct route where hidden units are continuous or of two kinds.
PartitionRatio partition_ratio(const Machine& from, const Units& base_from, const Machine& to, const Units& base_to,
                               const PartitionRatioSettings& settings, Random& random, const Control& control = {});

/// One direction of the direct route along rising betas, from these samples of `from` [C x V].
PartitionEstimate annealed_ratio(const Machine& from, const Machine& to, ConstView samples,
                                 std::span<const float> betas, Random& random,
                                 std::vector<double>* log_weights = nullptr, const Control& control = {});

}  // namespace rbm
