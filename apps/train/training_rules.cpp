// SPDX-License-Identifier: MIT
#include "apps/train/training_rules.h"

#include "apps/cli/setting_value.h"
#include "rbm/kernels/error.h"

namespace rbm::app {
namespace {

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

void require_room(const RunSettings& run, std::size_t rows, std::size_t visible, std::size_t labels) {
    const std::size_t hidden = *run.hidden * columns_of(run.hidden_states);
    const ObjectiveMethod& method = run.method();
    const RunSize size{.visible = static_cast<double>(visible),
                       .hidden = static_cast<double>(hidden),
                       .batch = static_cast<double>(std::min(run.train.batch_size, rows)),
                       .chains = static_cast<double>(run.chains()),
                       .labels = static_cast<double>(labels)};
    const double model_rows = method.model_rows ? method.model_rows(run.settings, size) : size.chains;
    const double machines = (run.train.optimizer == Optimizer::adam ? 5 : 4) + (run.train.averaging > 0 ? 1 : 0);
    const double own = method.memory ? method.memory(run.settings, size) : 0;
    require_memory(sizeof(float) * (machines * size.visible * size.hidden +
                                    (size.batch + model_rows) * (3 * size.visible + 4 * size.hidden) + own),
                   fmt::format("a machine of {} x {} units with batches of {} and {} chains", visible, hidden,
                               run.train.batch_size, model_rows));
}

void require_folder_name(const RunSettings& run) {
    if (run.output == "-")
        throw UsageError("--output: found \"-\", expected a folder: a run is more than one stream can hold");
}

void require_states(const RunSettings& run, bool data_told) {
    const auto check = [](bool may_be_told, const char* side, const std::string& units,
                          const std::optional<std::size_t>& states) {
        const bool takes_states = unit_row(units).has_states;
        if (takes_states && !states && !may_be_told)
            throw UsageError(fmt::format(
                "option --{0}-states is missing: how many states has each of the {1} {0} units?", side, units));
        if (!takes_states && states)
            throw UsageError(
                fmt::format("option --{0}-states: has no effect with --{0}-units {1}; leave it out", side, units));
    };
    check(!data_told, "visible", run.visible_units, run.visible_states);
    check(false, "hidden", run.hidden_units, run.hidden_states);
}

namespace {

/// Of a method that is no series of updates, most options have no effect.
void refuse_all_but(const Program& program, const ObjectiveMethod& method) {
    RunSettings untouched;
    Program defaults(program.name(), "");
    declare_options(defaults, untouched);
    const auto usual = defaults.record();
    for (const auto& [option, text] : program.record()) {
        const auto at = usual.find(option);
        const bool used = std::ranges::find(method.uses_only, option) != method.uses_only.end();
        if (!used && program.given(option) && (at == usual.end() || at->second != text))
            throw UsageError(fmt::format("option --{}: has no effect with --algorithm {}, which {}; leave it out",
                                         option, method.name, method.why_only));
    }
    if (program.text("binarize") == "sample")
        throw UsageError(
            fmt::format("option --binarize: found sample, but --algorithm {} needs rows that stay as they are; draw "
                        "them once: rbm-data FILE --binarize sample --output bits.npy",
                        method.name));
}

}  // namespace

void refuse_idle_options(const Program& program, const RunSettings& run) {
    const RunSettings untouched;
    const Units units = make_units<float>(run.visible_units, 1, run.visible_states.value_or(2));
    const UnitRow& row = unit_row(units);
    const bool grey = takes_unit_interval(units);
    const bool adam = run.train.optimizer == Optimizer::adam;
    const bool scheduled = run.settings.text("steps-schedule") != untouched.settings.text("steps-schedule");
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
        {"validation-labels", run.validation.empty() && !run.validation_labels.empty(), "no --validation"},
        {"steps-schedule", run.settings.count("steps") == 1 && scheduled, "--steps 1"},
        {"patience", (run.stop_on == "off" || run.stop_on == "best") && run.patience != untouched.patience,
         "--stop-on " + run.stop_on},
        {"largest-gap", run.stop_on != "gap" && run.largest_gap != untouched.largest_gap, "anything but --stop-on gap"},
        {"missing-sweeps",
         run.missing == "refuse" && !run.sequences.gaps_are_missing() && run.missing_sweeps != untouched.missing_sweeps,
         "--missing refuse"},
        {"momentum", adam && run.train.momentum != untouched.train.momentum, "--optimizer adam"},
        {"offset-rate", !run.train.centering && run.train.offset_rate != untouched.train.offset_rate,
         "--centering off"},
        {"sparsity-target", run.train.sparsity_cost == 0 && run.train.sparsity_target != 0, "--sparsity-cost 0"}};
    if (!run.method().uses_only.empty()) refuse_all_but(program, run.method());
    refuse_idle_settings(program, objective_methods(), run.method(), "algorithm");
    for (const auto& [option, idle, where] : options)
        if (idle && program.given(option))
            throw UsageError(fmt::format("option --{}: has no effect with {}; leave it out", option, where));
}

void require_labels(const RunSettings& run) {
    if (run.method().learns_labels && !run.has_labels())
        throw UsageError(fmt::format("--algorithm {}: learns to tell labels; give --labels", run.algorithm));
    if (!run.labels.empty() && !run.validation.empty() && run.validation_labels.empty())
        throw UsageError("option --validation: its samples need labels too; give --validation-labels");
    if (!run.labels.empty() && !run.label_column.empty())
        throw UsageError("option --label-column: found with --labels, expected one of them");
    if (run.labels.empty() && !run.validation_labels.empty())
        throw UsageError("option --validation-labels: has no effect without --labels; leave it out");
    if (run.stop_on == "error" && !run.has_labels())
        throw UsageError("option --stop-on: error is the share of wrong labels; give --labels");
}

void require_what_stops(const RunSettings& run) {
    if (run.method().keeps_ladder && !run.from.empty())
        throw UsageError(fmt::format(
            "option --from: --algorithm {} keeps a ladder from the first update on; leave --from out, or use pcd",
            run.algorithm));
    if (run.method().keeps_ladder && run.track_likelihood > 0)
        throw UsageError(
            fmt::format("option --track-likelihood: --algorithm {} knows the likelihood of each epoch; leave it out",
                        run.algorithm));
    const bool may_divide = run.stop_on == "best" && !run.hold_out;
    if (run.keeps_best() && run.validation.empty() && !may_divide && run.hold_out.value_or(0) == 0)
        throw UsageError(fmt::format(
            "option --stop-on: {} is measured on held-out data; give --validation, or --hold-out 0.1", run.stop_on));
}

}  // namespace rbm::app
