// SPDX-License-Identifier: MIT
// What rbm-score compares with: another model, or other samples.
#pragma once

#include "apps/scores.h"

namespace rbm::app {

/// Adds columns against_free_energy, log_ratio, log_ratio_low and log_ratio_high when settings.against is a model: the
/// log of the ratio of both densities, with that of the partition functions exact or by annealing between the two.
/// When it is data, adds facts: the difference of mean free energies and its standard error.
void compare(Scores& scores, const Model& model, const Dataset& data, const Program& program,
             const ScoreSettings& settings);

}  // namespace rbm::app
