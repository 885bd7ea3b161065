// SPDX-License-Identifier: MIT
// Ratio matching: half the squared distance between p(v_s | the other sites) and what stands there, for discrete
// visible units: the mean over rows of sum_s sum_k (p(k | the other sites) - [v_s = k])^2 / 2.  For two states that is
// (1 - p(v_s | the other sites))^2.  It is score matching's counterpart, with ratios of changed states in the place of
// derivatives; it costs what pseudo-likelihood does, and forgives sites that are hopeless.
// For q states: the derivation squares the distance of the conditional probabilities of data and machine, and what is
// left of E_data sum_k (p_data(k | rest) - p(k | rest))^2 without the constant is this sum, so that it has the same
// minimum.  Source: Hyvarinen, "Some extensions of score matching", Computational Statistics & Data Analysis 2007, who
// has two states.
#pragma once

#include "rbm/trainer/objective.h"

namespace rbm {

struct RatioMatching {
    std::size_t sites = 0;  ///< changed per update, drawn anew for each and counting for all; 0: all

    std::size_t negative_rows(std::size_t) const { return 0; }
    /// Throws Unsupported unless the visible units are discrete.
    template <class Real>
    void add_gradient(const BasicMachine<Real>& machine, std::size_t batch, BasicChains<Real>&, Random& random,
                      BasicGradientWorkspace<Real>& workspace, BasicMachine<Real>& gradient) const;
};
static_assert(Objective<RatioMatching>);

}  // namespace rbm
