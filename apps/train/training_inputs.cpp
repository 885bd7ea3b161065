// SPDX-License-Identifier: MIT
#include "apps/train/training_inputs.h"

#include <algorithm>
#include <cmath>

#include "apps/files/labels.h"
#include "apps/files/prepare.h"
#include "apps/train/training_rules.h"
#include "rbm/data/column_moments.h"
#include "rbm/data/one_hot.h"
#include "rbm/data/standardisation.h"
#include "rbm/data/with_labels.h"
#include "rbm/io/bytes.h"
#include "rbm/io/data.h"
#include "rbm/io/npy.h"
#include "rbm/kernels/error.h"

namespace rbm::app {
namespace {

/// Missing values at their column's mean, as what the machine sees.
Dataset filled_with_means(const Dataset& prepared, const Model& model, const std::vector<double>& means) {
    const Preparation& preparation = model.preparation;
    const StateForm form = state_form(model.machine.visible);
    std::vector<float> filling(means.begin(), means.end());
    for (std::size_t i = 0; i < filling.size(); ++i) {
        if (preparation.binarize != Binarize::none) filling[i] = (filling[i] - form.low) / (form.high - form.low);
        if (preparation.binarize == Binarize::threshold) filling[i] = filling[i] > 0.5F ? 1.0F : 0.0F;
        if (!preparation.mean.empty()) filling[i] = preparation.mean[i] + preparation.scale[i] * filling[i];
    }
    for (std::size_t first = 0; form.states > 0 && first < filling.size(); first += form.states) {
        const auto site = std::span(filling).subspan(first, form.states);  // in its most frequent state
        const auto most = std::max_element(site.begin(), site.end());
        std::fill(site.begin(), most, 0.0F);
        std::fill(most + 1, site.end(), 0.0F);
        *most = 1;
    }
    return prepared.without_missing(filling);
}

/// A table of one row or one column; a .npy file may also have the shape [N].
Dataset load_weights_table(const std::string& path) {
    const std::vector<std::byte> bytes = read_bytes(path);
    const std::string name = path == "-" ? "standard input" : path;
    if (!is_npy(bytes)) return parse_data(bytes, name);
    const NpyArray array = parse_npy(bytes, name);
    if (array.shape.size() != 1) return parse_data(bytes, name);
    return Dataset::from_floats(1, array.values.size(), {array.values.begin(), array.values.end()});
}

std::vector<float> load_weights(const std::string& path, std::size_t rows) {
    const Dataset table = load_weights_table(path);
    const bool one_row = table.rows() == 1;
    if ((one_row ? table.cols() : table.rows()) != rows || (!one_row && table.cols() != 1))
        throw DataError(fmt::format("{}: found {} x {} sample weights, expected one for each of the {} samples", path,
                                    table.rows(), table.cols(), rows));
    std::vector<float> weights(rows);
    double total = 0;
    for (std::size_t i = 0; i < rows; ++i) {
        weights[i] = one_row ? table.value(0, i) : table.value(i, 0);
        if (!(weights[i] >= 0) || std::isinf(weights[i]))
            throw DataError(fmt::format("{}: sample {}: found weight {}, expected a finite number of at least 0", path,
                                        i + 1, weights[i]));
        total += static_cast<double>(weights[i]);
    }
    if (total <= 0) throw DataError(fmt::format("{}: all sample weights are 0, expected some above", path));
    return weights;
}

Dataset labelled(const RunSettings& run, const Dataset& samples, const std::vector<std::uint32_t>& labels,
                 const std::vector<std::uint32_t>& known, const std::string& path) {
    const Units one = make_units<float>(run.visible_units, 1, run.visible_states.value_or(1));
    return with_labels(samples, places_of(labels, known, path), known.size(), one, run.common.binarize);
}

}  // namespace

Dataset load_samples(const RunSettings& run, const std::string& path) {
    Dataset raw = load_raw(path, gaps_by(run.missing));
    if (run.missing == "nan") raw.allow_missing();
    return raw;
}

Dataset load_training(const RunSettings& run, const std::string& path, std::vector<std::uint32_t>& labels) {
    Dataset samples = load_samples(run, path);
    if (run.labels.empty()) return samples;
    const std::vector<std::uint32_t> found = load_labels(run.labels, samples.rows());
    if (labels.empty()) labels = distinct_labels(found, run.labels);
    return labelled(run, samples, found, labels, run.labels);
}

std::size_t visible_sites(const RunSettings& run, const Dataset& raw) {
    if (!run.visible_states) return raw.cols();
    const bool one_hot = is_one_hot(raw, *run.visible_states);
    note("{}: taken for {}", raw.name,
         one_hot ? fmt::format("one-hot columns, {} for each unit", *run.visible_states)
                 : fmt::format("codes from 0 to {}, one column for each unit", *run.visible_states - 1));
    return one_hot ? raw.cols() / *run.visible_states : raw.cols();
}

Preparation choose_preparation(const RunSettings& run, const Units& visible, const Dataset& raw, std::size_t classes) {
    Preparation preparation = default_preparation(visible);
    if (takes_unit_interval(visible)) {
        preparation.binarize = run.common.binarize;
        preparation.threshold = run.common.threshold;
    } else if (run.standardize && unit_row(visible).standardizes) {
        Standardisation columns = standardise(raw.prepared({}, StateForm::numbers()));
        const std::size_t data = raw.cols() - classes;  // labels stay 0 and 1
        std::fill(columns.mean.begin() + static_cast<std::ptrdiff_t>(data), columns.mean.end(), 0.0F);
        std::fill(columns.scale.begin() + static_cast<std::ptrdiff_t>(data), columns.scale.end(), 1.0F);
        if (!columns.constant.empty()) {
            std::string names;
            for (std::size_t i = 0; i < std::min<std::size_t>(columns.constant.size(), 10); ++i)
                names += fmt::format("{}{}", i == 0 ? "" : ", ", columns.constant[i] + 1);
            note("{}: {} column{} without spread get scale 1: {}{}", raw.name, columns.constant.size(),
                 columns.constant.size() == 1 ? "" : "s", names, columns.constant.size() > 10 ? ", ..." : "");
        }
        preparation.mean = std::move(columns.mean);
        preparation.scale = std::move(columns.scale);
    }
    return preparation;
}

Inputs prepare_inputs(const RunSettings& run, Dataset raw, Model& model, const Program& program) {
    Inputs inputs;
    if (!run.sample_weights.empty()) inputs.sample_weights = load_weights(run.sample_weights, raw.rows());
    if (!run.validation.empty()) {
        Dataset samples = load_samples(run, run.validation);
        if (!model.labels.empty())
            samples = labelled(run, samples, load_labels(run.validation_labels, samples.rows()), model.labels,
                               run.validation_labels);
        inputs.validation = prepare_for(model, std::move(samples), program, run.common);
    }
    inputs.training = prepare_for(model, std::move(raw), program, run.common);
    const bool holes = inputs.training.has_missing();
    if (!holes && !(inputs.validation && inputs.validation->has_missing())) return inputs;
    if (const std::string& why = run.method().refuses_missing; !why.empty())
        throw Unsupported(fmt::format("--algorithm {}: {}", run.algorithm, why));
    note("values are missing: the numbers that are watched are those of samples with their columns' means instead");
    const std::vector<double> means = column_means(inputs.training, inputs.sample_weights);
    if (holes) inputs.filled = filled_with_means(inputs.training, model, means);
    if (inputs.validation) inputs.validation = filled_with_means(*inputs.validation, model, means);
    return inputs;
}

std::string fingerprint_text(const Dataset& data) { return fmt::format("{:016x}", data.fingerprint()); }

std::string weights_fingerprint(const std::vector<float>& weights) {
    return fingerprint_text(Dataset::from_floats(1, weights.size(), weights));
}

}  // namespace rbm::app
