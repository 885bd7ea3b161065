// SPDX-License-Identifier: MIT
#include "apps/train/training_run.h"

#include <map>

#include "apps/train/exact_run.h"
#include "apps/train/run_folder.h"
#include "apps/train/training_inputs.h"
#include "apps/train/training_rules.h"
#include "apps/train/training_session.h"
#include "rbm/data/column_moments.h"
#include "rbm/kernels/error.h"
#include "rbm/method/recipes.h"

namespace rbm::app {
namespace {

constexpr const char* data_key = "data.path";
constexpr const char* fingerprint_key = "data.fingerprint";
constexpr const char* weights_fingerprint_key = "sample-weights.fingerprint";

/// Options that the library's settings hold in another form.
void adopt(RunSettings& run, const Preparation& preparation) {
    run.train.epochs = *run.epochs;
    run.train.minimum_sigma = {run.minimum_sigma.value_or(0.1F)};
    if (!run.minimum_sigma || preparation.scale.empty()) return;
    run.train.minimum_sigma.clear();
    for (const float scale : preparation.scale) run.train.minimum_sigma.push_back(*run.minimum_sigma / scale);
}

/// Options that were given win.
void follow_recipe(Program& program, const Recipe& recipe) {
    program.prefer(recipe.options);
    std::string text;
    for (const auto& [name, value] : recipe.options)
        if (!program.given(name)) text += fmt::format(" --{} {}", name, value);
    note("recipe {}: {}; it stands for\n {}", recipe.name, recipe.source, text);
}

void start_away_from_zero(Machine& machine, const RunSettings& run) {
    constexpr float spread = 0.01F;  // of initialize()
    for (float& weight : machine.weights.values()) weight *= *run.initial_weights / spread;
    for (float& bias : location(machine.hidden)) bias += run.initial_hidden_bias;
}

std::string held_out_text(const RunSettings& run, double score) {
    if (run.stop_on == "error") return fmt::format("labels {:.2f} % wrong", -100 * score);
    if (run.stop_on == "gap") return fmt::format("free-energy gap {:.2f} nats", -score);
    return fmt::format("log-likelihood {:.2f} nats", score);
}

void tell_end(const RunSettings& run, const RunFolder& folder, const Checkpoint& checkpoint) {
    if (checkpoint.best)
        note("{}{}/model.safetensors is that of epoch {}, the best: held-out {}",
             checkpoint.best->stopped
                 ? fmt::format("stopped after epoch {}, {} without a better model; ", checkpoint.state.epoch,
                               checkpoint.state.epoch - checkpoint.best->epoch)
                 : "",
             run.output, checkpoint.best->epoch, held_out_text(run, checkpoint.best->score));
    if (run.common.json) write_output(folder.last_metrics() + "\n");
    note(
        "done: {0}/model.safetensors; look at filters.png, reconstructions.png and fantasies.png in {0}; then try\n"
        "  rbm-dream {0}/model.safetensors --output dream.png",
        run.output);
}

/// From where the checkpoint is.
void train(const RunSettings& run, const RunFolder& folder, const Inputs& inputs, Checkpoint& checkpoint) {
    if (!run.method().makes_updates()) {
        run_exactly(run, folder, inputs.training, inputs.validation ? &*inputs.validation : nullptr,
                    inputs.sample_weights, checkpoint);
    } else {
        train_by_updates(run, folder, inputs, checkpoint);
    }
    tell_end(run, folder, checkpoint);
}

}  // namespace

int start_run(Program& program, RunSettings& run) {
    if (run.data.empty()) throw UsageError("DATA is missing; " + program.usage());
    require_folder_name(run);
    if (run.recipe) follow_recipe(program, recipe(*run.recipe));
    require_states(run);
    refuse_idle_options(program, run);
    require_labels(run);
    require_what_stops(run);
    const RunFolder folder(run.output, run.common.force ? RunFolder::Use::over_another : RunFolder::Use::anew);
    std::vector<std::uint32_t> labels;
    Dataset raw = load_training(run, run.data, labels);
    const std::size_t visible = visible_sites(run, raw);
    run.hidden = run.hidden.value_or(std::min(2 * visible, most_hidden_by_default));
    require_room(run, raw.rows(), visible * columns_of(run.visible_states), labels.size());
    const ObjectiveMethod& method = run.method();
    if (!run.epochs && !method.makes_updates()) run.epochs = default_iterations;
    if (!run.epochs) {
        const std::size_t batches = batch_count(raw.rows(), run.train.batch_size);
        run.epochs = std::max<std::size_t>(10, (default_updates + batches - 1) / batches);
    }

    const float rate_times_visible = unit_row(run.visible_units).largest_rate_times_units;
    if (rate_times_visible > 0 && !run.recipe && !program.given("learning-rate"))
        run.train.learning_rate = std::min(run.train.learning_rate, rate_times_visible / static_cast<float>(visible));
    if (method.rate_per_sample > 0 && run.train.optimizer == Optimizer::sgd && rate_times_visible == 0 && !run.recipe &&
        !program.given("learning-rate"))
        run.train.learning_rate =
            std::min(method.rate_per_sample * static_cast<float>(run.train.batch_size), method.largest_rate);
    if (!run.initial_weights) run.initial_weights = method.initial_weights > 0 ? method.initial_weights : 0.01F;
    const std::size_t chains = method.has_persistent_chains() ? run.chains() : 0;
    if (chains > 0) run.settings.set("chains", fmt::format("{}", chains));

    Checkpoint checkpoint;
    checkpoint.model.machine = Machine(make_units<float>(run.visible_units, visible, columns_of(run.visible_states)),
                                       make_units<float>(run.hidden_units, *run.hidden, columns_of(run.hidden_states)));
    Machine& machine = checkpoint.model.machine;
    checkpoint.model.labels = labels;
    checkpoint.model.preparation = choose_preparation(run, machine.visible, raw, labels.size());
    if (machine.visible_count() == raw.cols()) checkpoint.model.image = raw.image;
    adopt(run, checkpoint.model.preparation);
    checkpoint.options = program.record();
    checkpoint.options[data_key] = run.data;
    checkpoint.options[fingerprint_key] = fingerprint_text(raw);
    const Inputs inputs = prepare_inputs(run, std::move(raw), checkpoint.model, program);
    if (!inputs.sample_weights.empty())
        checkpoint.options[weights_fingerprint_key] = weights_fingerprint(inputs.sample_weights);
    const std::vector<double> means = column_means(inputs.training, inputs.sample_weights);
    checkpoint.model.rates.assign(means.begin(), means.end());

    Random random = Random(run.common.seed).fork(0);
    initialize(machine, inputs.training, random, inputs.sample_weights);
    start_away_from_zero(machine, run);
    checkpoint.state =
        start_training(std::move(machine), inputs.training, run.train, chains, run.common.seed, inputs.sample_weights);
    train(run, folder, inputs, checkpoint);
    return 0;
}

int resume_run(Program& program, RunSettings& run) {
    require_folder_name(run);
    const RunFolder folder(run.output, RunFolder::Use::resume);
    Checkpoint checkpoint = load_checkpoint(folder.checkpoint_path());
    std::map<std::string, std::string> record = checkpoint.options;
    const std::string path = record[data_key], fingerprint = record[fingerprint_key],
                      weights = record[weights_fingerprint_key];
    for (const char* key : {data_key, fingerprint_key, weights_fingerprint_key}) record.erase(key);
    checkpoint.model.log_partition.reset();  // that of the weights before
    const auto algorithm = record.find("algorithm");
    const bool updates = algorithm == record.end() || objective_method(algorithm->second).makes_updates();
    const std::string rounds = updates ? "epochs" : "restarts";
    program.restore(record, folder.checkpoint_path(), {rounds});
    adopt(run, checkpoint.model.preparation);
    const std::size_t wanted = updates ? run.train.epochs : run.settings.count(rounds);
    if (checkpoint.state.epoch > wanted)
        throw UsageError(fmt::format("option --{0}: found {1}, expected at least {2}, the {0} that {3} has done",
                                     rounds, wanted, checkpoint.state.epoch, run.output));
    const bool gave_up = checkpoint.best && checkpoint.best->stopped;
    if (checkpoint.state.epoch == wanted || gave_up) {
        note("{} is finished: {} {}; {}", run.output, checkpoint.state.epoch, rounds,
             gave_up ? "no better model came" : fmt::format("a larger --{} goes on", rounds));
        if (run.common.json) write_output(folder.last_metrics() + "\n");
        return 0;
    }
    Dataset raw = load_training(run, run.data.empty() ? path : run.data, checkpoint.model.labels);
    if (fingerprint_text(raw) != fingerprint)
        throw DataError(fmt::format("{}: other data than the run began with ({}); resume with those", raw.name, path));
    const Inputs inputs = prepare_inputs(run, std::move(raw), checkpoint.model, program);
    if (!inputs.sample_weights.empty() && weights_fingerprint(inputs.sample_weights) != weights)
        throw DataError(
            fmt::format("{}: other weights than the run began with; resume with those", run.sample_weights));
    checkpoint.options[rounds] = fmt::format("{}", wanted);
    note("going on after {} {}", updates ? "epoch" : "restart", checkpoint.state.epoch);
    train(run, folder, inputs, checkpoint);
    return 0;
}

}  // namespace rbm::app
