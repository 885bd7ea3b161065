// SPDX-License-Identifier: MIT
#include "rbm/sampler/block_gibbs.h"

namespace rbm {

template <class Real>
StepReport BlockGibbs::step(const BasicMachine<Real>& machine, BasicChains<Real>& chains, Random& random,
                            const Control& control) const {
    Work work(control, "sampling", steps);
    auto& workspace = chains.workspace;
    const BetaOf<Real> beta(chains.beta);
    const PreparedMachine prepared(machine, workspace, steps * chains.count());
    for (std::size_t sweep = 0; sweep < steps; ++sweep) {
        workspace.hidden_field.resize(chains.count(), machine.hidden_count());
        machine.hidden_field(chains.visible, workspace, workspace.hidden_field);
        sample(machine.hidden, workspace.hidden_field, beta, random.next(), chains.hidden.view());
        workspace.visible_field.resize(chains.count(), machine.visible_count());
        machine.visible_field(chains.hidden, workspace, workspace.visible_field);
        sample(machine.visible, workspace.visible_field, beta, random.next(),
               chains.visible.view());
        work.advance();
    }
    return {steps};
}

template <class Real>
void visible_means(const BasicMachine<Real>& machine, BasicChains<Real>& chains, MatrixView<Real> out) {
    machine.visible_field(chains.hidden, chains.workspace, out);
    mean(machine.visible, out, BetaOf<Real>(chains.beta), out);
}

template StepReport BlockGibbs::step(const BasicMachine<float>&, BasicChains<float>&, Random&, const Control&) const;
template StepReport BlockGibbs::step(const BasicMachine<double>&, BasicChains<double>&, Random&, const Control&) const;
template void visible_means(const BasicMachine<float>&, BasicChains<float>&, MatrixView<float>);
template void visible_means(const BasicMachine<double>&, BasicChains<double>&, MatrixView<double>);

}  // namespace rbm
