// SPDX-License-Identifier: MIT
// Pseudo-likelihood: the mean over rows of -sum_i log p(v_i | the other units), in nats, for visible units of two
// states.  Neither log Z nor chains are needed, but every flip's hidden field is.
// Source: Besag, The Statistician 1975; of RBMs: Marlin, Swersky, Chen & de Freitas, AISTATS 2010.
#pragma once

#include "rbm/trainer/objective.h"

namespace rbm {

struct PseudoLikelihood {
    std::size_t units = 0;  ///< flipped per update, drawn anew for each and counting for all; 0: all

    std::size_t negative_rows(std::size_t) const { return 0; }
    /// Throws Unsupported unless the visible units have two states.
    template <class Real>
    void add_gradient(const BasicMachine<Real>& machine, std::size_t batch, BasicChains<Real>&, Random& random,
                      BasicGradientWorkspace<Real>& workspace, BasicMachine<Real>& gradient) const;
};
static_assert(Objective<PseudoLikelihood>);

}  // namespace rbm
