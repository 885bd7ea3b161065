// SPDX-License-Identifier: MIT
#include "apps/cli/setting_value.h"
#include "apps/train/training_run.h"
#include "rbm/method/recipes.h"

namespace rbm::app {

namespace {

std::vector<std::string> unit_names(bool hidden) {
    std::vector<std::string> names;
    for (const UnitRow& row : unit_rows())
        if (!hidden || row.hidden_in_programs) names.emplace_back(row.name);
    return names;
}

std::vector<std::string> visible_unit_names() {
    std::vector<std::string> names = unit_names(false);
    names.emplace_back(choose_by_columns);
    return names;
}

/// "0 or 1, real numbers, or -1 or 1"
std::string states_of_units() {
    std::string text;
    const auto rows = unit_rows();
    for (std::size_t k = 0; k < rows.size(); ++k)
        text += fmt::format("{}{}", k == 0 ? "" : k + 1 == rows.size() ? ", or " : ", ", rows[k].states);
    return text;
}

std::string initial_weights_text() {
    std::string text =
        "4 / root of the visible units, at most 0.3, for Bernoulli units, algorithms with chains and 1000 or more "
        "updates; else 0.01";
    for (const ObjectiveMethod& row : objective_methods())
        if (row.initial_weights != 0) text += fmt::format("; {} for {}", row.initial_weights, row.name);
    return text;
}
std::string learning_rate_text(float rate) {
    std::string text = fmt::format(
        "{}, or where --initial-weights are above 0.01, 100 divided by the visible units, from 0.1 "
        "to 0.5",
        rate);
    for (const UnitRow& row : unit_rows())
        if (row.largest_rate_times_units != 0)
            text += fmt::format("; for {} units {} divided by their number, if that is less", row.name,
                                row.largest_rate_times_units);
    for (const ObjectiveMethod& row : objective_methods())
        if (row.rate_per_sample != 0)
            text += fmt::format("; for {} {} times --batch-size, at most {}", row.name, row.rate_per_sample,
                                row.largest_rate);
    return text;
}

std::string algorithm_page(const std::string& name) {
    const ObjectiveMethod& row = objective_method(name);
    std::string page = page_head("algorithm", row);
    constexpr const char* chains[] = {"none", "start at the data in each update", "go on from update to update"};
    page += entry("chains", chains[static_cast<std::size_t>(row.chains)]);
    page += entry("labels", row.learns_labels ? "needed: give --labels" : "optional");
    page += entry("missing values", row.refuses_missing.empty() ? "allowed with --missing nan" : "refused");
    if (row.learns_log_partition) page += entry("log Z", "learned, and kept in the model");
    if (row.initial_weights != 0) page += entry("--initial-weights", fmt::format("default {}", row.initial_weights));
    if (row.rate_per_sample != 0)
        page += entry("--learning-rate",
                      fmt::format("default {} times --batch-size, at most {}", row.rate_per_sample, row.largest_rate));
    if (!row.uses_only.empty()) {
        std::vector<std::string> options;
        for (const std::string& one : row.uses_only) options.push_back("--" + one);
        page += entry("other options", "only these have an effect: " + joined(options, ", "));
    }
    for (const Recipe& one : recipes())
        if (one.text("algorithm") == row.name) page += entry("--recipe", one.name + ": " + one.source);
    return page;
}

}  // namespace

void declare_options(Program& program, RunSettings& run) {
    TrainSettings& train = run.train;
    constexpr Audience rare = Audience::rare;
    program.example("rbm-train images.idx.gz --output run", "train on images, with everything at its default")
        .example("rbm-train images.npy --output run --hidden 500 --epochs 50 --validation test.npy",
                 "a larger machine, watched on held-out data")
        .example("rbm-train --output run --resume", "go on after an interruption")
        .example(
            "rbm-train images.npy --output run --recipe best --validation valid.npy --stop-on likelihood "
            "--track-likelihood 5",
            "a recipe, stopped when held-out data become less likely; the best model is kept")
        .example("rbm-train images.npy --labels labels.npy --algorithm discriminative --output run",
                 "a classifier: rbm-score --classify asks it")
        .optional_argument("DATA", &run.data,
                           "samples, one per row: IDX, .npy, CSV (any of them .gz) or a folder of PNGs")
        .group("The run")
        .option("output", path(&run.output).required().transient(),
                "folder of the run; it gets model, checkpoint, metrics and pictures")
        .option("resume", flag(&run.resume).transient(), "go on from the folder's checkpoint; needs no other option")
        .option("validation", input(&run.validation), "held-out samples; the best model on them is kept")
        .option("search", real(&run.search, at_least(0)).named("MINUTES").transient(),
                "try options for so long; the folder gets the best run")
        .option("recipe", choice(&run.recipe, names_of(recipes())).named("NAME"),
                "options as in a paper; one of " + joined(names_of(recipes()), ", ") +
                    ". They are shown at the start, and options that you give win")
        .option("labels", input(&run.labels).named("FILE"),
                "one class per sample, a whole number: IDX, .npy or a table of one column; each class becomes one "
                "more visible unit, behind those of DATA")
        .group("The run", rare)
        .option("live", flag(&run.live).transient(),
                "write report.html again and again while the run is at work, not only in the end")
        .option("from", input(&run.from).named("MODEL"),
                "go on from this model with other data: a new run that takes over its units, their parameters and how "
                "it prepares data")
        .option("label-column", path(&run.label_column).named("NAME"),
                "the same with the classes, numbers or words, in a column of DATA")
        .option("validation-labels", input(&run.validation_labels).named("FILE"), "labels for --validation")
        .option("sample-weights", input(&run.sample_weights),
                "one weight per sample: .npy [N] or a table of one column")
        .option("missing", choice(&run.missing, {"refuse", "nan"}),
                "nan: NaN in DATA, or a gap in CSV, is an unknown value; clamped chains draw it given the known ones")
        .option("missing-sweeps", count(&run.missing_sweeps, 1, 1'000'000), "sweeps of those chains per update");
    run.sequences.declare(program);
    program.group("The machine")
        .option("visible-units", choice(&run.visible_units, visible_unit_names()),
                fmt::format("kind of the visible units; values are {}; auto chooses by the columns", states_of_units()))
        .option("hidden", count(&run.hidden, 1).shown_default("by the data"), "number of hidden units")
        .group("The machine", rare)
        .option(
            "visible-states", count(&run.visible_states, 2, 1'000'000).named("Q"),
            "Potts units: states of each; DATA holds codes from 0 to Q-1, or Q columns for each unit, one of them 1")
        .option("hidden-units", choice(&run.hidden_units, unit_names(true)), "kind of the hidden units")
        .option("hidden-states", count(&run.hidden_states, 2, 1'000'000).named("Q"),
                "Potts hidden units: states of each")
        .option("standardize", on_off(&run.standardize),
                "Gaussian units: give each column mean 0 and deviation 1, and remember both")
        .option("minimum-sigma",
                real(&run.minimum_sigma, above(0)).shown_default("a tenth of the prepared data's unit"),
                "Gaussian units: lower bound of sigma, in the units of the data")
        .option("initial-weights", real(&run.initial_weights, at_least(0)).shown_default(initial_weights_text()),
                "standard deviation of the weights at the start")
        .option("initial-hidden-bias", real(&run.initial_hidden_bias, between(-100, 100)),
                "hidden biases at the start: -4 makes units rare, which small machines of Gaussian units need")
        .group("Learning")
        .option("algorithm", choice(&run.algorithm, names_of(objective_methods())).named("NAME"),
                "how the machine learns: one of those below")
        .option("epochs", count(&run.epochs, 1, most_epochs).shown_default("by the data"),
                "passes over the data; with exact, the most iterations of each restart, 1000 unless given")
        .option("batch-size", count(&train.batch_size, 1), "samples per update")
        .option("learning-rate",
                real(&train.learning_rate, above(0)).shown_default(learning_rate_text(train.learning_rate)),
                "step along the gradient, at the start")
        .option(
            "stop-on",
            choice(&run.stop_on, {"off", "likelihood", "gap", "error", "best"}).shown_default("best on held-out data"),
            "by what the best model is chosen; all but best also stop after --patience epochs without a better one, "
            "and off keeps the last")
        .group("Options of some algorithms", rare);
    declare_settings(program, objective_methods(), &run.settings);
    program.group("Learning", rare)
        .option("learning-rate-schedule",
                choice(&train.schedule, {{"linear", Schedule::linear},
                                         {"constant", Schedule::constant},
                                         {"exponential", Schedule::exponential}}),
                "linear falls to 0 at the end, exponential to a hundredth")
        .option("optimizer", choice(&train.optimizer, {{"sgd", Optimizer::sgd}, {"adam", Optimizer::adam}}),
                "how steps follow gradients")
        .option("momentum", real(&train.momentum, below_and_at_least(0, 1)),
                "of sgd; PCD at these rates is better without")
        .option("momentum-ramp", real(&train.momentum_ramp, at_least(0)), "epochs over which momentum rises above 0.5")
        .option("weight-decay", real(&train.weight_decay, at_least(0)), "L2 penalty on the weights")
        .option("weight-decay-l1",
                real(&train.weight_decay_l1, at_least(0))
                    .shown_default(
                        "by the data: 5 divided by the rows, at most 0.005, where --initial-weights are above 0.01"),
                "L1 penalty on the weights")
        .option("sparsity-target", probability(&train.sparsity_target), "wanted mean activity of hidden units")
        .option("sparsity-cost", real(&train.sparsity_cost, at_least(0)), "strength of the pull towards it; 0: none")
        .option("averaging", probability(&train.averaging).shown_default("0.1 with --stop-on best, else 0"),
                "the model has the mean of the weights over this share of the updates so far; 0: the last weights")
        .option("gradient-norm-limit", real(&train.gradient_norm_limit, at_least(0)),
                "longer gradients are shortened to this; 0: none")
        .option("centering", on_off(&train.centering), "learn around the units' mean activities")
        .option("offset-rate", real(&train.offset_rate, between(0, 1)), "how fast those means follow the batches")
        .option("log-sigma-rate", real(&train.log_sigma_rate, at_least(0)),
                "Gaussian units: learning rate of log sigma, as a share of --learning-rate")
        .group("Watching and stopping", rare)
        .option("hold-out",
                real(&run.hold_out, below_and_at_least(0, 1))
                    .named("P")
                    .shown_default("0.1, at most 2000 rows, of 100 or more without --validation and --epochs; else 0"),
                "share of DATA that is not learned: the model that is best on it is kept")
        .option("track-likelihood", count(&run.track_likelihood, 0),
                "estimate the log-likelihood by a short AIS every so many epochs; 0: only where it is exact, or where "
                "--stop-on best needs it")
        .option("patience", count(&run.patience, 1), "epochs to wait for a better model")
        .option("largest-gap", real(&run.largest_gap, at_least(0)),
                "free-energy gap, in nats, up to which later models are better")
        .common(run.common, {"seed", "threads", "binarize", "threshold", "channels", "header", "keep", "drop",
                             "decimal-comma", "json", "force"})
        .pages("method", "Algorithms (more on each: --help-method NAME)", lines_of(objective_methods()),
               algorithm_page);
}

}  // namespace rbm::app
