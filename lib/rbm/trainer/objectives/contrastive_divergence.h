// SPDX-License-Identifier: MIT
// Contrastive divergence and its persistent form: follow F(data) - F(model), with the model's side sampled by k sweeps
// of Gibbs sampling that start at the data (CD) or where the last update's chains ended (PCD).
//
// Hidden states are sampled where they drive the chain; the gradient uses hidden means on both sides.
// Sources: Hinton, Neural Computation 2002 (CD); Younes 1989, Tieleman, ICML 2008 (PCD).
#pragma once

#include "rbm/trainer/objective.h"

namespace rbm {

struct ContrastiveDivergence {
    std::size_t steps = 1;  ///< the k of CD-k
    StepsSchedule schedule = StepsSchedule::constant;

    std::size_t negative_rows(std::size_t batch) const { return batch; }
    template <class Real>
    void add_gradient(const BasicMachine<Real>& machine, std::size_t batch, BasicChains<Real>& chains, Random& random,
                      BasicGradientWorkspace<Real>& workspace, BasicMachine<Real>& gradient) const;
};

struct PersistentContrastiveDivergence {
    std::size_t steps = 1;     ///< sweeps per update
    std::size_t chains = 100;  ///< need not be the batch size
    StepsSchedule schedule = StepsSchedule::constant;

    std::size_t negative_rows(std::size_t) const { return chains; }
    /// `chains` [C rows] are moved on; between updates their state is `hidden`, drawn from the last visible states.
    template <class Real>
    void add_gradient(const BasicMachine<Real>& machine, std::size_t batch, BasicChains<Real>& persistent,
                      Random& random, BasicGradientWorkspace<Real>& workspace, BasicMachine<Real>& gradient) const;
};

static_assert(Objective<ContrastiveDivergence> && Objective<PersistentContrastiveDivergence>);

}  // namespace rbm
