// SPDX-License-Identifier: MIT
#include "apps/train/recipes.h"
#include "apps/train/training_run.h"

namespace rbm::app {

namespace {

std::vector<std::pair<std::string, std::string>> names_of_recipes() {
    std::vector<std::pair<std::string, std::string>> words;
    for (const std::string& name : recipe_names()) words.emplace_back(name, name);
    return words;
}

std::vector<std::string> unit_names(bool hidden) {
    std::vector<std::string> names;
    for (const UnitRow& row : unit_rows())
        if (!hidden || row.hidden_in_programs) names.emplace_back(row.name);
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

}  // namespace

void declare_options(Program& program, RunSettings& run) {
    TrainSettings& train = run.train;
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
                "folder of the run: model, checkpoint, metrics, pictures")
        .option("validation", input(&run.validation), "held-out samples to watch; never trained on")
        .option("labels", input(&run.labels).named("FILE"),
                "one whole number per sample, its class: IDX, .npy or a table of one column; each class becomes one "
                "more visible unit, behind those of DATA")
        .option("validation-labels", input(&run.validation_labels).named("FILE"), "the same of --validation")
        .option("sample-weights", input(&run.sample_weights),
                "one weight per sample: .npy [N] or a table of one column")
        .option("missing", choice(&run.missing, {"refuse", "nan"}),
                "nan: NaN in DATA, or a gap in CSV, is a value that is not known, and is drawn given the known ones by "
                "clamped chains")
        .option("missing-sweeps", count(&run.missing_sweeps, 1, 1'000'000), "of these chains, per update")
        .option("recipe", choice(&run.recipe, names_of_recipes()),
                "options as in a paper, shown at the start; those that are given win")
        .option("resume", flag(&run.resume).transient(), "go on from the folder's checkpoint; needs no other option")
        .group("The machine")
        .option("visible-units", choice(&run.visible_units, unit_names(false)),
                fmt::format("kind of the visible units: {}", states_of_units()))
        .option(
            "visible-states", count(&run.visible_states, 2, 1'000'000).named("Q"),
            "Potts units: states of each; DATA holds codes from 0 to Q-1, or Q columns for each unit, one of them 1")
        .option("hidden",
                count(&run.hidden, 1)
                    .shown_default(fmt::format("twice the visible units, at most {}", most_hidden_by_default)),
                "number of hidden units")
        .option("hidden-units", choice(&run.hidden_units, unit_names(true)), "kind of the hidden units")
        .option("hidden-states", count(&run.hidden_states, 2, 1'000'000).named("Q"),
                "Potts hidden units: states of each")
        .option("standardize", on_off(&run.standardize),
                "Gaussian units: give each column mean 0 and deviation 1, and remember both")
        .option("minimum-sigma",
                real(&run.minimum_sigma, above(0)).shown_default("a tenth of the prepared data's unit"),
                "Gaussian units: lower bound of sigma, in the units of the data")
        .option("initial-weights",
                real(&run.initial_weights, at_least(0))
                    .shown_default(fmt::format("0.01; of discriminative and hybrid {}", initial_weights_of_labels)),
                "standard deviation of the weights at the start")
        .option("initial-hidden-bias", real(&run.initial_hidden_bias, between(-100, 100)),
                "hidden biases at the start: -4 makes units rare, which small machines of Gaussian units need")
        .group("Learning")
        .option(
            "algorithm",
            choice(&run.algorithm, {"pcd", "cd", "fpcd", "tempering", "exact", "score-matching", "denoising", "sliced",
                                    "pseudo-likelihood", "ratio-matching", "nce", "discriminative", "hybrid"}),
            "negative phase: persistent chains, chains from the data, persistent ones with fast weights, or ladders "
            "of parallel tempering; exact: no chains, but all states of a small machine, and its likelihood driven to "
            "a maximum by L-BFGS. Without chains: score matching, its denoising and sliced forms (Gaussian units); "
            "pseudo-likelihood and ratio matching (discrete units); noise-contrastive estimation, which learns log Z "
            "too. With --labels: discriminative, the log probability of the label given the data; hybrid: that and cd")
        .option("restarts", count(&run.restarts, 1, 1'000'000'000), "random starts of exact, the best of which is kept")
        .option("steps", count(&run.steps, 1), "sweeps of Gibbs sampling per update: the k of CD-k")
        .option("steps-schedule",
                choice(&run.steps_schedule, {{"constant", StepsSchedule::constant}, {"linear", StepsSchedule::linear}}),
                "linear grows from 1 to --steps, in stages of equal length")
        .option("chains", count(&run.chains, 1).shown_default("the batch size"),
                "persistent chains; of tempering, ladders")
        .option("rungs", count(&run.rungs, 2, 1000),
                "tempering: chains per ladder, from the data's marginals to the machine")
        .option("noise-sigma", real(&run.noise_sigma, above(0)),
                "denoising: standard deviation of the noise on the prepared data")
        .option("slices", count(&run.slices, 1), "sliced: random directions per row")
        .option("flips", count(&run.flips, 0),
                "pseudo-likelihood, ratio-matching: visible units changed per update, drawn anew for each; 0: all")
        .option("noise-samples", count(&run.noise_samples, 1), "nce: rows of noise per row of data")
        .option("generative-weight", real(&run.generative_weight, at_least(0)),
                "hybrid: what the log-likelihood of data and label counts, by cd")
        .option("fast-rate", real(&run.fast_rate, at_least(0)), "fpcd: learning rate of the fast weights, all along")
        .option("fast-decay", real(&run.fast_decay, below_and_at_least(0, 1)),
                "fpcd: what is left of the fast weights after an update")
        .option("epochs",
                count(&run.epochs, 1, most_epochs)
                    .shown_default(fmt::format("enough for {} updates, at least 10", default_updates)),
                "passes over the data; of exact, iterations of each restart at most (1000)")
        .option("batch-size", count(&train.batch_size, 1), "samples per update")
        .option("learning-rate",
                real(&train.learning_rate, above(0))
                    .shown_default(fmt::format(
                        "{}; of Gaussian units, {} divided by their number if that is less; of discriminative and "
                        "hybrid {} times --batch-size, at most {}",
                        train.learning_rate, Gaussian::facts.largest_rate_times_units, label_rate_per_sample,
                        largest_label_rate)),
                "step along the gradient, at the start")
        .option("learning-rate-schedule",
                choice(&train.schedule, {{"linear", Schedule::linear},
                                         {"constant", Schedule::constant},
                                         {"exponential", Schedule::exponential}}),
                "linear falls to 0 at the end, exponential to a hundredth")
        .option("optimizer", choice(&train.optimizer, {{"sgd", Optimizer::sgd}, {"adam", Optimizer::adam}}),
                "how steps follow gradients")
        .option("momentum", real(&train.momentum, below_and_at_least(0, 1)),
                "of sgd; PCD at these rates is better without")
        .option("momentum-ramp", real(&train.momentum_ramp, at_least(0)),
                "epochs over which momentum above 0.5 is reached")
        .option("weight-decay", real(&train.weight_decay, at_least(0)), "L2 penalty on the weights")
        .option("weight-decay-l1", real(&train.weight_decay_l1, at_least(0)), "L1 penalty on the weights")
        .option("sparsity-target", probability(&train.sparsity_target), "wanted mean activity of hidden units")
        .option("sparsity-cost", real(&train.sparsity_cost, at_least(0)), "strength of the pull towards it; 0: none")
        .option("averaging", probability(&train.averaging),
                "average the weights over this share of the updates so far into averaged.safetensors; 0: do not")
        .option("gradient-norm-limit", real(&train.gradient_norm_limit, at_least(0)),
                "longer gradients are shortened to this; 0: none")
        .option("centering", on_off(&train.centering), "learn around the units' mean activities")
        .option("offset-rate", real(&train.offset_rate, between(0, 1)), "how fast those means follow the batches")
        .option("log-sigma-rate", real(&train.log_sigma_rate, at_least(0)),
                "Gaussian units: learning rate of log sigma, as a share of --learning-rate")
        .group("Watching and stopping")
        .option("track-likelihood", count(&run.track_likelihood, 0),
                "estimate the log-likelihood by a short AIS every so many epochs; 0: only where it is exact")
        .option(
            "stop-on", choice(&run.stop_on, {"off", "likelihood", "gap", "error"}),
            "keep the model that is best on --validation, and stop when none comes for --patience epochs: by held-out "
            "log-likelihood, by the free-energy gap, or by the share of wrong labels")
        .option("patience", count(&run.patience, 1), "epochs to wait for a better model")
        .option("largest-gap", real(&run.largest_gap, at_least(0)),
                "free-energy gap, in nats, up to which later models are better")
        .common(run.common, {"seed", "threads", "binarize", "threshold", "json", "force"});
}

}  // namespace rbm::app
