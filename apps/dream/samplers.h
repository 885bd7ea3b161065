// SPDX-License-Identifier: MIT
// The chains of rbm-dream by the samplers that propose and take or refuse, or cool down.
#pragma once

#include <string>

#include "apps/dream/dreamer.h"

namespace rbm::app {

/// Chains from `start` by one of them.  A step size that is not given is sought during the first half of the run of
/// `steps`, then kept; that of unadjusted Langevin steps is 0.05.  Throws UsageError for a step size that the sampler
/// has no use for, and Unsupported for units that it cannot move.
std::unique_ptr<Dreamer> proposing_dreamer(const std::string& sampler, const Machine& machine, Chains start,
                                           std::size_t steps, std::optional<double> step_size);

/// Moves states [C x V] to the local minima of F at this inverse temperature, and says which they are.
void descend_to_modes(const Machine& machine, double beta, Matrix& states, DreamReport& report);

}  // namespace rbm::app
