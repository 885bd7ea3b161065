// SPDX-License-Identifier: MIT
// Products of machines over the same visible units: p(v) in proportion to the product of their p_k(v), each with a
// weight on its joint energy.
//
//   E(v, h_1, ..., h_K)  =  sum_k beta_k E_k(v, h_k)
//
// The hidden units of all lie side by side, so the product is a machine again, of H_1 + ... + H_K hidden units, and
// F(v) = sum_k F_k(v) at beta_k.  For Bernoulli units biases and weights are scaled and the visible biases added; for
// Gaussian ones 1 / sigma^2 and center / sigma^2 are; spins and the columns of Potts units go as Bernoulli units do.
// Source: Hinton, "Training products of experts by minimizing contrastive divergence", Neural Computation 2002.
#pragma once

#include <span>

#include "rbm/model/machine.h"

namespace rbm {

/// The bank whose energy of its own is the sum of both's, up to a constant.  Throws InvalidArgument unless kinds
/// and widths agree, and states of Potts units.
template <class Real>
BasicUnits<Real> sum_of_energies(const BasicUnits<Real>& first, const BasicUnits<Real>& second);

/// The product; one beta for each machine, above 0, or none for 1.  Its energy is the sum up to a constant, which is 0
/// for discrete visible units.  Throws InvalidArgument when there is no machine, or visible units or betas do not
/// fit, and Unsupported when the hidden units are of several kinds, or of
/// several numbers of states.
template <class Real>
BasicMachine<Real> compose(std::span<const BasicMachine<Real>> machines, std::span<const double> betas = {});

}  // namespace rbm
