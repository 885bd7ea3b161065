// SPDX-License-Identifier: MIT
// log Z held between two estimates: annealing from the base, low on average, and annealing back from the machine's own
// samples, high on average.  The latter holds only as far as the samples follow the machine, so they come from parallel
// tempering, and once more from data where there are any: the larger upper end counts.
#pragma once

#include <optional>

#include "rbm/estimate/tempering_partition.h"
#include "rbm/kernels/control.h"

namespace rbm {

struct SandwichSettings {
    AisSettings annealing;
    TemperingSettings tempering;
    bool forward = true;  ///< false: only the way back, without a lower end
};

struct Sandwich {
    std::optional<PartitionEstimate> forward;
    PartitionEstimate from_tempering;
    std::optional<PartitionEstimate> from_data;
    TemperingPartition tempering;
    double value = 0;    ///< by acceptance ratio from both directions, where they agree; else the forward estimate's
    double low = 0;      ///< the forward estimate's lower end (from_tempering's without one)
    double high = 0;     ///< the larger upper end of the estimates back
    bool bounds = true;  ///< false: the forward estimate exceeds one back beyond their errors, so chains do not mix;
                         ///< low and high then merely span all intervals
};

/// The sweeps that prepare samples of data for the way back: they bring them near the machine's own modes.
std::size_t data_sweeps(const AisSettings& settings);

/// What the progress of sandwich_log_partition() counts to.
std::size_t sandwich_steps(const SandwichSettings& settings, bool with_data);

/// value, low, high and bounds from the estimates that are there, and the log weights of the ways from the base and
/// back from tempering's samples.
void conclude(Sandwich& result, double base_log_partition, std::span<const double> up, std::span<const double> down);

/// data_start: rows to start back from, as many as there are chains [C x V], or none.  Throws InvalidArgument for
/// fewer than 2 chains.
Sandwich sandwich_log_partition(const Bridge& bridge, const SandwichSettings& settings, ConstView data_start,
                                Random& random, const Control& control = {});

}  // namespace rbm
