// SPDX-License-Identifier: MIT
// Checkpoints: a model file with everything beside it that a run needs to go on bit for bit.
#pragma once

#include <map>
#include <optional>

#include "rbm/io/model_file.h"
#include "rbm/trainer/train.h"

namespace rbm {

/// The epoch whose model is the best so far, by what the run goes by.
struct BestEpoch {
    std::uint64_t epoch = 0;  ///< from 1; 0: the machine that the run began with
    double score = 0;         ///< higher is better
    bool stopped = false;     ///< no better one came for as long as the run was to wait
    double low = score;       ///< where the score is an estimate, its interval
    double high = score;
    std::uint64_t last_good = epoch;  ///< the last epoch whose interval does not say that it is worse
};

struct Checkpoint {
    Model model;  ///< its machine is state.machine
    TrainState state;
    std::map<std::string, std::string> options;  ///< the run's options, as text by name
    std::optional<BestEpoch> best = {};          ///< of runs that keep the best model
};

/// Errors as in model_file.h; DataError too when the file is a model but no checkpoint.  One of trajectory tempering
/// needs the ladder beside it (ladder_file.h), which save_checkpoint() leaves to its caller: it changes less often.
Checkpoint load_checkpoint(const std::string& path);
/// Replaces what was there: a checkpoint is there whole, the old one or the new one.
void save_checkpoint(const std::string& path, const Checkpoint& checkpoint);

}  // namespace rbm
