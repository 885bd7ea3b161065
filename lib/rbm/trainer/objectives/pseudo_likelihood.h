// SPDX-License-Identifier: MIT
// Pseudo-likelihood: the mean over rows of -sum_s log p(v_s | the other sites), in nats, for discrete visible units.  A
// site is a bit, a spin or one of q states.  Neither log Z nor chains are needed, but every change's hidden field is.
// Source: Besag, The Statistician 1975; of RBMs: Marlin, Swersky, Chen & de Freitas, AISTATS 2010; of Potts models:
// Ekeberg, Lovkvist, Lan, Weigt & Aurell, Physical Review E 2013.
#pragma once

#include "rbm/trainer/objective.h"

namespace rbm {

struct PseudoLikelihood {
    std::size_t sites = 0;  ///< changed per update, drawn anew for each and counting for all; 0: all

    std::size_t negative_rows(std::size_t) const { return 0; }
    /// Throws Unsupported unless the visible units are discrete.
    template <class Real>
    void add_gradient(const BasicMachine<Real>& machine, std::size_t batch, BasicChains<Real>&, Random& random,
                      BasicGradientWorkspace<Real>& workspace, BasicMachine<Real>& gradient) const;
};
static_assert(Objective<PseudoLikelihood>);

}  // namespace rbm
