// SPDX-License-Identifier: MIT
// Maximum likelihood by persistent chains that trade places with those of the machine's own past: a ladder of frozen
// machines, from one without weights to the last that the present one still swaps with.
//
// What the chains of neighbours see of each other adds up to log Z while the machine learns (trajectory_partition.h).
// Sources: Bereux, Decelle, Furtlehner, Rosset & Seoane, "Fast training and sampling of restricted Boltzmann machines",
// arXiv 2405.15376; the negative phase is that of PCD (contrastive_divergence.h).
#pragma once

#include "rbm/trainer/objective.h"

namespace rbm {

struct TrajectoryDivergence {
    std::size_t steps = 1;     ///< sweeps per update
    std::size_t chains = 100;  ///< at the machine, and at each of the ladder
    StepsSchedule schedule = StepsSchedule::constant;
    std::size_t interval = 4;  ///< updates between two looks at the ladder
    double swap_rate = 0.3;    ///< the machine is frozen when it swaps with the last frozen one less often than that

    /// Below this rate the updates since the last look are taken back.
    static constexpr double lowest_swap_rate = 0.1;

    std::size_t negative_rows(std::size_t) const { return chains; }
    /// `phase` as for PCD; its trajectory is begun at the first call.  Each look moves the chains of one frozen
    /// machine, and lets two pairs swap: it costs five to ten products of `chains` rows.
    void add_gradient(const Machine& machine, std::size_t batch, NegativePhase& phase, Random& random,
                      GradientWorkspace& workspace, Machine& gradient) const;

  private:
    bool look(const Machine& machine, std::size_t batch, NegativePhase& phase, Random& random,
              GradientWorkspace& workspace) const;
};

static_assert(Objective<TrajectoryDivergence>);

}  // namespace rbm
