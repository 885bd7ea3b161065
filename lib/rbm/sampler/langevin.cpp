// SPDX-License-Identifier: MIT
#include "rbm/sampler/langevin.h"

#include <fmt/format.h>

#include <cmath>

#include "rbm/kernels/error.h"
#include "rbm/kernels/ops.h"
#include "rbm/kernels/threads.h"
#include "rbm/model/marginal.h"

namespace rbm {
namespace detail {

template <class Real>
void propose_langevin(double step_size, BetaOf<Real> beta, MatrixView<const Real> state, const Stream& stream,
                      BasicProposals<Real>& proposals) {
    proposals.deviations.resize(state.cols);
    for (std::size_t i = 0; i < state.cols; ++i)
        proposals.deviations[i] =
            static_cast<Real>(std::sqrt(2 * step_size * static_cast<double>(proposals.variances[i])));
    parallel_rows(state.rows, state.cols, [&](std::size_t first, std::size_t count) {
        for (std::size_t c = first; c < first + count; ++c) {
            const Real pull = static_cast<Real>(step_size) / reference::row_value(beta, c);
            const auto from = state.row(c);
            const auto to = proposals.state.row(c), gradient = proposals.gradient.row(c);
            for (std::size_t i = 0; i < from.size(); ++i) to[i] = from[i] - pull * proposals.variances[i] * gradient[i];
        }
    });
    sample_normal(proposals.state, std::span<const Real>(proposals.deviations), beta, stream, proposals.state.view());
}

template <class Real>
void weigh_langevin(double step_size, BetaOf<Real> beta, MatrixView<const Real> state,
                    BasicProposals<Real>& proposals) {
    parallel_rows(state.rows, state.cols, [&](std::size_t first, std::size_t count) {
        for (std::size_t c = first; c < first + count; ++c) {
            // log q(x' | x) = -(x' - x + pull M g)^2 / (4 pull M), pull = eta / beta; g + g' and g - g' are what stays.
            const double pull = step_size / static_cast<double>(reference::row_value(beta, c));
            const auto from = state.row(c);
            const auto to = proposals.state.row(c), here = proposals.gradient.row(c),
                       there = proposals.proposed_gradient.row(c);
            double sum = 0;
            for (std::size_t i = 0; i < from.size(); ++i) {
                const double move = static_cast<double>(to[i]) - static_cast<double>(from[i]);
                const double g = static_cast<double>(here[i]), other = static_cast<double>(there[i]);
                sum += (g + other) *
                       (0.5 * move + 0.25 * pull * static_cast<double>(proposals.variances[i]) * (g - other));
            }
            proposals.log_odds[c] = proposals.energy[c] - proposals.proposed_energy[c] + sum;
        }
    });
}

template void propose_langevin(double, BetaOf<float>, ConstView, const Stream&, BasicProposals<float>&);
template void propose_langevin(double, BetaOf<double>, MatrixView<const double>, const Stream&,
                               BasicProposals<double>&);
template void weigh_langevin(double, BetaOf<float>, ConstView, BasicProposals<float>&);
template void weigh_langevin(double, BetaOf<double>, MatrixView<const double>, BasicProposals<double>&);

}  // namespace detail

template <class Real>
void refuse_discrete(std::string_view sampler, const BasicMachine<Real>& machine) {
    if (!sites(machine.visible).empty())
        throw Unsupported(
            fmt::format("{} of {} visible units: they are discrete; use Metropolis or Gibbs with gradients", sampler,
                        kind(machine.visible)));
}
template void refuse_discrete(std::string_view, const Machine&);
template void refuse_discrete(std::string_view, const PreciseMachine&);

template <class Real>
StepReport Langevin::step(const BasicMachine<Real>& machine, BasicChains<Real>& chains, Random& random,
                          const Control& control) const {
    refuse_discrete("Langevin sampling", machine);
    const PreparedMachine prepared(machine, chains.workspace, (steps + 1) * chains.count());
    const StepReport report = step(BasicMarginal<Real>(machine, chains.workspace), chains, random, control);
    draw_hidden(machine, chains, random);
    return report;
}
template StepReport Langevin::step(const Machine&, Chains&, Random&, const Control&) const;
template StepReport Langevin::step(const PreciseMachine&, BasicChains<double>&, Random&, const Control&) const;

}  // namespace rbm
