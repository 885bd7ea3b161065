// SPDX-License-Identifier: MIT
#include "apps/score/scores.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "apps/files/arrays.h"
#include "apps/files/labels.h"
#include "apps/files/pictures.h"
#include "rbm/estimate/attribution.h"
#include "rbm/estimate/incomplete.h"
#include "rbm/estimate/monitor.h"
#include "rbm/estimate/partition_floor.h"
#include "rbm/estimate/ranking.h"
#include "rbm/kernels/error.h"
#include "rbm/model/enumerate.h"

namespace rbm::app {
namespace {

constexpr double not_known = std::numeric_limits<double>::quiet_NaN();

/// Discrete units have probabilities for their states only: a row of grey values has a free energy but no
/// log-likelihood.
std::vector<bool> rows_of_states(const Model& model, const Dataset& data, const CommonSettings& settings) {
    std::vector<bool> result(data.rows(), true);
    if (!is_discrete(model.machine.visible) || model.preparation.binarize != Binarize::none) return result;
    const Matrix states = site_states(model.machine.visible);
    Matrix row(1, data.cols());
    for (std::size_t r = 0; r < data.rows(); ++r) {
        data.fill(r, data_stream(settings), row);
        for (std::size_t i = 0; i < row.cols(); ++i)  // what is missing is in some state
            if (std::isnan(row(0, i))) row(0, i) = states(0, i % states.cols());
        result[r] = find_no_state<float>(states, row.row(0)) == data.cols();
    }
    return result;
}

/// The logs of the scales of what is known of each row: densities are in the units of the data.
std::vector<double> log_scales(const Model& model, const Dataset& data) {
    std::vector<double> sums(data.rows(), log_scale_sum(model.preparation));
    if (model.preparation.scale.empty() || !data.has_missing()) return sums;
    for (std::size_t r = 0; r < data.rows(); ++r)
        for (std::size_t i = 0; i < data.cols(); ++i)
            if (std::isnan(data.value(r, i))) sums[r] -= std::log(static_cast<double>(model.preparation.scale[i]));
    return sums;
}

/// Probabilities of distinct states do not sum to more than 1, nor is that of what is known of one.
void tell_impossible(const Model& model, const Dataset& data, const CommonSettings& settings,
                     std::span<const double> free_energy, std::span<const double> likelihood) {
    if (!is_discrete(model.machine.visible)) return;
    const LogPartition& z = *model.log_partition;
    const PartitionFloor floor =
        partition_floor(model.machine.visible, data, data_stream(settings), free_energy, until_stopped());
    double least = floor.log_partition;
    for (const double one : likelihood)
        if (one > 0) least = std::max(least, z.value + one);
    const double rounding = 1e-5 * std::max(1.0, std::abs(least));  // of free energies in float
    if (!(least > z.value + rounding)) return;
    warn(
        "the model's log Z, {:.3f} ({:.3f} to {:.3f}, by {}), {}: with it {} distinct samples are e^{:.2f} times as "
        "likely as they can be together; log Z is at least {:.3f}, so subtract at least {:.3f} from each "
        "log_likelihood, or estimate log Z again by rbm-estimate with --save --force",
        z.value, z.low, z.high, z.method, least > z.high + rounding ? "cannot be right" : "is too low", floor.states,
        least - z.value, least, least - z.value);
}

}  // namespace

Intervals marginal_free_energies(const Model& model, const Dataset& data, const ScoreSettings& settings) {
    const CommonSettings& common = settings.common;
    const Machine machine = common.beta == 1 ? model.machine : tempered(model.machine, common.beta);
    const PreciseMachine exact = precise(machine);
    MarginalSettings how{settings.chains, settings.betas, std::nullopt};
    if (!model.rates.empty() && common.beta == 1) how.visible_base = base_of_rates(model, machine);
    Intervals found{std::vector<double>(data.rows()), std::vector<double>(data.rows()),
                    std::vector<double>(data.rows())};
    std::size_t estimated = 0, wide = 0;
    Progress progress("summing over missing values", data.rows(), "samples");
    Matrix row(1, data.cols());
    for (std::size_t r = 0; r < data.rows(); ++r) {
        data.fill(r, data_stream(common), row);
        Random random = Random(common.seed).fork(r);
        const MarginalFreeEnergy one = marginal_free_energy(machine, exact, row.values(), how, random, until_stopped());
        found.value[r] = one.value, found.low[r] = one.low, found.high[r] = one.high;
        estimated += one.exact ? 0 : 1;
        wide += one.spread > largest_spread ? 1 : 0;
        throw_if_stopped();
        progress.update(r + 1);
    }
    if (estimated > 0)
        note("{} of {} samples have too many missing values to enumerate: their free energies are estimates by AIS",
             estimated, data.rows());
    if (wide > 0) warn("the chains of {} samples disagree: use more --betas", wide);
    return found;
}

void Scores::add(std::string name, std::vector<double> values) {
    names.push_back(std::move(name));
    columns.push_back(std::move(values));
}

const std::vector<double>& Scores::column(const std::string& name) const {
    return columns.at(static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin()));
}

