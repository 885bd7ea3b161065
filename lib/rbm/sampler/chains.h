// SPDX-License-Identifier: MIT
// Markov chains over the states of a machine: data that can be saved, resumed and handed from sampler to sampler.
//
// Shapes: C chains, V visible units, H hidden units.
#pragma once

#include "rbm/model/machine.h"
#include "rbm/sampler/sampler.h"

namespace rbm {

template <class Real>
struct BasicChains {
    BasicMatrix<Real> visible;  ///< [C x V]
    BasicMatrix<Real> hidden;   ///< [C x H]
    std::vector<Real> beta;     ///< [C] inverse temperatures, or empty for 1
    BasicWorkspace<Real> workspace;
    BasicProposals<Real> proposals;

    std::size_t count() const { return visible.rows(); }

    /// Every visible unit drawn at field 0, by its own bias or center, independent of the others.
    static BasicChains from_noise(const BasicMachine<Real>& machine, std::size_t count, Random& random);

    /// Chains that start at the rows of `visible_state` [C x V].  Throws InvalidArgument when columns do not fit.
    static BasicChains from_data(const BasicMachine<Real>& machine, MatrixView<const Real> visible_state,
                                 Random& random);

    /// Chains of an energy that has no hidden units, which start at these states [C x N].
    static BasicChains from_states(MatrixView<const Real> states);
};

/// chains.hidden ~ p(h | chains.visible), each row at its own temperature: for samplers that move visible units alone.
template <class Real>
void draw_hidden(const BasicMachine<Real>& machine, BasicChains<Real>& chains, Random& random);

using Chains = BasicChains<float>;

}  // namespace rbm
