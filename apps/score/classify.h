// SPDX-License-Identifier: MIT
// What rbm-score does with a model some of whose visible units are labels.
#pragma once

#include <optional>

#include "apps/score/scores.h"

namespace rbm::app {

/// Rows without their label get columns for one, which are not read.
Dataset with_label_columns(const Model& model, const Dataset& raw);

/// Of all rows, whatever their label columns hold.  beta is 1.
LabelPosterior posterior_of(const Model& model, const Dataset& data, const CommonSettings& settings);

/// The columns of --classify: the most probable label, and the probability of each.  With the right labels facts and a
/// note of how often it is wrong.
void classify(Scores& scores, const Model& model, const LabelPosterior& posterior, const std::optional<Labels>& right);

}  // namespace rbm::app