std::vector<double> Scores::row_by_row() const {
    std::vector<double> table;
    for (std::size_t r = 0; r < columns.front().size(); ++r) {
        if (!key.words.empty()) table.push_back(static_cast<double>(r));
        for (const auto& column : columns) table.push_back(column[r]);
    }
    return table;
}

std::string Scores::json_text() const {
    nlohmann::ordered_json object;
    if (!key.words.empty()) object[key.name] = key.words;
    for (std::size_t c = 0; c < columns.size(); ++c) object[names[c]] = columns[c];
    if (!label_words.empty()) {
        auto& labels = object["label"] = nlohmann::ordered_json::array();
        for (const double label : column("label")) labels.push_back(label_words[static_cast<std::size_t>(label)]);
    }
    object.update(facts);
    return object.dump() + "\n";
}

Scores score_samples(const Model& model, const Dataset& data, const ScoreSettings& settings,
                     const LabelPosterior* posterior) {
    const CommonSettings& common = settings.common;
    Scores scores;
    if (settings.betas_of_columns.size() > 1) {
        for (const double beta : settings.betas_of_columns)
            scores.add(fmt::format("free_energy_beta_{}", beta),
                       free_energies(model.machine, data, data_stream(common), beta, until_stopped()));
        return scores;
    }
    if (settings.missing == "nan") {
        Intervals found = marginal_free_energies(model, data, settings);
        scores.add("free_energy", std::move(found.value));
        scores.add("free_energy_low", std::move(found.low));
        scores.add("free_energy_high", std::move(found.high));
    } else if (posterior != nullptr) {
        scores.add("free_energy", posterior->free_energy);
    } else {
        scores.add("free_energy",
                   free_energies(model.machine, data, data_stream(common), common.beta, until_stopped()));
    }
    const std::vector<double> free_energy = scores.column("free_energy");
    if (model.log_partition && common.beta != 1)
        note("the model's log Z is for beta 1: no log_likelihood at beta {}", common.beta);
    if (model.log_partition && common.beta == 1) {
        const std::vector<bool> scored = rows_of_states(model, data, common);
        const std::vector<double> scales = log_scales(model, data);
        std::vector<double> likelihood(free_energy.size(), not_known);
        for (std::size_t r = 0; r < likelihood.size(); ++r)
            if (scored[r]) likelihood[r] = -free_energy[r] - (model.log_partition->value + scales[r]);
        tell_impossible(model, data, common, free_energy, likelihood);
        scores.add("log_likelihood", std::move(likelihood));
        const auto without = static_cast<std::size_t>(std::count(scored.begin(), scored.end(), false));
        if (without > 0) note("{} of {} rows are not binary: they get no log_likelihood", without, scored.size());
    }
    const bool like_calibrated = model.labels.empty() || posterior != nullptr;
    if (model.anomaly && common.beta == 1 && !settings.calibrate && like_calibrated) {
        std::vector<double> above(free_energy.size());
        for (std::size_t r = 0; r < above.size(); ++r) above[r] = free_energy[r] > model.anomaly->free_energy ? 1 : 0;
        // Fewer values have another free energy: it cannot be compared with that of whole samples.
        Matrix row(1, data.cols());
        for (std::size_t r = 0; data.has_missing() && r < above.size(); ++r) {
            data.fill(r, data_stream(common), row);
            if (std::any_of(row.values().begin(), row.values().end(), [](float x) { return std::isnan(x); }))
                above[r] = not_known;
        }
        const auto count = std::count(above.begin(), above.end(), 1.0);
        note("{} of {} samples are above the model's threshold, {:.3f} nats", count, above.size(),
             model.anomaly->free_energy);
        scores.add("anomaly", std::move(above));
    }
    return scores;
}

