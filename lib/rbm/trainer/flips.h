// SPDX-License-Identifier: MIT
// Losses of what one flipped bit does: sum over units i of f(F(v) - F(v with unit i flipped)).  A flip changes the
// hidden fields by one row of the weights, so B rows of V flips cost as much as V B rows, without their products.  Not
// installed.
#pragma once

#include <string_view>

#include "rbm/trainer/objective.h"

namespace rbm::detail {

/// f and its derivative at d.
struct Slope {
    double value, derivative;
};

/// Adds the gradient of sum_b row_weights[b] sum_i f(d_bi), taken over `units` of the V units, drawn anew for each
/// batch and scaled by V / units, or over all when that is 0; sets workspace.loss.  Throws Unsupported unless the
/// visible units have two states.
template <class Real>
void add_flip_gradient(const BasicMachine<Real>& machine, std::size_t batch, std::size_t units, Slope (*f)(double d),
                       std::string_view name, Random& random, BasicGradientWorkspace<Real>& workspace,
                       BasicMachine<Real>& gradient);

}  // namespace rbm::detail
