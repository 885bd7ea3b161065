// SPDX-License-Identifier: MIT
#include "apps/train/monitoring.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "rbm/estimate/exact.h"
#include "rbm/estimate/monitor.h"
#include "rbm/estimate/partition_floor.h"
#include "rbm/model/enumerate.h"

namespace rbm::app {
namespace {

// Generators of a run, forked from its seed; 8 is in training_session.cpp, the others of its objective and start below.
constexpr std::uint64_t estimate_purpose = 5, training_sites_purpose = 9, validation_sites_purpose = 10;

double average(const std::vector<double>& values) {
    double sum = 0;
    for (const double value : values) sum += value;
    return sum / static_cast<double>(values.size());
}

/// How many epochs of training one exact log Z is worth, both in products of a state and a unit; 0: never.
std::size_t exact_interval(const Machine& machine, std::size_t rows) {
    const double visible = static_cast<double>(state_count(machine.visible));
    const double hidden = static_cast<double>(state_count(machine.hidden));
    const double states = visible == 0 ? hidden : hidden == 0 ? visible : std::min(visible, hidden);
    const double v = static_cast<double>(machine.visible_count()), h = static_cast<double>(machine.hidden_count());
    // Measured: a unit's term in a state costs as much as 12 products of SGEMM.
    const double exact = states * (visible == states ? h : v) * 12;
    const double epoch = static_cast<double>(rows) * v * h * 6;
    constexpr double share = 0.1, longest = 1e11;
    return states == 0 || exact > longest ? 0 : static_cast<std::size_t>(std::ceil(exact / (share * epoch)));
}

std::size_t watched_rows(std::size_t rows) { return std::clamp<std::size_t>(rows / 30, 200, 2000); }

}  // namespace

Monitor::Monitor(const Machine& machine, const Dataset& training_set, const Dataset* validation_set,
                 double log_scale_sum, std::span<const float> weights, std::uint64_t run_seed)
    : training(training_set.spread(watched_rows(training_set.rows()), weights)),
      all_training(training_set),
      sample_weights(weights.begin(), weights.end()),
      seed(run_seed),
      log_scale(log_scale_sum),
      exact_every(exact_interval(machine, training_set.rows())) {
    if (validation_set == nullptr) return;
    validation = validation_set->spread(watched_rows(training_set.rows()));
    all_validation = *validation_set;
}

void Monitor::track(std::size_t epochs, std::size_t rows, Units path_base, AisSettings least) {
    estimate_every = epochs;
    base = std::move(path_base);
    // In rows through the weights: training takes 5 products per row of data, a step of a chain 2.
    constexpr double share = 0.2, products = 5.0 / 2;
    annealing = least;
    const double steps = share * products * static_cast<double>(epochs) * static_cast<double>(rows) /
                         static_cast<double>(annealing.chains);
    annealing.betas = static_cast<std::size_t>(std::clamp(steps, static_cast<double>(least.betas), 10'000.0));
}

std::size_t Monitor::epochs_between_estimates(std::size_t epochs) const {
    constexpr std::size_t looks = 16, exact_looks = 8;
    if (exact_every > 0 && exact_every * exact_looks <= epochs) return 0;
    return (epochs + looks - 1) / looks;
}

void Monitor::watch_labels(std::size_t classes, const Dataset* judged) {
    label_count = classes;
    if (judged != nullptr)
        labelled = *judged;
    else
        labelled = validation;
}

bool Monitor::knows_likelihood(std::size_t epoch, std::size_t epochs) const {
    const auto due = [&](std::size_t every) { return every > 0 && (epoch % every == 0 || epoch == epochs); };
    return always_estimated || due(exact_every) || due(estimate_every);
}

PartitionEstimate Monitor::annealed(const Machine& machine, std::size_t epoch) const {
    const Bridge bridge(machine, base);
    Random random = Random(seed).fork(estimate_purpose).fork(epoch);
    const std::vector<float> betas = spaced_betas(bridge, annealing, random);
    return annealed_log_partition(bridge, betas, annealing.chains, random);
}

void Monitor::cut(const Machine& machine, std::span<const double> of_training, std::span<const double> of_validation,
                  Numbers& numbers) const {
    if (!is_discrete(machine.visible)) return;
    double floor = partition_floor(machine.visible, training, {}, of_training).log_partition;
    if (validation)
        floor = std::max(floor, partition_floor(machine.visible, *validation, {}, of_validation).log_partition);
    PartitionEstimate& found = *numbers.estimate;
    for (double* end : {&found.low, &found.value, &found.high}) *end = std::max(*end, floor);
    if (std::isfinite(floor)) numbers.log_partition_floor = floor;
}

Monitor::Numbers Monitor::measure(const Machine& machine, const EpochReport& report,
                                  const std::optional<PartitionEstimate>& known) const {
    Numbers numbers;
    const std::vector<double> of_training = free_energies(machine, training);
    const std::vector<double> of_validation = validation ? free_energies(machine, *validation) : std::vector<double>{};
    const auto pseudo_likelihood_of = [&](const Dataset& all, const Dataset& watched, std::span<const float> weights,
                                          std::uint64_t purpose) {
        return pseudo_likelihood(machine, all, watched.rows(), weights, Random(seed).fork(purpose).fork(report.epoch));
    };
    const bool discrete = is_discrete(machine.visible);
    numbers.free_energy = average(of_training);
    numbers.reconstruction_error = reconstruction_error(machine, training);
    if (discrete)
        numbers.pseudo_likelihood =
            pseudo_likelihood_of(all_training, training, sample_weights, training_sites_purpose);
    if (exact_every > 0 && (report.epoch % exact_every == 0 || report.epoch == report.epochs)) {
        numbers.log_partition = exact_log_partition(machine);
    } else if (known) {
        numbers.estimate = known;
        numbers.method = numbers.method_in_words = "trajectory";
    } else if (!always_estimated && knows_likelihood(report.epoch, report.epochs)) {
        numbers.estimate = annealed(machine, report.epoch);
    }
    if (numbers.estimate) {
        cut(machine, of_training, of_validation, numbers);
        numbers.log_partition = numbers.estimate->value;
    }
    if (validation) {
        numbers.held_out_free_energy = average(of_validation);
        numbers.free_energy_gap = *numbers.held_out_free_energy - numbers.free_energy;
        numbers.held_out_reconstruction_error = reconstruction_error(machine, *validation);
        if (discrete)
            numbers.held_out_pseudo_likelihood =
                pseudo_likelihood_of(*all_validation, *validation, {}, validation_sites_purpose);
    }
    if (label_count > 0) numbers.error = label_error(machine, training, label_count);
    if (labelled) numbers.held_out_error = label_error(machine, *labelled, label_count);
    if (numbers.log_partition) {
        numbers.log_likelihood = -numbers.free_energy - *numbers.log_partition - log_scale;
        if (validation) {
            const double free_energy =
                judged ? average(free_energies(machine, *judged)) : *numbers.held_out_free_energy;
            numbers.held_out_log_likelihood = -free_energy - *numbers.log_partition - log_scale;
        }
    }
    return numbers;
}

std::string metrics_line(const EpochReport& report, const Monitor::Numbers& numbers, double seconds,
                         double examples_per_second, std::optional<std::uint64_t> best_epoch) {
    nlohmann::ordered_json line;
    const auto add = [&](const char* key, const std::optional<double>& value) {
        if (value) line[key] = *value;
    };
    const auto add_mean = [&](const std::string& key, const std::optional<MeanOfRows>& mean) {
        if (!mean) return;
        line[key] = mean->value;
        if (std::isfinite(mean->standard_error)) line[key + "_error"] = mean->standard_error;
    };
    line["epoch"] = report.epoch;
    line["updates"] = report.updates;
    line["learning_rate"] = report.learning_rate;
    line["seconds"] = seconds;
    line["examples_per_second"] = examples_per_second;
    line["gradient_norm"] = report.gradient_norm;
    line["step_to_weights"] = report.step_to_weights;
    add("loss", report.loss);
    line["free_energy"] = numbers.free_energy;
    line["reconstruction_error"] = numbers.reconstruction_error;
    add_mean("pseudo_likelihood", numbers.pseudo_likelihood);
    add("free_energy_gap", numbers.free_energy_gap);
    add("held_out_free_energy", numbers.held_out_free_energy);
    add("held_out_reconstruction_error", numbers.held_out_reconstruction_error);
    add_mean("held_out_pseudo_likelihood", numbers.held_out_pseudo_likelihood);
    add("error", numbers.error);
    add("held_out_error", numbers.held_out_error);
    add("log_partition", numbers.log_partition);
    add("log_likelihood", numbers.log_likelihood);
    add("held_out_log_likelihood", numbers.held_out_log_likelihood);
    if (numbers.estimate) {
        // Where log Z may lie higher, likelihoods may be lower.
        const double below = numbers.estimate->high - numbers.estimate->value;
        const double above = numbers.estimate->value - numbers.estimate->low;
        line["log_partition_low"] = numbers.estimate->low;
        line["log_partition_high"] = numbers.estimate->high;
        line["log_partition_spread"] = numbers.estimate->spread;
        add("log_partition_floor", numbers.log_partition_floor);
        const auto add_interval = [&](const std::string& key, const std::optional<double>& value) {
            if (!value) return;
            line[key + "_low"] = *value - below;
            line[key + "_high"] = *value + above;
        };
        add_interval("log_likelihood", numbers.log_likelihood);
        add_interval("held_out_log_likelihood", numbers.held_out_log_likelihood);
    }
    if (numbers.log_partition) line["log_partition_method"] = numbers.estimate ? numbers.method : "exact";
    if (best_epoch) line["best_epoch"] = *best_epoch;
    return line.dump();
}

std::string epoch_line(const EpochReport& report, const Monitor::Numbers& numbers, double examples_per_second) {
    std::string text = fmt::format("epoch {}/{}  {:.0f} examples/s", report.epoch, report.epochs, examples_per_second);
    if (report.loss) text += fmt::format("  loss {:.4f}", *report.loss);
    if (numbers.error) text += fmt::format("  labels wrong {:.2f} %", 100 * *numbers.error);
    if (numbers.held_out_error) text += fmt::format(", held out {:.2f} %", 100 * *numbers.held_out_error);
    if (numbers.free_energy_gap) text += fmt::format("  free-energy gap {:+.2f} nats", *numbers.free_energy_gap);
    if (numbers.held_out_log_likelihood) {
        text += fmt::format("  held-out log-likelihood {:.2f}", *numbers.held_out_log_likelihood);
    } else if (numbers.log_likelihood) {
        text += fmt::format("  log-likelihood {:.2f}", *numbers.log_likelihood);
    }
    if (numbers.estimate) {
        text += fmt::format(" (-{:.2f}, +{:.2f}) by {}", numbers.estimate->high - numbers.estimate->value,
                            numbers.estimate->value - numbers.estimate->low, numbers.method_in_words);
        if (numbers.log_partition_floor && *numbers.log_partition <= *numbers.log_partition_floor)
            text += ", whose log Z was too low to be possible and is cut: not to be trusted";
        else if (numbers.estimate->spread > largest_spread)
            text += ", whose chains disagree: not to be trusted";
    }
    if (!numbers.log_likelihood && numbers.pseudo_likelihood) {
        text += fmt::format("  pseudo-likelihood {:.1f}", numbers.pseudo_likelihood->value);
        if (std::isfinite(numbers.pseudo_likelihood->standard_error))
            text += fmt::format(" +- {:.1f}", numbers.pseudo_likelihood->standard_error);
    }
    return text + fmt::format("  reconstruction error {:.4f}", numbers.reconstruction_error);
}

}  // namespace rbm::app
