// SPDX-License-Identifier: MIT
// Ratio matching: the mean over rows of sum_i (1 - p(v_i | the other units))^2, for visible units of two states: score
// matching's counterpart, with ratios of flipped states in the place of derivatives.  It costs what pseudo-likelihood
// does, and forgives flips that are hopeless.
// Source: Hyvarinen, "Some extensions of score matching", Computational Statistics & Data Analysis 2007.
#pragma once

#include "rbm/trainer/objective.h"

namespace rbm {

struct RatioMatching {
    std::size_t units = 0;  ///< flipped per update, drawn anew for each and counting for all; 0: all

    std::size_t negative_rows(std::size_t) const { return 0; }
    /// Throws Unsupported unless the visible units have two states.
    template <class Real>
    void add_gradient(const BasicMachine<Real>& machine, std::size_t batch, BasicChains<Real>&, Random& random,
                      BasicGradientWorkspace<Real>& workspace, BasicMachine<Real>& gradient) const;
};
static_assert(Objective<RatioMatching>);

}  // namespace rbm
