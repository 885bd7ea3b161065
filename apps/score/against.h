// SPDX-License-Identifier: MIT
// What rbm-score compares with: another model, or other samples.
#pragma once

#include "apps/score/scores.h"

namespace rbm::app {

/// What settings.against names: one of them.
struct Against {
    std::optional<Model> model;
    std::optional<Dataset> samples;
};

/// Throws UsageError for samples where values may be missing.
Against load_against(const Model& model, const Program& program, const ScoreSettings& settings);

/// Adds columns against_free_energy, log_ratio, log_ratio_low and log_ratio_high for a model: the log of the ratio of
/// both densities, with that of the partition functions exact or by annealing; where values may be missing, of the
/// densities of what is known.  For samples adds facts: the difference of mean free energies and its standard error.
void compare(Scores& scores, const Model& model, const Dataset& data, Against against, const Program& program,
             const ScoreSettings& settings);

}  // namespace rbm::app
