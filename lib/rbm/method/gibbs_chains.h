// SPDX-License-Identifier: MIT
// Chains of block Gibbs sampling, and those at the top of ladders of parallel tempering.  Not installed.
#pragma once

#include <memory>

#include "rbm/method/running_chains.h"

namespace rbm {

/// Units that are held stay what they are.
std::unique_ptr<RunningChains> gibbs_chains(const SamplerInputs& inputs, Random& random);

/// One ladder per chain, whose top rung is the chain.
std::unique_ptr<RunningChains> tempering_chains(const SamplerInputs& inputs, Random& random);

}  // namespace rbm
