// SPDX-License-Identifier: MIT
// Chains at the top of a training run's ladder.  Not installed.
#pragma once

#include <memory>

#include "rbm/method/running_chains.h"

namespace rbm {

/// Throws InvalidArgument when the inputs have no ladder.
std::unique_ptr<RunningChains> trajectory_chains(const SamplerInputs& inputs, Random& random);

/// The machines below, and the one that is sampled, each with the energy beta E.
MachineLadder ladder_to(const MachineLadder& below, const Machine& machine, double beta);

}  // namespace rbm
