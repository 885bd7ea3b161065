// SPDX-License-Identifier: MIT
// rbm-train --algorithm exact: restarts instead of epochs, in the same folder.
#pragma once

#include <optional>
#include <vector>

#include "apps/train/run_folder.h"
#include "apps/train/training_run.h"

namespace rbm::app {

/// Runs the restarts that the checkpoint has not done yet (its epochs are restarts), keeps the best machine in it, and
/// leaves the folder's files complete.  Throws Interrupted after a signal.
void run_exactly(const RunSettings& run, const RunFolder& folder, const Dataset& training, const Dataset* validation,
                 const std::vector<float>& sample_weights, Checkpoint& checkpoint);

}  // namespace rbm::app
