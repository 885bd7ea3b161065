// SPDX-License-Identifier: MIT
// What a report measures of a machine beside the metrics of its run: a few seconds' work at most.
#pragma once

#include <optional>

#include "rbm/data/dataset.h"
#include "rbm/estimate/chain_health.h"
#include "rbm/estimate/spectrum.h"
#include "rbm/sampler/chains.h"

namespace rbm::app {

/// H hidden columns; V visible ones.
struct Measured {
    std::vector<double> activity;              ///< [H] mean over the sample, from 0 (off) to 1; none for real numbers
    std::vector<std::size_t> dead, saturated;  ///< on in less than 1 % of the samples, off in less than 1 %
    std::vector<double> weights;               ///< a spread sample of at most 100,000
    std::vector<double> singular_values;       ///< largest first; none where they would take too long
    FilterReport filters;

    // Free energies at beta 1, in nats, of at most 1000 rows each.
    std::vector<double> of_training, of_held_out, of_noise, of_chains;

    /// Moments of the data, and of the chains over some sweeps.
    struct Moments {
        std::vector<double> data, chains;
        /// Root of the mean squared difference.
        double difference() const;
    };
    Moments means;        ///< of visible units
    Moments covariances;  ///< of some pairs of them
    std::optional<ChainHealth> health;
    std::size_t chain_count = 0, chain_sweeps = 0;
    Matrix chain_means;  ///< [<= 100 x V] what the chains end at, as means
};

/// `held_out` may be null.  Chains go on from `chains`, where there are any that fit, else start at noise.
Measured measure(const Machine& machine, const Dataset& training, const Dataset* held_out, const Chains& chains,
                 std::uint64_t seed, const Control& control);

/// Whether the singular values of such a matrix take less than a few seconds.
bool spectrum_is_quick(const Machine& machine);

/// Mean of each hidden column over these rows, 0 off and 1 on; none for real numbers.
std::vector<double> hidden_activity(const Machine& machine, ConstView rows);

/// Rows of a spread sample as the machine sees them, at most `count`, fewer of wide rows.
Matrix sample_rows(const Dataset& data, std::size_t count);

}  // namespace rbm::app
