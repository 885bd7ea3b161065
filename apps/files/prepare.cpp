// SPDX-License-Identifier: MIT
#include "apps/files/prepare.h"

#include <cmath>

#include "apps/files/labels.h"
#include "rbm/data/one_hot.h"
#include "rbm/io/data.h"
#include "rbm/kernels/error.h"
#include "rbm/model/bridge.h"

namespace rbm::app {

Dataset load_raw(const std::string& path, TableGaps gaps) {
    std::vector<std::string> notes;
    Dataset data = load_data(path, &notes, gaps);
    for (const std::string& text : notes) note("{}", text);
    detail("{}: {} rows of {} columns", path, data.rows(), data.cols());
    return data;
}

TableGaps gaps_by(std::string_view missing) { return missing == "nan" ? TableGaps::are_nan : TableGaps::refuse; }

Dataset in_columns(const Model& model, Dataset raw) {
    const Units& units = model.machine.visible;
    if (raw.cols() == width(units)) return raw;
    const std::size_t states = site_width(units);
    if (states > 1 && raw.cols() == site_count(units)) return expand_codes(raw, states);
    throw DataError(
        fmt::format("{}: data has {} columns, the model has {} visible units{}", raw.name, raw.cols(), width(units),
                    states > 1 ? fmt::format(": {} sites of {} states", site_count(units), states)
                    : lacks_labels(model, raw.cols())
                        ? fmt::format(", the last {} of them labels: add them with rbm-data --labels FILE --model",
                                      model.labels.size())
                        : ""));
}

Dataset prepare_for(Model& model, Dataset raw, const Program& program, const CommonSettings& settings) {
    raw = in_columns(model, std::move(raw));
    program.require_agreement("binarize", std::string(name_of(model.preparation.binarize)), "the model");
    if (program.given("binarize")) model.preparation.binarize = settings.binarize;
    if (model.preparation.binarize == Binarize::threshold) {
        program.require_agreement("threshold", fmt::format("{}", model.preparation.threshold), "the model");
        if (program.given("threshold")) model.preparation.threshold = settings.threshold;
    } else if (program.given("threshold") && !settings.force) {
        throw UsageError(fmt::format(
            "option --threshold: has no effect, because the model prepares data by --binarize {}; leave it out",
            name_of(model.preparation.binarize)));
    }
    return std::move(raw).prepared(model.preparation, state_form(model.machine.visible));
}

void require_beta(const Model& model, const CommonSettings& settings) {
    const auto beta = static_cast<float>(settings.beta);
    if (!std::isfinite(beta))
        throw UsageError(fmt::format("--beta: found {}, expected at most 3.4e38, the largest float", settings.beta));
    if (!is_bounded(model.machine.visible) && !(beta > 0))
        throw UsageError(
            fmt::format("--beta: found {}, expected a number above 0: {} units have no distribution otherwise",
                        settings.beta, kind(model.machine.visible)));
}

Stream data_stream(const CommonSettings& settings) {
    constexpr std::uint64_t pixel_purpose = 0x706978656c;  // "pixel"
    return {Random(settings.seed).fork(pixel_purpose).state().key, 0, 0};
}

Matrix all_rows(const Dataset& data, const CommonSettings& settings) {
    require_memory(static_cast<double>(data.rows()) * static_cast<double>(data.cols()) * sizeof(float), "the data");
    Matrix rows(data.rows(), data.cols());
    data.fill(0, data_stream(settings), rows);
    return rows;
}

void restore_units(const Model& model, View visible_state) {
    if (model.preparation.mean.empty()) return;
    for (std::size_t r = 0; r < visible_state.rows; ++r)
        for (std::size_t i = 0; i < visible_state.cols; ++i)
            visible_state.row(r)[i] = model.preparation.mean[i] + model.preparation.scale[i] * visible_state.row(r)[i];
}

Units base_of_rates(const Model& model, const Machine& machine) {
    const std::vector<double> means(model.rates.begin(), model.rates.end());
    // Standardised data have variance 1; of others the file knows none, and the machine's own does.
    std::vector<double> variances(means.size(), 1.0);
    std::vector<float> own;
    if (model.preparation.mean.empty() && location_variance(machine.visible, own))
        variances.assign(own.begin(), own.end());
    return base_of_marginals<float>(machine, means, variances);
}

}  // namespace rbm::app
