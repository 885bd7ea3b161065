// SPDX-License-Identifier: MIT
// The ladder of machines that a run of trajectory tempering leaves beside its model.
#pragma once

#include <string>

#include "rbm/sampler/trajectory.h"

namespace rbm::app {

/// Those of the ladder beside the model that lie below it: up to the one with the weights that are closest to its own.
/// None where no ladder lies there.
MachineLadder ladder_of(const std::string& model_path, const Machine& machine);

/// Throws UsageError: this choice needs a ladder, and there is none.
[[noreturn]] void refuse_without_ladder(const std::string& option, const std::string& choice,
                                        const std::string& model_path);

}  // namespace rbm::app
