// SPDX-License-Identifier: MIT
// Gibbs with gradients: Metropolis-Hastings on discrete states that proposes the changes which look good from here.
//
// To first order, changing a site from its letter to another changes the reduced energy by slope . (other - letter).
// One change of all there are is drawn with probability proportional to exp(-half of that), and taken such that nothing
// is off however poor the estimate.  A proposal costs an energy and a gradient, and is worth many random ones where few
// changes are any good.
//
// Source: Grathwohl, Swersky, Hashemi, Duvenaud & Maddison, "Oops I took a gradient: scalable sampling for discrete
// distributions", ICML 2021.
#pragma once

#include "rbm/model/energy.h"
#include "rbm/sampler/chains.h"

namespace rbm {

struct GibbsWithGradients {
    std::size_t steps = 1;  ///< proposals per chain and call of step()

    /// Moves chains.visible [C x N]; the gradient is that of the energy's formula continued to real numbers.  Values
    /// that are no letters become the nearest ones at first.  Throws Unsupported for continuous states.
    template <class Real, DifferentiableEnergy<Real> E>
    StepReport step(const E& energy, BasicChains<Real>& chains, Random& random, const Control& control = {}) const;
    /// The same on a machine's free energy; hidden states are then drawn.  Throws Unsupported for continuous visible
    /// units.
    template <class Real>
    StepReport step(const BasicMachine<Real>& machine, BasicChains<Real>& chains, Random& random,
                    const Control& control = {}) const;
};

namespace detail {

/// Throws Unsupported.
[[noreturn]] void refuse_continuous(std::string_view what);

/// proposals.state = one change of a site in each row, drawn by proposals.gradient; log_odds = -log q(proposed | here).
template <class Real>
void propose_by_gradient(const BasicSites<Real>& sites, MatrixView<const Real> state, const Stream& stream,
                         BasicProposals<Real>& proposals);
/// log_odds += energy here and log q(here | proposed), less the energy there.
template <class Real>
void weigh_by_gradient(const BasicSites<Real>& sites, MatrixView<const Real> state, BasicProposals<Real>& proposals);

}  // namespace detail

template <class Real, DifferentiableEnergy<Real> E>
StepReport GibbsWithGradients::step(const E& energy, BasicChains<Real>& chains, Random& random,
                                    const Control& control) const {
    Work work(control, "sampling", steps);
    auto& proposals = chains.proposals;
    const MatrixView<Real> state = chains.visible;
    const BetaOf<Real> beta(chains.beta);
    proposals.resize(state.rows, state.cols);
    proposals.resize_gradients(state.rows, state.cols);
    const BasicSites<Real> sites = sites_of<Real>(energy, state.cols);
    if (sites.empty()) detail::refuse_continuous("continuous states");
    sites.settle(state);
    reduced_gradient<Real>(energy, state, beta, proposals.energy, proposals.gradient);
    double rates = 0;
    for (std::size_t s = 0; s < steps; ++s) {
        detail::propose_by_gradient<Real>(sites, state, random.next(), proposals);
        reduced_gradient<Real>(energy, proposals.state, beta, proposals.proposed_energy, proposals.proposed_gradient);
        detail::weigh_by_gradient<Real>(sites, state, proposals);
        draw_thresholds(random.next(), proposals.thresholds);
        rates += proposals.decide();
        proposals.take_states(state);
        proposals.take_gradients();
        work.advance();
    }
    return {steps, steps == 0 ? 1.0 : rates / static_cast<double>(steps)};
}

}  // namespace rbm