std::vector<bool> anomalous_samples(const ScoreSettings& settings, const Labels& given) {
    const std::vector<std::uint32_t>& labels = given.values;
    const std::size_t rows = labels.size();
    const std::string& source = settings.labels.empty() ? settings.label_column : settings.labels;
    if (!given.words.empty())
        throw DataError(fmt::format("{}: found words such as '{}', expected 0 (normal) or 1 (an anomaly)", source,
                                    given.words.front()));
    std::vector<bool> anomalous(rows);
    for (std::size_t r = 0; r < rows; ++r) {
        if (!settings.anomalous_label && labels[r] > 1)
            throw DataError(
                fmt::format("{}: label {}: found {}, expected 0 (normal) or 1 (an anomaly); or name the label of "
                            "anomalies by --anomalous-label",
                            source, r + 1, labels[r]));
        anomalous[r] = labels[r] == settings.anomalous_label.value_or(1);
    }
    const auto count = static_cast<std::size_t>(std::count(anomalous.begin(), anomalous.end(), true));
    if (count == 0 || count == rows)
        throw DataError(fmt::format("{}: found {} anomalies among {} samples, expected at least one, but not all",
                                    source, count, rows));
    return anomalous;
}

void rank_anomalies(Scores& scores, const std::vector<bool>& anomalous) {
    const auto count = std::count(anomalous.begin(), anomalous.end(), true);
    const double area = roc_auc(scores.column("free_energy"), anomalous);
    const double precision = average_precision(scores.column("free_energy"), anomalous);
    scores.facts["anomalies"] = count;
    scores.facts["roc_auc"] = area;
    scores.facts["average_precision"] = precision;
    note("ROC AUC {:.4f}, average precision {:.4f}: {} anomalies among {} samples", area, precision, count,
         anomalous.size());
}

void calibrate(Scores& scores, const ScoreSettings& settings) {
    const std::vector<double>& values = scores.column("free_energy");
    const AnomalyThreshold threshold{quantile(values, *settings.calibrate), *settings.calibrate, values.size()};
    save_anomaly_threshold(settings.model, threshold);
    scores.facts["threshold"] = threshold.free_energy;
    scores.facts["quantile"] = threshold.quantile;
    note("{}: samples above {:.3f} nats are anomalies from now on, the quantile {} of {} free energies", settings.model,
         threshold.free_energy, threshold.quantile, values.size());
}

void write_attribution(const Model& model, const Dataset& raw, const Dataset& data, const ScoreSettings& settings) {
    const bool picture = ending_of(settings.attribution) == "png";
    constexpr std::size_t most_pictures = 50, block = 64;
    const std::size_t rows = picture ? std::min(most_pictures, data.rows()) : data.rows(), units = data.cols();
    const std::size_t sites = site_count(model.machine.visible);
    if (picture && sites != units)
        throw Unsupported(fmt::format(
            "--attribution: {} units have one number for each site of {} columns, which cannot be drawn: write .npy",
            kind(model.machine.visible), units / sites));
    require_memory(sizeof(float) * static_cast<double>(rows + block + sites) * static_cast<double>(units) +
                       sizeof(float) * static_cast<double>(sites) * static_cast<double>(model.machine.hidden_count()),
                   "the attribution");
    Matrix result(rows, sites), states;
    Progress progress("attribution", rows, "samples");
    for (std::size_t first = 0; first < rows; first += block) {
        const std::size_t count = std::min(block, rows - first);
        states.resize(count, units);
        data.fill(first, data_stream(settings.common), states);
        attribution(model.machine, states, result.rows_from(first, count), until_stopped());
        progress.update(first + count);
    }
    if (!picture) {
        write_npy(settings.attribution, {rows, sites}, std::as_const(result).values(), settings.common.if_exists());
        return;
    }
    // Each sample beside what is odd in it, all in one shade: black is nothing, white the 99th percentile or more.
    Matrix tiles(2 * rows, units);
    const bool spins = state_form(model.machine.visible).low != 0;
    (spins ? data : raw).slice(0, rows).fill(0, data_stream(settings.common), tiles.rows_from(0, rows));
    Greys::of(model.machine.visible, std::as_const(tiles).rows_from(0, rows)).apply(tiles.rows_from(0, rows));
    std::vector<double> positive;
    for (const float nats : result.values())
        if (nats > 0) positive.push_back(static_cast<double>(nats));
    const double white = positive.empty() ? 1 : quantile(positive, 0.99);
    Matrix pairs(2 * rows, units);
    for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t i = 0; i < units; ++i) {
            pairs(2 * r, i) = tiles(r, i);
            pairs(2 * r + 1, i) = std::clamp(result(r, i) / static_cast<float>(white), 0.0F, 1.0F);
        }
    write_png(settings.attribution, draw_groups(pairs, 2, model.image), settings.common.if_exists());
}

}  // namespace rbm::app
