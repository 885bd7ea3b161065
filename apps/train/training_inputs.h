// SPDX-License-Identifier: MIT
// The data of a training run: loaded, prepared, weighted.
#pragma once

#include <optional>

#include "apps/train/training_run.h"
#include "rbm/io/model_file.h"

namespace rbm::app {

struct Inputs {
    Dataset training;
    std::optional<Dataset> validation;
    std::vector<float> sample_weights;
    std::optional<Dataset> filled{};  ///< the training data with means in place of missing values, where there are any

    /// What is watched and drawn.
    const Dataset& whole() const { return filled ? *filled : training; }
};

/// Samples, where NaN may stand for missing values.
Dataset load_samples(const RunSettings& run, const std::string& path);

/// The same with the labels of --labels, if given, behind their columns.  `labels` are those that there are: found here
/// when it is empty.
Dataset load_training(const RunSettings& run, const std::string& path, std::vector<std::uint32_t>& labels);

/// How many visible units there are: of Potts units, by what the columns hold.
std::size_t visible_sites(const RunSettings& run, const Dataset& raw);

/// The last `classes` columns are labels.
Preparation choose_preparation(const RunSettings& run, const Units& visible, const Dataset& raw, std::size_t classes);

/// Prepared as `model` says; the columns are the model's.
Inputs prepare_inputs(const RunSettings& run, Dataset raw, Model& model, const Program& program);

std::string fingerprint_text(const Dataset& data);
std::string weights_fingerprint(const std::vector<float>& weights);

}  // namespace rbm::app
