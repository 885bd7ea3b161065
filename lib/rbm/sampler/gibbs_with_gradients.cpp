// SPDX-License-Identifier: MIT
#include "rbm/sampler/gibbs_with_gradients.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "rbm/kernels/error.h"
#include "rbm/kernels/threads.h"
#include "rbm/model/marginal.h"

namespace rbm {
namespace detail {
namespace {

/// visit(site, letter, preference) for every change of one site: -half the estimate of what it adds to the energy.
template <class Real, class Visit>
void each_change(const BasicSites<Real>& sites, std::span<const Real> row, std::span<const Real> gradient,
                 Visit&& visit) {
    const std::size_t columns = sites.columns();
    for (std::size_t site = 0; site < sites.count(); ++site) {
        const std::size_t from = sites.letter_at(row, site);
        const auto slopes = gradient.subspan(site * columns, columns);
        for (std::size_t to = 0; to < sites.letters(); ++to) {
            if (to == from) continue;
            double slope = 0;
            for (std::size_t c = 0; c < columns; ++c)
                slope += static_cast<double>(slopes[c]) *
                         (static_cast<double>(sites.letter(to)[c]) - static_cast<double>(sites.letter(from)[c]));
            visit(site, to, -0.5 * slope);
        }
    }
}

struct Preferences {
    double largest = -std::numeric_limits<double>::infinity();
    double sum = 0;  ///< of exp(preference - largest)
};
template <class Real>
Preferences preferences(const BasicSites<Real>& sites, std::span<const Real> row, std::span<const Real> gradient) {
    Preferences found;
    each_change(sites, row, gradient, [&](std::size_t, std::size_t, double preference) {
        found.largest = std::max(found.largest, preference);
    });
    each_change(sites, row, gradient, [&](std::size_t, std::size_t, double preference) {
        found.sum += std::exp(preference - found.largest);
    });
    return found;
}

}  // namespace

void refuse_continuous(std::string_view what) {
    throw Unsupported(fmt::format("Gibbs with gradients of {}: it needs discrete units; use Langevin", what));
}

template <class Real>
void propose_by_gradient(const BasicSites<Real>& sites, MatrixView<const Real> state, const Stream& stream,
                         BasicProposals<Real>& proposals) {
    parallel_rows(state.rows, 16 * state.cols, [&](std::size_t first, std::size_t count) {
        for (std::size_t c = first; c < first + count; ++c) {
            const auto row = state.row(c);
            const std::span<const Real> gradient = proposals.gradient.row(c);
            const auto to = proposals.state.row(c);
            std::copy(row.begin(), row.end(), to.begin());
            const Preferences all = preferences(sites, row, gradient);
            const auto words = philox_block(stream, c, 0);
            const double uniform =
                (static_cast<double>(words[0]) + (static_cast<double>(words[1]) + 0.5) * 0x1p-32) * 0x1p-32;
            double left = uniform * all.sum, chosen = 0;
            std::size_t site = 0, letter = 0;
            bool found = false;
            each_change(sites, row, gradient, [&](std::size_t s, std::size_t k, double preference) {
                if (found) return;
                site = s, letter = k, chosen = preference;  // the last one stays if rounding leaves a rest
                left -= std::exp(preference - all.largest);
                found = left < 0;
            });
            sites.put(to, site, letter);
            proposals.log_odds[c] = all.largest + std::log(all.sum) - chosen;
        }
    });
}

template <class Real>
void weigh_by_gradient(const BasicSites<Real>& sites, MatrixView<const Real> state, BasicProposals<Real>& proposals) {
    parallel_rows(state.rows, 16 * state.cols, [&](std::size_t first, std::size_t count) {
        for (std::size_t c = first; c < first + count; ++c) {
            const std::span<const Real> there = proposals.state.row(c), gradient = proposals.proposed_gradient.row(c);
            const Preferences all = preferences(sites, there, gradient);
            double back = 0;  // the preference of the way back, over the columns that changed
            for (std::size_t i = 0; i < there.size(); ++i)
                back -= 0.5 * static_cast<double>(gradient[i]) *
                        (static_cast<double>(state.row(c)[i]) - static_cast<double>(there[i]));
            proposals.log_odds[c] +=
                proposals.energy[c] - proposals.proposed_energy[c] + back - all.largest - std::log(all.sum);
        }
    });
}

template void propose_by_gradient(const BasicSites<float>&, ConstView, const Stream&, BasicProposals<float>&);
template void propose_by_gradient(const BasicSites<double>&, MatrixView<const double>, const Stream&,
                                  BasicProposals<double>&);
template void weigh_by_gradient(const BasicSites<float>&, ConstView, BasicProposals<float>&);
template void weigh_by_gradient(const BasicSites<double>&, MatrixView<const double>, BasicProposals<double>&);

}  // namespace detail

template <class Real>
StepReport GibbsWithGradients::step(const BasicMachine<Real>& machine, BasicChains<Real>& chains, Random& random,
                                    const Control& control) const {
    if (sites(machine.visible).empty())
        detail::refuse_continuous(fmt::format("{} visible units", kind(machine.visible)));
    const PreparedMachine prepared(machine, chains.workspace, (steps + 1) * chains.count());
    const StepReport report = step(BasicMarginal<Real>(machine, chains.workspace), chains, random, control);
    draw_hidden(machine, chains, random);
    return report;
}
template StepReport GibbsWithGradients::step(const Machine&, Chains&, Random&, const Control&) const;
template StepReport GibbsWithGradients::step(const PreciseMachine&, BasicChains<double>&, Random&,
                                             const Control&) const;

}  // namespace rbm
