// SPDX-License-Identifier: MIT
// Markov chains over the states of a machine: data that can be saved, resumed and handed from sampler to sampler.
//
// Shapes: C chains, V visible units, H hidden units.
#pragma once

#include "rbm/model/machine.h"

namespace rbm {

template <class Real>
struct BasicChains {
    BasicMatrix<Real> visible;  ///< [C x V]
    BasicMatrix<Real> hidden;   ///< [C x H]
    std::vector<Real> beta;     ///< [C] inverse temperatures, or empty for 1
    BasicWorkspace<Real> workspace;

    std::size_t count() const { return visible.rows(); }

    /// Every visible unit drawn at field 0, by its own bias or center, independent of the others.
    static BasicChains from_noise(const BasicMachine<Real>& machine, std::size_t count, Random& random);

    /// Chains that start at the rows of `visible_state` [C x V].  Throws std::invalid_argument when columns do not fit.
    static BasicChains from_data(const BasicMachine<Real>& machine, MatrixView<const Real> visible_state,
                                 Random& random);
};

using Chains = BasicChains<float>;

}  // namespace rbm
