// SPDX-License-Identifier: MIT
// Maximum likelihood with a tempered negative phase: the model's side are the top rungs of persistent ladders of
// parallel tempering, which go on mixing where chains at the machine's own temperature would stick.
//
// An update costs `rungs` times the sweeps of PCD with as many chains, and a copy of the weights.  Source: Desjardins
// et al., "Tempered Markov chain Monte Carlo for training of restricted Boltzmann machines", AISTATS 2010; Cho, Raiko &
// Ilin, "Parallel tempering is efficient for learning restricted Boltzmann machines", IJCNN 2010.
#pragma once

#include "rbm/trainer/objective.h"

namespace rbm {

struct TemperedDivergence {
    /// At the bottom of the ladders: a bank of the machine's visible kind, usually base_of_marginals() of the data.
    Units base;
    std::size_t steps = 1;    ///< sweeps of all rungs per update
    std::size_t chains = 25;  ///< ladders
    std::size_t rungs = 10;   ///< of each, at least 2
    StepsSchedule schedule = StepsSchedule::constant;

    /// After so many sweeps the rungs are moved to where neighbours swap equally often, and again and again: the path
    /// from base to machine changes as the machine learns.
    static constexpr std::uint64_t respacing = 500;

    std::size_t negative_rows(std::size_t) const { return chains; }
    /// The ladders are made at the first call; `phase` has `chains` chains [C rows] that become copies of the top
    /// rungs.
    void add_gradient(const Machine& machine, std::size_t batch, NegativePhase& phase, Random& random,
                      GradientWorkspace& workspace, Machine& gradient) const;
};

static_assert(Objective<TemperedDivergence>);

}  // namespace rbm
