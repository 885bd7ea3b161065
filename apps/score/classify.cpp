// SPDX-License-Identifier: MIT
#include "apps/score/classify.h"

#include <algorithm>
#include <cmath>

#include "apps/files/labels.h"
#include "rbm/kernels/error.h"

namespace rbm::app {
namespace {

std::size_t most_probable(std::span<const double> probability) {
    return static_cast<std::size_t>(std::ranges::max_element(probability) - probability.begin());
}

/// How the labels that were found compare with the right ones.
void compare_labels(Scores& scores, const Model& model, const LabelPosterior& posterior, const Labels& given) {
    const std::size_t rows = posterior.free_energy.size(), classes = model.labels.size();
    const auto right = places_of(in_words_of(model, given, "labels"), model.labels, "labels");
    std::vector<std::vector<std::size_t>> confusion(classes, std::vector<std::size_t>(classes));
    std::size_t wrong = 0;
    double log_probability = 0;
    for (std::size_t r = 0; r < rows; ++r) {
        const std::size_t found = most_probable(posterior.probability.row(r));
        ++confusion[right[r]][found];
        wrong += found == right[r] ? 0 : 1;
        log_probability += posterior.log_probability(r, right[r]) / static_cast<double>(rows);
    }
    const double error = static_cast<double>(wrong) / static_cast<double>(rows);
    scores.facts["wrong"] = wrong;
    scores.facts["error"] = error;
    scores.facts["mean_log_probability"] = log_probability;
    scores.facts["labels"] = model.labels;
    if (!model.label_words.empty()) scores.facts["labels"] = model.label_words;
    scores.facts["confusion"] = confusion;
    note("{} of {} labels wrong: error {:.2f} % +- {:.2f}; mean log probability of the right labels {:.4f} nats", wrong,
         rows, 100 * error, 100 * std::sqrt(error * (1 - error) / static_cast<double>(rows)), log_probability);
}

}  // namespace

Dataset with_label_columns(const Model& model, const Dataset& raw) {
    return with_labels(raw, std::vector<std::uint32_t>(raw.rows()), model.labels.size(), model.machine.visible,
                       model.preparation.binarize);
}

LabelPosterior posterior_of(const Model& model, const Dataset& data, const CommonSettings& settings) {
    const std::size_t classes = model.labels.size();
    LabelPosterior all{BasicMatrix<double>(data.rows(), classes), BasicMatrix<double>(data.rows(), classes), {}};
    constexpr std::size_t block = 1024;
    Progress progress("scoring", data.rows(), "samples");
    Matrix rows;
    for (std::size_t first = 0; first < data.rows(); first += block) {
        rows.resize(std::min(block, data.rows() - first), data.cols());
        data.fill(first, data_stream(settings), rows);
        const LabelPosterior some = label_posterior(model.machine, rows, classes, until_stopped());
        std::ranges::copy(some.probability.values(), all.probability.row(first).begin());
        std::ranges::copy(some.log_probability.values(), all.log_probability.row(first).begin());
        all.free_energy.insert(all.free_energy.end(), some.free_energy.begin(), some.free_energy.end());
        throw_if_stopped();
        progress.update(first + rows.rows());
    }
    return all;
}

void classify(Scores& scores, const Model& model, const LabelPosterior& posterior, const std::optional<Labels>& right) {
    const std::size_t rows = posterior.free_energy.size();
    std::vector<double> found(rows);
    for (std::size_t r = 0; r < rows; ++r) found[r] = model.labels[most_probable(posterior.probability.row(r))];
    scores.add("label", std::move(found));
    scores.label_words = model.label_words;
    for (std::size_t c = 0; c < model.labels.size(); ++c) {
        std::vector<double> probability(rows);
        for (std::size_t r = 0; r < rows; ++r) probability[r] = posterior.probability(r, c);
        scores.add(fmt::format("probability_{}", label_text(model, model.labels[c])), std::move(probability));
    }
    if (right) compare_labels(scores, model, posterior, *right);
}

}  // namespace rbm::app
