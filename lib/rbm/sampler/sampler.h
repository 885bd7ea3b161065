// SPDX-License-Identifier: MIT
// What every step of a sampler tells, and the memory of samplers that propose a change and then take it or not.
#pragma once

#include <cstdint>
#include <vector>

#include "rbm/kernels/control.h"
#include "rbm/kernels/matrix.h"
#include "rbm/kernels/random.h"

namespace rbm {

/// What a step did, beside moving the chains.
struct StepReport {
    std::size_t sweeps = 0;
    double acceptance = 1;  ///< mean probability that a proposal was taken; 1 where none is ever refused
};

/// log u of the word `bits`, u uniform on (0, 1).
double log_uniform(std::uint32_t bits);

/// min(1, exp(log_odds)), 0 for what is no number.
double acceptance_probability(double log_odds);

/// out[c] = log u of row c.
void draw_thresholds(const Stream& stream, std::span<double> out);

/// Memory of steps that propose.  C chains, N columns of a state.  Nothing in it lasts from step to step.
template <class Real>
struct BasicProposals {
    BasicMatrix<Real> state;                        ///< [C x N] proposed
    BasicMatrix<Real> gradient, proposed_gradient;  ///< [C x N] of the reduced energy, here and there
    BasicMatrix<Real> site_steps;                   ///< [C x columns of a site]
    std::vector<double> energy, proposed_energy;    ///< [C] reduced
    std::vector<double> log_odds, thresholds;       ///< [C] a proposal is taken when the first exceed the second
    std::vector<Real> variances, deviations;        ///< [N] of the proposals' noise
    std::vector<std::uint8_t> taken;                ///< [C]

    void resize(std::size_t chains, std::size_t columns);
    void resize_gradients(std::size_t chains, std::size_t columns);

    /// Finds which are taken, never one whose log odds are no number; returns the mean probability.
    double decide();
    /// What was decided: `out` gets the states taken, and energy and gradient follow.
    void take_states(MatrixView<Real> out);
    void take_gradients();
};

}  // namespace rbm
