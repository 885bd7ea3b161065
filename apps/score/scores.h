// SPDX-License-Identifier: MIT
// The columns of rbm-score, and what it says of all samples together.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "apps/files/labels.h"
#include "apps/files/prepare.h"
#include "rbm/model/labels.h"

namespace rbm::app {

struct ScoreSettings {
    CommonSettings common;
    std::string model, data, output = "-", against, labels, label_column, key, attribution, missing = "refuse";
    std::vector<double> betas_of_columns = {1};  ///< --beta; where there are several, no more than their free energies
    std::optional<double> calibrate;
    bool classify = false;
    std::optional<std::uint32_t> anomalous_label;
    std::size_t chains = 100, betas = 1000;
};

/// One value per sample in each column.
struct Scores {
    std::vector<std::string> names;
    std::vector<std::vector<double>> columns;
    Column key;                            ///< what the rows are called, or empty
    std::vector<std::string> label_words;  ///< of the column label, where its numbers stand for words
    nlohmann::ordered_json facts = nlohmann::ordered_json::object();  ///< of all samples together

    void add(std::string name, std::vector<double> values);
    const std::vector<double>& column(const std::string& name) const;
    std::vector<double> row_by_row() const;  ///< with the number of its row for the key, where there is one
    std::string json_text() const;           ///< columns as arrays, facts as they are
};

/// One per sample, nats.
struct Intervals {
    std::vector<double> value, low, high;
};

/// Free energies of what is known of each sample.
Intervals marginal_free_energies(const Model& model, const Dataset& data, const ScoreSettings& settings);

/// Free energies, of posterior where there is one, with their interval where values may be missing; log-likelihoods
/// where the model knows its log Z; whether a sample is above the model's threshold.
Scores score_samples(const Model& model, const Dataset& data, const ScoreSettings& settings,
                     const LabelPosterior* posterior);

/// Which samples the labels call anomalous.
std::vector<bool> anomalous_samples(const ScoreSettings& settings, const Labels& given);

/// ROC AUC and average precision of the free energy for these.
void rank_anomalies(Scores& scores, const std::vector<bool>& anomalous);

/// The quantile of the free energies, written into the model file.
void calibrate(Scores& scores, const ScoreSettings& settings);

/// [samples, V]: which pixels are to blame.  As .npy, or as .png beside the first samples.
void write_attribution(const Model& model, const Dataset& raw, const Dataset& data, const ScoreSettings& settings);

}  // namespace rbm::app
