// SPDX-License-Identifier: MIT
// Checkpoints: a model file with everything beside it that a run needs to go on bit for bit.
#pragma once

#include <map>

#include "rbm/io/model_file.h"
#include "rbm/trainer/train.h"

namespace rbm {

struct Checkpoint {
    Model model;  ///< its machine is state.machine
    TrainState state;
    std::map<std::string, std::string> options;  ///< the run's options, as text by name
};

/// Errors as in model_file.h; DataError too when the file is a model but no checkpoint.
Checkpoint load_checkpoint(const std::string& path);
/// Replaces what was there: a checkpoint is there whole, the old one or the new one.
void save_checkpoint(const std::string& path, const Checkpoint& checkpoint);

}  // namespace rbm
