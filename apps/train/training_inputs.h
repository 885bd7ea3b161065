// SPDX-License-Identifier: MIT
// The data of a training run: loaded, prepared, weighted.
#pragma once

#include <optional>

#include "apps/files/labels.h"
#include "apps/train/training_run.h"
#include "rbm/io/model_file.h"
#include "rbm/io/picture_reading.h"

namespace rbm::app {

struct Inputs {
    Dataset training;
    std::optional<Dataset> validation;
    std::vector<float> sample_weights;
    std::optional<Dataset> filled{};  ///< the training data with means in place of missing values, where there are any

    /// What is watched and drawn.
    const Dataset& whole() const { return filled ? *filled : training; }
};

/// Samples, where NaN may stand for missing values, and their labels.
struct Samples {
    Dataset data;
    std::optional<Labels> labels;
};

/// In the columns of `model`, where it knows them; `labels` is the file of --labels, or none.
Samples load_samples(const RunSettings& run, const std::string& path, const std::string& labels, const Model& model,
                     const PictureReading& pictures);

/// The same data with the labels, if any, behind their columns.  The model gets the labels that there are and the
/// columns, when it has none.
Dataset take_training(const RunSettings& run, Samples samples, Model& model);

/// Sequences are for units whose states are their letters.  Throws UsageError for an option that says otherwise.
void adopt_letters(const Program& program, RunSettings& run, const Dataset& raw);

/// How many visible units there are: of Potts units, by what the columns hold.
std::size_t visible_sites(const RunSettings& run, const Dataset& raw);

/// Those of --sample-weights, one for each of so many rows, or none.
std::vector<float> sample_weights_of(const RunSettings& run, std::size_t rows);

/// The last `classes` columns are labels.
Preparation choose_preparation(const RunSettings& run, const Units& visible, const Dataset& raw,
                               std::span<const float> sample_weights, std::size_t classes);

/// Prepared as `model` says; the columns are the model's.  Rows are held out here.
Inputs prepare_inputs(const RunSettings& run, Dataset raw, std::vector<float> sample_weights, Model& model,
                      const Program& program);

std::string fingerprint_text(const Dataset& data);
std::string weights_fingerprint(const std::vector<float>& weights);

}  // namespace rbm::app
