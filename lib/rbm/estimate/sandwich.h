// SPDX-License-Identifier: MIT
// log Z held between two estimates: annealing from the base, low on average, and annealing back from the machine's own
// samples, high on average.  The latter holds only as far as the samples follow the machine, so they come from parallel
// tempering, and once more from data where there are any: the larger upper end counts.
//
// The value between the ends is that of what can be trusted: the acceptance ratio over the weights of both directions
// where these overlap in enough chains, tempering's own estimate where its chains travel, and the mean of the two,
// weighted by their variances, where both can.
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
    /// By acceptance ratio from both directions.  The way back from data has a part in it where it agrees with that
    /// from tempering.  `effective_samples` are those of both sides that overlap; there is no spread.
    std::optional<PartitionEstimate> ratio;
    bool by_ratio = false, by_tempering = false;  ///< what the value is the mean of; neither without a way there
    double value = 0;
    double low = 0;      ///< the forward estimate's lower end (from_tempering's without one)
    double high = 0;     ///< the larger upper end of the estimates back
    bool bounds = true;  ///< false: estimates exclude each other, see contradiction(); low and high merely span all
};

/// Estimates that cannot both be right if the chains mix.
enum class Contradiction {
    none,
    forward_above,    ///< the forward estimate exceeds one back beyond their intervals
    tempering_apart,  ///< tempering's chains travel, and its interval lies outside of the bounds
};
Contradiction contradiction(const Sandwich& sandwich);

/// The sweeps that prepare samples of data for the way back: they bring them near the machine's own modes.
std::size_t data_sweeps(const AisSettings& settings);

/// What the progress of sandwich_log_partition() counts to.
std::size_t sandwich_steps(const SandwichSettings& settings, bool with_data);

/// The ratio, the value, its ends and what they are worth, from the estimates that are there and the log weights of the
/// ways from the base, back from tempering's samples and back from data.
void conclude(Sandwich& result, double base_log_partition, std::span<const double> up, std::span<const double> down,
              std::span<const double> down_from_data = {});

/// data_start: rows to start back from, as many as there are chains [C x V], or none.  Throws InvalidArgument for
/// fewer than 2 chains.
Sandwich sandwich_log_partition(const Bridge& bridge, const SandwichSettings& settings, ConstView data_start,
                                Random& random, const Control& control = {});

}  // namespace rbm
