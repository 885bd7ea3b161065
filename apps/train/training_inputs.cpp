// SPDX-License-Identifier: MIT
#include "apps/train/training_inputs.h"

#include <algorithm>
#include <cmath>

#include "apps/files/labels.h"
#include "apps/files/prepare.h"
#include "apps/files/read_data.h"
#include "apps/files/sequences.h"
#include "apps/train/run_size.h"
#include "apps/train/training_rules.h"
#include "rbm/data/column_moments.h"
#include "rbm/data/one_hot.h"
#include "rbm/data/standardisation.h"
#include "rbm/data/with_labels.h"
#include "rbm/io/array_bytes.h"
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
    const std::vector<std::byte> bytes = read_array_bytes(path);
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

/// Its name, or its number.
std::string short_name(const Dataset& data, std::size_t col) {
    const bool named = col < data.columns.size() && !data.columns[col].name.empty();
    return named ? data.columns[col].name : fmt::format("{}", col + 1);
}

Dataset labelled(const RunSettings& run, const Samples& samples, const Model& model, const std::string& path) {
    const Units one = make_units<float>(run.visible_units, 1, run.visible_states.value_or(1));
    const std::vector<std::uint32_t> places = places_of(in_words_of(model, *samples.labels, path), model.labels, path);
    return with_labels(samples.data, places, model.labels.size(), one, run.common.binarize);
}

const std::string& label_source(const RunSettings& run) { return run.labels.empty() ? run.label_column : run.labels; }

}  // namespace

Samples load_samples(const RunSettings& run, const std::string& path, const std::string& labels, const Model& model,
                     const PictureReading& pictures) {
    Samples samples;
    Dataset& data = samples.data;
    data = load_sequences(path, run.sequences,
                          with_label_column(table_options(run.common, run.missing, &model), run.label_column), pictures,
                          !labels.empty());
    if (run.missing == "nan") data.allow_missing();
    if (!run.label_column.empty()) {
        SplitLabels split = split_labels(data, run.label_column);
        data = std::move(split.data);
        samples.labels = std::move(split.labels);
    } else if (!labels.empty()) {
        samples.labels = load_labels(labels, data.rows());
    }
    data = model.columns.empty() ? at_full_width(model, std::move(data)) : fitted_to(model, std::move(data));
    if (run.missing == "nan") data = with_missing(std::move(data), run.visible_states.value_or(1));
    return samples;
}

Dataset take_training(const RunSettings& run, Samples samples, Model& model) {
    if (samples.labels && model.labels.empty()) {
        model.labels = distinct_labels(samples.labels->values, label_source(run));
        model.label_words = samples.labels->words;
        model.label_column = run.label_column;
    }
    return samples.labels ? labelled(run, samples, model, label_source(run)) : std::move(samples.data);
}

void adopt_letters(const Program& program, RunSettings& run, const Dataset& raw) {
    if (raw.letters.empty()) return;
    const std::string units = units_of_letters(), states = fmt::format("{}", raw.letters.size());
    for (const auto& [option, value] : {std::pair("visible-units", units), {"visible-states", states}})
        if (program.given(option) && program.text(option) != value && program.text(option) != choose_by_columns)
            throw UsageError(fmt::format(
                "option --{}: found {}, but {} holds sequences of {} letters, the states of {} units; leave "
                "it out",
                option, program.text(option), raw.name, states, units));
    run.visible_units = units;
    run.visible_states = raw.letters.size();
    note("{}: one of {} {} units for each site, with {} states", raw.name, raw.cols(), units, states);
}

