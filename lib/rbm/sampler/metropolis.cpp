// SPDX-License-Identifier: MIT
#include "rbm/sampler/metropolis.h"

#include "rbm/kernels/ops.h"
#include "rbm/model/marginal.h"

namespace rbm {
namespace detail {

template <class Real>
Flip draw_flip(const BasicSites<Real>& sites, std::span<const Real> row, const Stream& stream, std::size_t row_number,
               std::size_t number) {
    const auto words = philox_block(stream, row_number, number);
    const auto below = [](std::uint32_t word, std::size_t limit) {
        return static_cast<std::size_t>(std::uint64_t{word} * limit >> 32);
    };
    Flip flip;
    flip.site = below(words[0], sites.count());
    flip.from = sites.letter_at(row, flip.site);
    flip.to = below(words[1], sites.letters() - 1);
    if (flip.to >= flip.from) ++flip.to;  // any other letter
    flip.threshold = log_uniform(words[2]);
    return flip;
}

template <class Real>
void propose_flips(const BasicSites<Real>& sites, MatrixView<const Real> state, const Stream& stream,
                   std::size_t number, BasicProposals<Real>& proposals) {
    for (std::size_t c = 0; c < state.rows; ++c) {
        const auto from = state.row(c);
        const auto to = proposals.state.row(c);
        std::copy(from.begin(), from.end(), to.begin());
        const Flip flip = draw_flip(sites, from, stream, c, number);
        sites.put(to, flip.site, flip.to);
        proposals.thresholds[c] = flip.threshold;
    }
}

template <class Real>
void propose_gaussian(double deviation, BetaOf<Real> beta, MatrixView<const Real> state, const Stream& stream,
                      BasicProposals<Real>& proposals) {
    proposals.deviations.resize(state.cols);
    for (std::size_t i = 0; i < state.cols; ++i)
        proposals.deviations[i] = static_cast<Real>(deviation) * std::sqrt(proposals.variances[i]);
    sample_normal(state, std::span<const Real>(proposals.deviations), beta, stream, proposals.state.view());
}

template Flip draw_flip(const BasicSites<float>&, std::span<const float>, const Stream&, std::size_t, std::size_t);
template Flip draw_flip(const BasicSites<double>&, std::span<const double>, const Stream&, std::size_t, std::size_t);
template void propose_flips(const BasicSites<float>&, ConstView, const Stream&, std::size_t, BasicProposals<float>&);
template void propose_flips(const BasicSites<double>&, MatrixView<const double>, const Stream&, std::size_t,
                            BasicProposals<double>&);
template void propose_gaussian(double, BetaOf<float>, ConstView, const Stream&, BasicProposals<float>&);
template void propose_gaussian(double, BetaOf<double>, MatrixView<const double>, const Stream&,
                               BasicProposals<double>&);

}  // namespace detail

template <class Real>
StepReport Metropolis::step(const BasicMachine<Real>& machine, BasicChains<Real>& chains, Random& random,
                            const Control& control) const {
    const PreparedMachine prepared(machine, chains.workspace, steps * chains.count());
    const StepReport report = step(BasicMarginal<Real>(machine, chains.workspace), chains, random, control);
    draw_hidden(machine, chains, random);
    return report;
}
template StepReport Metropolis::step(const Machine&, Chains&, Random&, const Control&) const;
template StepReport Metropolis::step(const PreciseMachine&, BasicChains<double>&, Random&, const Control&) const;

}  // namespace rbm
