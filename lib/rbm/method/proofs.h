// SPDX-License-Identifier: MIT
// The proof of each row: samplers and objectives put to numbers on a small part of a machine, without knowing them.
//
// A sampler that keeps the distribution: chains that start at exact draws stay exact (chi-square).
// A consistent objective: on data drawn from the machine itself, its mean gradient is 0; on data of another machine it
// is not, and leads to a higher likelihood of them.  Both hold for every estimator whose optimum on data from a machine
// is that machine: maximum likelihood by chains at equilibrium, score matching, pseudo-likelihood, noise contrast.
// One with a loss: its gradient is the slope of that loss, the random numbers being the same.
#pragma once

#include "rbm/check/self_check.h"
#include "rbm/kernels/control.h"
#include "rbm/method/objectives.h"
#include "rbm/method/samplers.h"

namespace rbm {

/// No results when the row has no answer for these units, or its proof is elsewhere.
std::vector<CheckResult> prove(const SamplerMethod& method, const Machine& machine, std::uint64_t seed);
std::vector<CheckResult> prove(const ObjectiveMethod& method, const Machine& machine, std::uint64_t seed);

/// A ladder for a machine that no run has left one for: its weights times 0 and times a half.
MachineLadder scaled_ladder(const Machine& machine);

/// Those of all rows.
std::vector<CheckResult> method_checks(const Machine& machine, std::uint64_t seed = 1, const Control& control = {});

}  // namespace rbm