std::size_t visible_sites(const RunSettings& run, const Dataset& raw) {
    if (!run.visible_states || !raw.letters.empty()) return raw.cols();
    const bool words = std::ranges::any_of(raw.columns, [](const Column& column) { return !column.words.empty(); });
    if (words) return raw.cols();
    const std::size_t states = *run.visible_states;
    const bool one_hot = is_one_hot(raw, states);
    if (const auto broken = one_hot ? std::nullopt : find_broken_one_hot(raw, states))
        throw DataError(
            fmt::format("{}: row {}, columns {} to {}: found {}, expected one 1 as in most of the sites of {} columns; "
                        "{} such site{}"
                        "{}{}",
                        raw.name, broken->first.row + 1, broken->first.first_col + 1, broken->first.first_col + states,
                        broken->ones == 0 ? "only 0" : fmt::format("{} ones", broken->ones), states, broken->sites,
                        broken->sites == 1 ? "" : "s",
                        broken->all_empty ? " (--missing nan takes sites of 0 alone as missing)" : "",
                        states > 2 ? "; codes of 0 and 1 have --visible-states 2" : ""));
    note("{}: taken for {}", raw.name,
         one_hot ? fmt::format("one-hot columns, {} for each unit", *run.visible_states)
                 : fmt::format("codes from 0 to {}, one column for each unit", *run.visible_states - 1));
    return one_hot ? raw.cols() / *run.visible_states : raw.cols();
}

std::vector<float> sample_weights_of(const RunSettings& run, std::size_t rows) {
    return run.sample_weights.empty() ? std::vector<float>() : load_weights(run.sample_weights, rows);
}

Preparation choose_preparation(const RunSettings& run, const Units& visible, const Dataset& raw,
                               std::span<const float> sample_weights, std::size_t classes) {
    Preparation preparation = default_preparation(visible);
    if (takes_unit_interval(visible)) {
        preparation.binarize = run.common.binarize;
        preparation.threshold = run.common.threshold;
    } else if (run.standardize && unit_row(visible).standardizes) {
        Standardisation columns = standardise(raw.prepared({}, StateForm::numbers()), sample_weights);
        const std::size_t data = raw.cols() - classes;  // labels stay 0 and 1
        std::fill(columns.mean.begin() + static_cast<std::ptrdiff_t>(data), columns.mean.end(), 0.0F);
        if (!columns.mean_rest.empty())
            std::fill(columns.mean_rest.begin() + static_cast<std::ptrdiff_t>(data), columns.mean_rest.end(), 0.0F);
        std::fill(columns.scale.begin() + static_cast<std::ptrdiff_t>(data), columns.scale.end(), 1.0F);
        if (!columns.constant.empty()) {
            std::string names;
            for (std::size_t i = 0; i < std::min<std::size_t>(columns.constant.size(), 10); ++i)
                names += (i == 0 ? "" : ", ") + short_name(raw, columns.constant[i]);
            note("{}: {} column{} without spread get scale 1: {}{}", raw.name, columns.constant.size(),
                 columns.constant.size() == 1 ? "" : "s", names, columns.constant.size() > 10 ? ", ..." : "");
        }
        preparation.mean = std::move(columns.mean);
        preparation.mean_rest = std::move(columns.mean_rest);
        preparation.scale = std::move(columns.scale);
    }
    return preparation;
}

namespace {

/// Every so many rows become those to judge by: no order of the file can bias them.
void hold_out(Inputs& inputs, std::size_t count) {
    const Dataset whole = std::move(inputs.training);
    std::vector<float> kept(whole.rows(), 1.0F);
    for (std::size_t i = 0; i < count; ++i) kept[i * whole.rows() / count] = 0;
    inputs.validation = whole.spread(count);
    inputs.training = whole.spread(whole.rows() - count, kept);
    if (inputs.sample_weights.empty()) return;
    std::vector<float> weights;
    for (std::size_t row = 0; row < kept.size(); ++row)
        if (kept[row] > 0) weights.push_back(inputs.sample_weights[row]);
    inputs.sample_weights = std::move(weights);
}

}  // namespace

Inputs prepare_inputs(const RunSettings& run, Dataset raw, std::vector<float> sample_weights, Model& model,
                      const Program& program) {
    Inputs inputs;
    inputs.sample_weights = std::move(sample_weights);
    inputs.training = prepare_for(model, std::move(raw), program, run.common);
    if (!run.validation.empty()) {
        Samples samples =
            load_samples(run, run.validation, run.validation_labels, model, pictures_for(model, program, run.common));
        if (samples.labels)
            samples.data =
                labelled(run, samples, model, run.label_column.empty() ? run.validation_labels : run.label_column);
        inputs.validation = prepare_for(model, std::move(samples.data), program, run.common);
    }
    if (const std::size_t count = held_out_rows(run, inputs.training.rows()); count > 0) hold_out(inputs, count);
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
