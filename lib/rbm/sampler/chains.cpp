// SPDX-License-Identifier: MIT
#include "rbm/sampler/chains.h"

namespace rbm {

template <class Real>
BasicChains<Real> BasicChains<Real>::from_noise(const BasicMachine<Real>& machine, std::size_t count, Random& random) {
    BasicMatrix<Real> visible_state(count, machine.visible_count());  // the field, zero at first
    sample(machine.visible, visible_state, {}, random.next(), visible_state.view());
    return from_data(machine, visible_state, random);
}

template <class Real>
BasicChains<Real> BasicChains<Real>::from_data(const BasicMachine<Real>& machine, MatrixView<const Real> visible_state,
                                               Random& random) {
    BasicChains chains = from_states(visible_state);
    chains.hidden = machine.sample_hidden(visible_state, random);
    return chains;
}

template <class Real>
BasicChains<Real> BasicChains<Real>::from_states(MatrixView<const Real> states) {
    BasicChains chains;
    chains.visible.resize(states.rows, states.cols);
    for (std::size_t c = 0; c < states.rows; ++c)
        std::copy(states.row(c).begin(), states.row(c).end(), chains.visible.row(c).begin());
    return chains;
}

template <class Real>
void draw_hidden(const BasicMachine<Real>& machine, BasicChains<Real>& chains, Random& random) {
    const Uninterrupted whole;
    chains.hidden.resize(chains.count(), machine.hidden_count());
    auto& field = chains.workspace.hidden_field;
    field.resize(chains.count(), machine.hidden_count());
    machine.hidden_field(chains.visible, chains.workspace, field);
    sample(machine.hidden, field, BetaOf<Real>(chains.beta), random.next(), chains.hidden.view());
}

template struct BasicChains<float>;
template struct BasicChains<double>;
template void draw_hidden(const BasicMachine<float>&, BasicChains<float>&, Random&);
template void draw_hidden(const BasicMachine<double>&, BasicChains<double>&, Random&);

}  // namespace rbm
