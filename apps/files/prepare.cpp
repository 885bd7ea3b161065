// SPDX-License-Identifier: MIT
#include "apps/files/prepare.h"

#include <cmath>

#include "apps/files/advice.h"
#include "apps/files/labels.h"
#include "apps/files/read_data.h"
#include "apps/files/sequences.h"
#include "apps/files/table.h"
#include "rbm/data/one_hot.h"
#include "rbm/kernels/error.h"
#include "rbm/model/bridge.h"

namespace rbm::app {
namespace {

Dataset with_empty_missing(const Dataset& raw, std::size_t states) {
    auto [data, empty] = empty_sites_missing(raw, states);
    if (empty > 0)
        note("{}: {} of {} sites have no 1 in their {} columns, and are taken as missing", raw.name, grouped(empty),
             grouped(raw.rows() * raw.cols() / states), states);
    return std::move(data);
}

bool cut_was_told = false;  // of this process

}  // namespace

Dataset with_missing(Dataset raw, std::size_t states) {
    raw.allow_missing();
    return states > 1 && find_broken_one_hot(raw, states) ? with_empty_missing(raw, states) : raw;
}

Dataset with_missing(Dataset raw, const Units& units) {
    raw.allow_missing();
    const std::size_t states = site_width(units);
    return states > 1 && raw.cols() == width(units) ? with_empty_missing(raw, states) : raw;
}

void tell_cut(const Dataset& prepared, const Preparation& preparation, float low, const Program& program) {
    const CutValues& cut = prepared.cut();
    if (cut.count() == 0 || cut_was_told || program.given("binarize") || program.given("threshold")) return;
    cut_was_told = true;
    note("{}: {} of {} values lie between 0 and 1; cut at {}, {} became 1 and {} became {}{}", prepared.name,
         grouped(cut.count()), grouped(prepared.rows() * prepared.cols()), preparation.threshold, grouped(cut.to_one),
         grouped(cut.to_zero), low,
         program.has("visible-units") ? " (--binarize sample draws them instead, --visible-units gaussian keeps them)"
                                      : ", as the model records");
}

Dataset in_columns(const Model& model, Dataset raw) {
    const Units& units = model.machine.visible;
    raw = at_full_width(model, in_letters_of(model, std::move(raw)));
    if (raw.cols() == width(units)) return raw;
    const std::size_t states = site_width(units);
    if (states > 1 && raw.cols() == site_count(units)) return expand_codes(raw, states);
    if (raw.image.channels == Channels::grey && raw.image != ImageShape{} && raw.cols() * 3 == width(units))
        throw DataError(
            fmt::format("{}: data has {} columns, the model has {} visible units: are its pictures in colour?  "
                        "--channels rgb reads three values of each pixel",
                        raw.name, raw.cols(), width(units)));
    throw DataError(
        fmt::format("{}: data has {} columns, the model has {} visible units{}", raw.name, raw.cols(), width(units),
                    states > 1 ? fmt::format(": {} sites of {} states", site_count(units), states)
                    : lacks_labels(model, raw.cols())
                        ? fmt::format(", the last {} of them labels: add them with rbm-data --labels FILE --model",
                                      model.labels.size())
                        : ""));
}

Dataset prepare_for(Model& model, Dataset raw, const Program& program, const CommonSettings& settings) {
    const std::string units(kind(model.machine.visible));
    const StateForm form = state_form(model.machine.visible);
    raw = with_advice(raw, program, units, [&] { return in_columns(model, raw); });
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
    Dataset prepared = with_advice(raw, program, units, [&] { return raw.prepared(model.preparation, form); });
    tell_cut(prepared, model.preparation, form.low, program);
    return prepared;
}

void require_betas(const Model& model, std::span<const double> betas) {
    for (const double given : betas) {
        const auto beta = static_cast<float>(given);
        if (!std::isfinite(beta))
            throw UsageError(fmt::format("--beta: found {}, expected at most 3.4e38, the largest float", given));
        if (!is_bounded(model.machine.visible) && !(beta > 0))
            throw UsageError(
                fmt::format("--beta: found {}, expected a number above 0: {} units have no distribution otherwise",
                            given, kind(model.machine.visible)));
    }
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
    const Preparation& preparation = model.preparation;
    if (preparation.mean.empty()) return;
    for (std::size_t r = 0; r < visible_state.rows; ++r)
        for (std::size_t i = 0; i < visible_state.cols; ++i) {
            float& x = visible_state.row(r)[i];
            x = preparation.mean_rest.empty() ? preparation.mean[i] + preparation.scale[i] * x
                                              : static_cast<float>(restored(preparation, i, x));
        }
}

double restored(const Preparation& preparation, std::size_t unit, float prepared) {
    const auto v = static_cast<double>(prepared);
    if (preparation.mean.empty()) return v;
    const double rest = preparation.mean_rest.empty() ? 0 : static_cast<double>(preparation.mean_rest[unit]);
    return static_cast<double>(preparation.mean[unit]) + rest + static_cast<double>(preparation.scale[unit]) * v;
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
