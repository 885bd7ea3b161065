// SPDX-License-Identifier: MIT
// Block Gibbs sampling: all hidden units given the visible ones, then all visible units given the hidden ones.  Both
// sides are independent given the other, so a sweep is two matrix products.
//
// Source: Geman & Geman, PAMI 1984; for RBMs Smolensky 1986.
#pragma once

#include "rbm/sampler/chains.h"

namespace rbm {

struct BlockGibbs {
    std::size_t steps = 1;  ///< sweeps per call of step()

    /// Each sweep draws chains.hidden given chains.visible, then chains.visible given chains.hidden, every row at its
    /// own inverse temperature.  Nothing is allocated after the first call.
    template <class Real>
    StepReport step(const BasicMachine<Real>& machine, BasicChains<Real>& chains, Random& random,
                    const Control& control = {}) const;
};

/// out = E[visible | chains.hidden] [C x V]: what pictures of chains show.
template <class Real>
void visible_means(const BasicMachine<Real>& machine, BasicChains<Real>& chains, MatrixView<Real> out);

}  // namespace rbm
