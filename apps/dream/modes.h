// SPDX-License-Identifier: MIT
// The modes that chains end in.
#pragma once

#include "apps/dream/dream_report.h"
#include "rbm/model/machine.h"

namespace rbm::app {

/// Moves states [C x V] to the local minima of F at this inverse temperature, and says which they are.
void descend_to_modes(const Machine& machine, double beta, Matrix& states, DreamReport& report);

}  // namespace rbm::app
