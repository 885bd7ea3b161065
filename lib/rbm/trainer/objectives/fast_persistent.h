// SPDX-License-Identifier: MIT
// Fast PCD: persistent chains that see the machine with fast weights on top, which learn at a rate of their own and
// fade.  What the chains visit becomes less probable for a while, so that they leave their modes; the machine itself
// may learn slowly.
//
// Fast weights follow the plain gradient, in the data's units for Gaussian units; log sigma has none.  The model's side
// of the gradient takes hidden means of the machine without them, so that both phases share their products.
// Source: Tieleman & Hinton, "Using fast weights to improve persistent contrastive divergence", ICML 2009.
#pragma once

#include "rbm/trainer/objective.h"

namespace rbm {

struct FastPersistentContrastiveDivergence {
    std::size_t steps = 1;     ///< sweeps per update
    std::size_t chains = 100;  ///< need not be the batch size
    StepsSchedule schedule = StepsSchedule::constant;
    float fast_rate = 0.05F;   ///< of the fast weights; follows no schedule
    float fast_decay = 0.95F;  ///< what is left of them after an update

    std::size_t negative_rows(std::size_t) const { return chains; }
    /// The chains [C rows] are moved on from their visible states; the fast weights are made at the first call.
    template <class Real>
    void add_gradient(const BasicMachine<Real>& machine, std::size_t batch, BasicNegativePhase<Real>& phase,
                      Random& random, BasicGradientWorkspace<Real>& workspace, BasicMachine<Real>& gradient) const;
};

static_assert(Objective<FastPersistentContrastiveDivergence>);

}  // namespace rbm
