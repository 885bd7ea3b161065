// SPDX-License-Identifier: MIT
#include "rbm/sampler/chains.h"

namespace rbm {

template <class Real>
BasicChains<Real> BasicChains<Real>::from_noise(const BasicMachine<Real>& machine, std::size_t count, Random& random) {
    BasicMatrix<Real> visible_state(count, machine.visible_count());  // the field, zero at first
    sample(machine.visible, MatrixView<const Real>(visible_state), {}, random.next(), visible_state.view());
    return from_data(machine, visible_state, random);
}

template <class Real>
BasicChains<Real> BasicChains<Real>::from_data(const BasicMachine<Real>& machine, MatrixView<const Real> visible_state,
                                               Random& random) {
    BasicChains chains;
    chains.hidden = machine.sample_hidden(visible_state, random);
    chains.visible.resize(visible_state.rows, visible_state.cols);
    for (std::size_t c = 0; c < visible_state.rows; ++c)
        std::copy(visible_state.row(c).begin(), visible_state.row(c).end(), chains.visible.row(c).begin());
    return chains;
}

template struct BasicChains<float>;
template struct BasicChains<double>;

}  // namespace rbm
