// SPDX-License-Identifier: MIT
// Langevin sampling of continuous states: a step down the energy's gradient, and noise.
//
//   x'  =  x - (eta / beta) M dU/dx + sqrt(2 eta M / beta) z,   U the reduced energy, z standard normal
//
// M, diagonal, holds the columns' variances (sigma^2 of Gaussian units), so the step size eta has no unit: one of 1
// goes all the way to the mean of a unit without weights.  Unadjusted, the chains' distribution is off by O(eta): with
// no weights their variance is sigma^2 / (beta (1 - eta / 2)).  Adjusted (MALA), a step is taken or refused such that
// nothing is off, however long it is.  Each chain is on its own: gradients are those of its own energy, so batch sizes
// do not matter.
//
// Source: Rossky, Doll & Friedman 1978; Roberts & Tweedie, "Exponential convergence of Langevin distributions and their
// discrete approximations", Bernoulli 1996.
#pragma once

#include "rbm/model/energy.h"
#include "rbm/sampler/chains.h"

namespace rbm {

struct Langevin {
    std::size_t steps = 1;   ///< per call of step()
    double step_size = 0.1;  ///< eta
    bool adjusted = true;    ///< false: every step is taken

    /// Moves chains.visible [C x N].  Nothing is allocated after the first call.
    template <class Real, DifferentiableEnergy<Real> E>
    StepReport step(const E& energy, BasicChains<Real>& chains, Random& random, const Control& control = {}) const;
    /// The same on a machine's free energy; hidden states are then drawn.  Throws Unsupported for discrete visible
    /// units.
    template <class Real>
    StepReport step(const BasicMachine<Real>& machine, BasicChains<Real>& chains, Random& random,
                    const Control& control = {}) const;
};

namespace detail {

/// proposals.state = a step from `state` along proposals.gradient.
template <class Real>
void propose_langevin(double step_size, BetaOf<Real> beta, MatrixView<const Real> state, const Stream& stream,
                      BasicProposals<Real>& proposals);
/// proposals.log_odds, of taking it: of the energies, and of proposing it and the way back.
template <class Real>
void weigh_langevin(double step_size, BetaOf<Real> beta, MatrixView<const Real> state, BasicProposals<Real>& proposals);

}  // namespace detail

/// Throws Unsupported, naming the sampler and the unit kind, unless the visible units are continuous.
template <class Real>
void refuse_discrete(std::string_view sampler, const BasicMachine<Real>& machine);

template <class Real, DifferentiableEnergy<Real> E>
StepReport Langevin::step(const E& energy, BasicChains<Real>& chains, Random& random, const Control& control) const {
    Work work(control, "sampling", steps);
    const BetaOf<Real> beta(chains.beta);
    auto& proposals = chains.proposals;
    const std::size_t columns = chains.visible.cols();
    proposals.resize(chains.count(), columns);
    proposals.resize_gradients(chains.count(), columns);
    column_variances(energy, columns, proposals.variances);
    reduced_gradient<Real>(energy, chains.visible, beta, proposals.energy, proposals.gradient);
    StepReport report{steps, adjusted && steps > 0 ? 0.0 : 1.0};
    for (std::size_t s = 0; s < steps; ++s, work.advance()) {
        const MatrixView<Real> state = chains.visible;
        detail::propose_langevin<Real>(step_size, beta, state, random.next(), proposals);
        if (!adjusted) {
            std::swap(chains.visible, proposals.state);
            if (s + 1 < steps)
                reduced_gradient<Real>(energy, chains.visible, beta, proposals.energy, proposals.gradient);
            continue;
        }
        reduced_gradient<Real>(energy, proposals.state, beta, proposals.proposed_energy, proposals.proposed_gradient);
        detail::weigh_langevin<Real>(step_size, beta, state, proposals);
        draw_thresholds(random.next(), proposals.thresholds);
        report.acceptance += proposals.decide() / static_cast<double>(steps);
        proposals.take_states(state);
        proposals.take_gradients();
    }
    return report;
}

}  // namespace rbm
