// SPDX-License-Identifier: MIT
// Greedy descent: from where the chains are to local minima of the energy, the modes of the density.  No chance is in
// it.
//
// Discrete states: site after site takes its best letter, until no change of one site lowers the energy.  Continuous
// states: steps down the gradient in units of the columns' variances, longer after each that helped, halved after each
// that did not.  On Gaussian machines a step of length 1 is v = c + W E[h | v], the mean-shift step of their mixture of
// Gaussians (Carreira-Perpinan, PAMI 2000), which never climbs.
#pragma once

#include <algorithm>

#include "rbm/kernels/threads.h"
#include "rbm/model/energy.h"
#include "rbm/sampler/chains.h"

namespace rbm {

struct DescentReport {
    std::size_t sweeps = 0;   ///< of all sites, or gradient steps
    std::size_t settled = 0;  ///< chains that are at a local minimum
};

struct Descent {
    std::size_t steps = 1000;  ///< sweeps or gradient steps, at most
    /// Nats: a change of a site must gain more than this.  Continuous states are at a minimum when by their gradient
    /// they are within a thousandth of it.
    double tolerance = 1e-4;

    /// Moves chains.visible [C x N] to lower reduced energies, all rows for themselves.  Continuous states need a
    /// gradient.
    template <class Real, Energy<Real> E>
    DescentReport descend(const E& energy, BasicChains<Real>& chains, const Control& control = {}) const;
    /// The same on a machine's free energy.  Hidden states are left alone.
    template <class Real>
    DescentReport descend(const BasicMachine<Real>& machine, BasicChains<Real>& chains,
                          const Control& control = {}) const;
};

namespace detail {

/// Each row to the best letter of each of its sites in turn; proposals.taken says which rows still moved.
template <class Real, LocalEnergy<Real> E>
void sweep_down_rows(const E& energy, const BasicSites<Real>& sites, double tolerance, BasicChains<Real>& chains) {
    auto& proposals = chains.proposals;
    proposals.site_steps.resize(chains.count(), sites.columns());
    energy.begin_rows(chains.visible, BetaOf<Real>(chains.beta));
    rbm::parallel_for(chains.count(), [&](std::size_t c) {
        if (proposals.taken[c] == 0) return;
        proposals.taken[c] = 0;
        auto row = energy.row(c);
        const std::span<Real> state = chains.visible.row(c), steps = proposals.site_steps.row(c);
        for (std::size_t site = 0; site < sites.count(); ++site) {
            const std::size_t from = sites.letter_at(state, site);
            std::size_t best = from, last = from;
            double least = -tolerance;
            const auto change_to = [&](std::size_t letter) {
                sites.step(from, letter, steps);
                last = letter;
                return row.change(site * sites.columns(), steps);
            };
            for (std::size_t to = 0; to < sites.letters(); ++to) {
                if (to == from) continue;
                const double change = change_to(to);
                if (change < least) least = change, best = to;
            }
            if (best == from) continue;
            if (last != best) change_to(best);
            row.keep();
            sites.put(state, site, best);
            proposals.taken[c] = 1;
        }
    });
}

/// The same with energies of whole states.
template <class Real, Energy<Real> E>
void sweep_down(const E& energy, const BasicSites<Real>& sites, double tolerance, BasicChains<Real>& chains,
                Work& work) {
    auto& proposals = chains.proposals;
    const MatrixView<Real> state = chains.visible;
    const BetaOf<Real> beta(chains.beta);
    reduced_energy<Real>(energy, state, beta, proposals.energy);
    std::fill(proposals.taken.begin(), proposals.taken.end(), std::uint8_t{0});
    std::vector<std::size_t> from(state.rows), best(state.rows);
    std::vector<double> least(state.rows);
    for (std::size_t site = 0; site < sites.count(); ++site, work.ask()) {
        for (std::size_t c = 0; c < state.rows; ++c) {
            from[c] = best[c] = sites.letter_at(state.row(c), site);
            least[c] = proposals.energy[c] - tolerance;
        }
        for (std::size_t shift = 1; shift < sites.letters(); ++shift) {  // each row's other letters
            for (std::size_t c = 0; c < state.rows; ++c) {
                std::copy(state.row(c).begin(), state.row(c).end(), proposals.state.row(c).begin());
                sites.put(proposals.state.row(c), site, (from[c] + shift) % sites.letters());
            }
            reduced_energy<Real>(energy, proposals.state, beta, proposals.proposed_energy);
            for (std::size_t c = 0; c < state.rows; ++c)
                if (proposals.proposed_energy[c] < least[c])
                    least[c] = proposals.proposed_energy[c], best[c] = (from[c] + shift) % sites.letters();
        }
        for (std::size_t c = 0; c < state.rows; ++c) {
            if (best[c] == from[c]) continue;
            sites.put(state.row(c), site, best[c]);
            proposals.energy[c] = least[c];
            proposals.taken[c] = 1;
        }
    }
}

/// proposals.state = steps of length log_odds[c] down each row's gradient; thresholds[c] = what they promise to gain.
template <class Real>
void propose_downhill(BetaOf<Real> beta, MatrixView<const Real> state, BasicProposals<Real>& proposals);
/// Takes those that keep a part of their promise, and sets the next lengths.  Returns how many rows are at a minimum.
template <class Real>
std::size_t take_downhill(BetaOf<Real> beta, double tolerance, MatrixView<Real> state, BasicProposals<Real>& proposals);
[[noreturn]] void refuse_without_gradient();

}  // namespace detail

template <class Real, Energy<Real> E>
DescentReport Descent::descend(const E& energy, BasicChains<Real>& chains, const Control& control) const {
    Work work(control, "descent");
    auto& proposals = chains.proposals;
    const MatrixView<Real> state = chains.visible;
    const BetaOf<Real> beta(chains.beta);
    proposals.resize(state.rows, state.cols);
    const BasicSites<Real> sites = sites_of<Real>(energy, state.cols);
    DescentReport report;
    if (!sites.empty()) {
        sites.settle(state);
        std::fill(proposals.taken.begin(), proposals.taken.end(), std::uint8_t{1});
        const auto moving = [&] {
            return static_cast<std::size_t>(std::count(proposals.taken.begin(), proposals.taken.end(), 1));
        };
        while (report.sweeps < steps && moving() > 0) {
            if constexpr (LocalEnergy<E, Real>)
                detail::sweep_down_rows(energy, sites, tolerance, chains);
            else
                detail::sweep_down(energy, sites, tolerance, chains, work);
            ++report.sweeps;
            work.advance();
        }
        report.settled = state.rows - moving();
    } else if constexpr (DifferentiableEnergy<E, Real>) {
        proposals.resize_gradients(state.rows, state.cols);
        column_variances(energy, state.cols, proposals.variances);
        reduced_gradient<Real>(energy, state, beta, proposals.energy, proposals.gradient);
        std::fill(proposals.log_odds.begin(), proposals.log_odds.end(), 0.1);
        while (report.sweeps < steps && report.settled < state.rows) {
            detail::propose_downhill<Real>(beta, state, proposals);
            reduced_gradient<Real>(energy, proposals.state, beta, proposals.proposed_energy,
                                   proposals.proposed_gradient);
            report.settled = detail::take_downhill<Real>(beta, tolerance, state, proposals);
            ++report.sweeps;
            work.advance();
        }
    } else {
        detail::refuse_without_gradient();
    }
    return report;
}

}  // namespace rbm
