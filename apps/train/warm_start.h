// SPDX-License-Identifier: MIT
// rbm-train --from MODEL: a run that begins where another model ended, on other data.
#pragma once

#include "apps/train/training_run.h"

namespace rbm::app {

/// The model, whose kinds, sizes and preparation become the run's.  Throws UsageError for a given option that would
/// contradict it, or that shapes a machine's beginning.
Model take_over(Program& program, RunSettings& run);

/// The columns of `raw` as the model's visible units.  Throws DataError when they do not fit.
Dataset as_seen_before(const Model& model, Dataset raw);

/// Forgets what was true of the model and its old data only.
void forget_old_data(Model& model);

}  // namespace rbm::app
