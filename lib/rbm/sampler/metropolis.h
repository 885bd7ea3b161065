// SPDX-License-Identifier: MIT
// Metropolis-Hastings sampling, from energies alone: a random change is taken with probability min(1, ratio of the
// densities).  On a machine it moves visible units with the hidden ones summed out.
//
// Discrete states: one site, drawn at random, becomes another of its letters.  Continuous states: a Gaussian step of
// all columns, step_size times their deviations.  Where block Gibbs asks a site to move against its hidden units, here
// it moves against their sum; but one site at a time.
//
// Source: Metropolis et al. 1953; Hastings, "Monte Carlo sampling methods using Markov chains", Biometrika 1970.
#pragma once

#include <cmath>

#include "rbm/kernels/threads.h"
#include "rbm/model/energy.h"
#include "rbm/sampler/chains.h"

namespace rbm {

struct Metropolis {
    std::size_t steps = 1;  ///< sweeps per call of step(): as many proposals each as there are sites, one if continuous
    double step_size = 0.5;  ///< of Gaussian steps, in standard deviations of the columns
    double power = 1;        ///< draws from the density to this power: above 1 for low energies only

    /// Moves chains.visible [C x N].  Values that are no letters become the nearest ones at first.  Costs a sum over
    /// the hidden units per proposal on machines (see LocalEnergy), otherwise the energies of all rows.
    template <class Real, Energy<Real> E>
    StepReport step(const E& energy, BasicChains<Real>& chains, Random& random, const Control& control = {}) const;
    /// The same on a machine's free energy; hidden states are then drawn.
    template <class Real>
    StepReport step(const BasicMachine<Real>& machine, BasicChains<Real>& chains, Random& random,
                    const Control& control = {}) const;
};

namespace detail {

/// A change of a site from one letter to another, to be taken when log_odds exceed `threshold`.
struct Flip {
    std::size_t site = 0, from = 0, to = 0;
    double threshold = 0;
};
/// Proposal number `number` of a row.
template <class Real>
Flip draw_flip(const BasicSites<Real>& sites, std::span<const Real> row, const Stream& stream, std::size_t row_number,
               std::size_t number);
/// proposals.state = one change of a site in each row, and their thresholds.
template <class Real>
void propose_flips(const BasicSites<Real>& sites, MatrixView<const Real> state, const Stream& stream,
                   std::size_t number, BasicProposals<Real>& proposals);
/// proposals.state = Gaussian steps from `state`.
template <class Real>
void propose_gaussian(double deviation, BetaOf<Real> beta, MatrixView<const Real> state, const Stream& stream,
                      BasicProposals<Real>& proposals);

/// Sweeps over discrete states, each row on its own; returns the mean acceptance.
template <class Real, LocalEnergy<Real> E>
double sweep_rows(const Metropolis& settings, const E& energy, const BasicSites<Real>& sites, BasicChains<Real>& chains,
                  Random& random, const Control& control) {
    Work work(control, "sampling", settings.steps);
    const MatrixView<Real> state = chains.visible;
    auto& proposals = chains.proposals;
    auto& rates = proposals.energy;  // of the rows: sums must not depend on the threads
    std::fill(rates.begin(), rates.end(), 0.0);
    proposals.site_steps.resize(state.rows, sites.columns());
    for (std::size_t s = 0; s < settings.steps; ++s) {
        energy.begin_rows(state, BetaOf<Real>(chains.beta));  // anew in each sweep: rounding must not add up
        const Stream stream = random.next();
        rbm::parallel_for(state.rows, [&](std::size_t c) {
            auto row = energy.row(c);
            const std::span<Real> steps = proposals.site_steps.row(c);
            for (std::size_t p = 0; p < sites.count(); ++p) {
                const Flip flip = draw_flip<Real>(sites, state.row(c), stream, c, p);
                sites.step(flip.from, flip.to, steps);
                const double log_odds = -settings.power * row.change(flip.site * sites.columns(), steps);
                rates[c] += acceptance_probability(log_odds);
                if (!(flip.threshold < log_odds)) continue;
                row.keep();
                sites.put(state.row(c), flip.site, flip.to);
            }
        });
        work.advance();
    }
    double sum = 0;
    for (const double rate : rates) sum += rate;
    return sum / static_cast<double>(settings.steps * sites.count() * state.rows);
}

}  // namespace detail

template <class Real, Energy<Real> E>
StepReport Metropolis::step(const E& energy, BasicChains<Real>& chains, Random& random, const Control& control) const {
    auto& proposals = chains.proposals;
    const MatrixView<Real> state = chains.visible;
    const BetaOf<Real> beta(chains.beta);
    proposals.resize(state.rows, state.cols);
    const BasicSites<Real> sites = sites_of<Real>(energy, state.cols);
    sites.settle(state);
    if (steps == 0 || state.rows == 0) return {steps};
    if constexpr (LocalEnergy<E, Real>)
        if (!sites.empty()) return {steps, detail::sweep_rows(*this, energy, sites, chains, random, control)};

    Work work(control, "sampling", steps);
    if (sites.empty()) column_variances(energy, state.cols, proposals.variances);
    reduced_energy<Real>(energy, state, beta, proposals.energy);
    const std::size_t per_sweep = sites.empty() ? 1 : sites.count();
    double rates = 0;
    for (std::size_t s = 0; s < steps; ++s) {
        const Stream stream = random.next();
        for (std::size_t p = 0; p < per_sweep; ++p) {
            if (sites.empty()) {
                detail::propose_gaussian<Real>(step_size / std::sqrt(power), beta, state, stream, proposals);
                draw_thresholds(random.next(), proposals.thresholds);
            } else {
                detail::propose_flips<Real>(sites, state, stream, p, proposals);
            }
            reduced_energy<Real>(energy, proposals.state, beta, proposals.proposed_energy);
            for (std::size_t c = 0; c < state.rows; ++c)
                proposals.log_odds[c] = power * (proposals.energy[c] - proposals.proposed_energy[c]);
            rates += proposals.decide();
            proposals.take_states(state);
            work.ask();
        }
        work.advance();
    }
    return {steps, rates / static_cast<double>(steps * per_sweep)};
}

}  // namespace rbm
