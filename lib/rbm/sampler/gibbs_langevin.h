// SPDX-License-Identifier: MIT
// Gibbs-Langevin sampling: hidden units are drawn exactly, then continuous visible units move by Langevin steps on
// their energy given the hidden ones.
//
// On a machine block Gibbs draws them exactly too, and mixes better; this is for energies whose p(v | h) is no
// Gaussian, and for those who repeat the work below, whose chains start at noise and stop early.  Unadjusted, it is off
// by O(eta).
//
// Source: Liao, Kornblith, Ren, Fleet & Hinton, "Gaussian-Bernoulli RBMs without tears", 2022 (algorithm 2).
#pragma once

#include "rbm/sampler/langevin.h"

namespace rbm {

struct GibbsLangevin {
    std::size_t steps = 1;         ///< sweeps per call of step()
    std::size_t inner_steps = 10;  ///< Langevin steps per sweep
    double step_size = 0.1;        ///< eta, see Langevin
    bool adjusted = true;

    /// Each sweep draws chains.hidden [C x H], then moves chains.visible [C x N].  Nothing is allocated after the first
    /// call.
    template <class Real, LatentEnergy<Real> E>
    StepReport step(const E& energy, BasicChains<Real>& chains, Random& random, const Control& control = {}) const;
    /// The same on a machine.  Throws Unsupported for discrete visible units.
    template <class Real>
    StepReport step(const BasicMachine<Real>& machine, BasicChains<Real>& chains, Random& random,
                    const Control& control = {}) const;
};

template <class Real, LatentEnergy<Real> E>
StepReport GibbsLangevin::step(const E& energy, BasicChains<Real>& chains, Random& random,
                               const Control& control) const {
    Work work(control, "sampling", steps);
    const Langevin inner{.steps = inner_steps, .step_size = step_size, .adjusted = adjusted};
    double rates = 0;
    for (std::size_t s = 0; s < steps; ++s) {
        energy.sample_hidden(chains.visible, BetaOf<Real>(chains.beta), random.next(), chains.hidden);
        rates += inner.step(energy.given_hidden(chains.hidden), chains, random).acceptance;
        work.advance();
    }
    return {steps, steps == 0 ? 1.0 : rates / static_cast<double>(steps)};
}

}  // namespace rbm
