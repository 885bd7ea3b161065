// SPDX-License-Identifier: MIT
// Which units make a sample unlikely.
#pragma once

#include "rbm/kernels/control.h"
#include "rbm/model/machine.h"

namespace rbm {

/// How much each unit of a sample surprises, in nats; visible_state [B x V], out [B x sites], which are V but for Potts
/// units.
///   discrete units:    -log p(v_i | all others) >= 0 of each site, whose sum over i is minus the log pseudo-likelihood
///   continuous units:  F(v) - F(v with v_i = m_i), m = E[v | E[h | v]]: what mending that unit alone would gain
/// A row costs V times H terms.
void attribution(const Machine& machine, ConstView visible_state, View out, const Control& control = {});

}  // namespace rbm
