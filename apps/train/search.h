// SPDX-License-Identifier: MIT
// rbm-train --search: successive halving over the options that matter most, by the likelihood of held-out data.
//
// Many candidates train for a short time, the best third of them three times as long, and the best of those in full;
// then the same again around the best that is known, with more epochs.  The run folder always holds the best run so
// far, and search.jsonl the table of all. Source: Jamieson & Talwalkar, "Non-stochastic best arm identification and
// hyperparameter optimization", AISTATS 2016.
#pragma once

#include "apps/train/training_run.h"

namespace rbm::app {

/// Whether the folder of --output holds a search, which --resume goes on with.
bool holds_search(const RunSettings& run);

/// Begins a search, or goes on with one; returns the exit code 0, or throws.
int search(Program& program, RunSettings& run);

}  // namespace rbm::app
