// SPDX-License-Identifier: MIT
#include "apps/train/training_rules.h"

#include "apps/train/exact_run.h"
#include "rbm/kernels/error.h"
#include "rbm/trainer/objectives/contrastive_divergence.h"

namespace rbm::app {
namespace {

bool runs_chains(const RunSettings& run) {
    return has_persistent_chains(run) || run.algorithm == "cd" || run.algorithm == "hybrid";
}

/// "units other than gaussian": those that lack it.
template <class Row>
std::string units_without(bool Row::*property) {
    std::string names;
    for (const UnitRow& row : unit_rows())
        if (row.*property) names += fmt::format("{}{}", names.empty() ? "" : " and ", row.name);
    return "units other than " + names;
}

}  // namespace

std::size_t columns_of(const std::optional<std::size_t>& states) { return states.value_or(1); }

bool has_persistent_chains(const RunSettings& run) {
    return run.algorithm == "pcd" || run.algorithm == "fpcd" || run.algorithm == "tempering";
}

bool learns_labels(const RunSettings& run) { return run.algorithm == "discriminative" || run.algorithm == "hybrid"; }

void require_room(const RunSettings& run, std::size_t rows, std::size_t visible, std::size_t labels) {
    const std::size_t hidden = *run.hidden * columns_of(run.hidden_states);
    const double v = static_cast<double>(visible), h = static_cast<double>(hidden);
    const double batch = static_cast<double>(std::min(run.train.batch_size, rows));
    const std::size_t rows_of_model = run.algorithm == "nce" ? run.noise_samples * std::min(run.train.batch_size, rows)
                                                             : run.chains.value_or(run.train.batch_size);
    const double chains = static_cast<double>(rows_of_model);
    double machines = run.train.optimizer == Optimizer::adam ? 5 : 4;
    machines += (run.train.averaging > 0 ? 1 : 0) + (run.algorithm == "fpcd"        ? 4
                                                     : run.algorithm == "tempering" ? 3
                                                                                    : 0);
    const double ladders = run.algorithm == "tempering" ? chains * static_cast<double>(run.rungs) : 0;
    require_memory(sizeof(float) * (machines * v * h + (batch + chains) * (3 * v + 4 * h) + ladders * (v + h) +
                                    (learns_labels(run) ? static_cast<double>(labels) * (2 * batch * h + 3 * v) : 0)),
                   fmt::format("a machine of {} x {} units with batches of {} and {} chains", visible, hidden,
                               run.train.batch_size, rows_of_model));
}

void require_folder_name(const RunSettings& run) {
    if (run.output == "-")
        throw UsageError("--output: found \"-\", expected a folder: a run is more than one stream can hold");
}

void require_states(const RunSettings& run) {
    const auto check = [](const char* side, const std::string& units, const std::optional<std::size_t>& states) {
        const bool takes_states = unit_row(units).has_states;
        if (takes_states && !states)
            throw UsageError(fmt::format(
                "option --{0}-states is missing: how many states has each of the {1} {0} units?", side, units));
        if (!takes_states && states)
            throw UsageError(
                fmt::format("option --{0}-states: has no effect with --{0}-units {1}; leave it out", side, units));
    };
    check("visible", run.visible_units, run.visible_states);
    check("hidden", run.hidden_units, run.hidden_states);
}

void refuse_idle_options(const Program& program, const RunSettings& run) {
    const RunSettings untouched;
    const Units units = make_units<float>(run.visible_units, 1, columns_of(run.visible_states));
    const UnitRow& row = unit_row(units);
    const bool grey = takes_unit_interval(units);
    const bool adam = run.train.optimizer == Optimizer::adam;
    const struct {
        const char* option;
        bool idle;  ///< without effect, and not at its default
        std::string where;
    } options[] = {
        {"binarize", !grey && run.common.binarize != Binarize::none, "units that take values as they are"},
        {"threshold",
         (!grey || run.common.binarize != Binarize::threshold) && run.common.threshold != untouched.common.threshold,
         "values that are not compared with a threshold"},
        {"standardize", !row.standardizes && !run.standardize, units_without(&UnitRow::standardizes)},
        {"minimum-sigma", !row.has_log_scale && run.minimum_sigma.has_value(), units_without(&UnitRow::has_log_scale)},
        {"log-sigma-rate", !row.has_log_scale && run.train.log_sigma_rate != untouched.train.log_sigma_rate,
         units_without(&UnitRow::has_log_scale)},
        {"restarts", run.algorithm != "exact" && run.restarts != untouched.restarts,
         "algorithms other than exact, which start once"},
        {"chains", runs_chains(run) && !has_persistent_chains(run) && run.chains.has_value(),
         "algorithms whose chains start at the data"},
        {"chains", !runs_chains(run) && run.chains.has_value(), "algorithms without chains"},
        {"steps", !runs_chains(run) && run.steps != untouched.steps, "algorithms without chains"},
        {"steps-schedule", !runs_chains(run) && run.steps_schedule != untouched.steps_schedule,
         "algorithms without chains"},
        {"noise-sigma", run.algorithm != "denoising" && run.noise_sigma != untouched.noise_sigma,
         "algorithms other than denoising"},
        {"slices", run.algorithm != "sliced" && run.slices != untouched.slices, "algorithms other than sliced"},
        {"flips",
         run.algorithm != "pseudo-likelihood" && run.algorithm != "ratio-matching" && run.flips != untouched.flips,
         "algorithms other than pseudo-likelihood and ratio-matching"},
        {"noise-samples", run.algorithm != "nce" && run.noise_samples != untouched.noise_samples,
         "algorithms other than nce"},
        {"generative-weight", run.algorithm != "hybrid" && run.generative_weight != untouched.generative_weight,
         "algorithms other than hybrid"},
        {"validation-labels", run.validation.empty() && !run.validation_labels.empty(), "no --validation"},
        {"rungs", run.algorithm != "tempering" && run.rungs != untouched.rungs, "algorithms other than tempering"},
        {"fast-rate", run.algorithm != "fpcd" && run.fast_rate != untouched.fast_rate, "algorithms other than fpcd"},
        {"fast-decay", run.algorithm != "fpcd" && run.fast_decay != untouched.fast_decay, "algorithms other than fpcd"},
        {"steps-schedule", run.steps == 1 && run.steps_schedule != untouched.steps_schedule, "--steps 1"},
        {"patience", run.stop_on == "off" && run.patience != untouched.patience, "--stop-on off"},
        {"largest-gap", run.stop_on != "gap" && run.largest_gap != untouched.largest_gap, "anything but --stop-on gap"},
        {"missing-sweeps", run.missing == "refuse" && run.missing_sweeps != untouched.missing_sweeps,
         "--missing refuse"},
        {"momentum", adam && run.train.momentum != untouched.train.momentum, "--optimizer adam"},
        {"offset-rate", !run.train.centering && run.train.offset_rate != untouched.train.offset_rate,
         "--centering off"},
        {"sparsity-target", run.train.sparsity_cost == 0 && run.train.sparsity_target != 0, "--sparsity-cost 0"}};
    if (run.algorithm == "exact") refuse_options_idle_in_exact(program);
    for (const auto& [option, idle, where] : options)
        if (idle && program.given(option))
            throw UsageError(fmt::format("option --{}: has no effect with {}; leave it out", option, where));
}

void require_labels(const RunSettings& run) {
    if (learns_labels(run) && run.labels.empty())
        throw UsageError(fmt::format("--algorithm {}: learns to tell labels; give --labels", run.algorithm));
    if (!run.labels.empty() && !run.validation.empty() && run.validation_labels.empty())
        throw UsageError("option --validation: its samples need labels too; give --validation-labels");
    if (run.labels.empty() && !run.validation_labels.empty())
        throw UsageError("option --validation-labels: has no effect without --labels; leave it out");
    if (run.stop_on == "error" && run.labels.empty())
        throw UsageError("option --stop-on: error is the share of wrong labels; give --labels");
}

void require_what_stops(const RunSettings& run) {
    if (run.stop_on != "off" && run.validation.empty())
        throw UsageError(
            fmt::format("option --stop-on: {} is measured on held-out data; give --validation", run.stop_on));
}

}  // namespace rbm::app
