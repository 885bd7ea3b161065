// SPDX-License-Identifier: MIT
// Training by updates: saves, reports and draws on the way.
#pragma once

#include "apps/train/run_folder.h"
#include "apps/train/training_inputs.h"

namespace rbm::app {

/// From where the checkpoint is until the end, or a signal, which throws Stopped.  What cannot be judged or trained is
/// refused before anything is written.
void train_by_updates(const RunSettings& run, const RunFolder& folder, const Inputs& inputs, Checkpoint& checkpoint);

}  // namespace rbm::app
