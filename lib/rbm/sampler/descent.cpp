// SPDX-License-Identifier: MIT
#include "rbm/sampler/descent.h"

#include <cmath>

#include "rbm/kernels/error.h"
#include "rbm/kernels/reference.h"
#include "rbm/model/marginal.h"

namespace rbm {
namespace detail {

template <class Real>
void propose_downhill(BetaOf<Real> beta, MatrixView<const Real> state, BasicProposals<Real>& proposals) {
    parallel_rows(state.rows, state.cols, [&](std::size_t first, std::size_t count) {
        for (std::size_t c = first; c < first + count; ++c) {
            const double scale = 1 / static_cast<double>(reference::row_value(beta, c));
            const auto from = state.row(c);
            const auto to = proposals.state.row(c), gradient = proposals.gradient.row(c);
            double squares = 0;
            for (std::size_t i = 0; i < from.size(); ++i) {
                const double slope = static_cast<double>(gradient[i]);
                const double down = scale * static_cast<double>(proposals.variances[i]) * slope;
                squares += down * slope;
                to[i] = static_cast<Real>(static_cast<double>(from[i]) - proposals.log_odds[c] * down);
            }
            proposals.thresholds[c] = squares;
        }
    });
}

template <class Real>
std::size_t take_downhill(BetaOf<Real> beta, double tolerance, MatrixView<Real> state,
                          BasicProposals<Real>& proposals) {
    std::size_t settled = 0;
    for (std::size_t c = 0; c < state.rows; ++c) {
        double& length = proposals.log_odds[c];
        const double squares = proposals.thresholds[c];
        // Half the squares is what a parabola of these variances still has to fall.  Below a length of 1e-7 rounding
        // decides.
        const bool at_minimum = 0.5 * squares < 1e-3 * tolerance || length < 1e-7;
        if (at_minimum) ++settled;
        double squares_there = 0;
        const auto slopes = proposals.proposed_gradient.row(c);
        for (std::size_t i = 0; i < slopes.size(); ++i)
            squares_there += static_cast<double>(proposals.variances[i]) * static_cast<double>(slopes[i]) *
                             static_cast<double>(slopes[i]);
        squares_there /= static_cast<double>(reference::row_value(beta, c));
        const double change = proposals.proposed_energy[c] - proposals.energy[c];
        // Energies of float machines are good to some 1e-6; where they cannot tell, a gradient that shrinks does.
        const double noise = 1e-6 * std::max(1.0, std::abs(proposals.energy[c]));
        const bool better = change <= -1e-4 * length * squares || (change <= noise && squares_there < squares);
        proposals.taken[c] = !at_minimum && better ? 1 : 0;
        if (!at_minimum) length *= better ? 1.5 : 0.5;
    }
    proposals.take_states(state);
    proposals.take_gradients();
    return settled;
}

void refuse_without_gradient() {
    throw Unsupported("Descent on continuous states: the energy has no energy_and_gradient()");
}

template void propose_downhill(BetaOf<float>, ConstView, BasicProposals<float>&);
template void propose_downhill(BetaOf<double>, MatrixView<const double>, BasicProposals<double>&);
template std::size_t take_downhill(BetaOf<float>, double, View, BasicProposals<float>&);
template std::size_t take_downhill(BetaOf<double>, double, MatrixView<double>, BasicProposals<double>&);

}  // namespace detail

template <class Real>
DescentReport Descent::descend(const BasicMachine<Real>& machine, BasicChains<Real>& chains,
                               const Control& control) const {
    return descend(BasicMarginal<Real>(machine, chains.workspace), chains, control);
}
template DescentReport Descent::descend(const Machine&, Chains&, const Control&) const;
template DescentReport Descent::descend(const PreciseMachine&, BasicChains<double>&, const Control&) const;

}  // namespace rbm
