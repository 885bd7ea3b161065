// SPDX-License-Identifier: MIT
#include "apps/train/training_run.h"

#include <map>

#include "apps/files/read_data.h"
#include "apps/train/choose_units.h"
#include "apps/train/exact_run.h"
#include "apps/train/run_folder.h"
#include "apps/train/run_size.h"
#include "apps/train/training_inputs.h"
#include "apps/train/training_rules.h"
#include "apps/train/training_session.h"
#include "apps/train/warm_start.h"
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

std::string held_out_text(const RunSettings& run, const BestEpoch& best) {
    if (run.judges_by_error()) return fmt::format("labels {:.2f} % wrong", -100 * best.score);
    if (!run.judges_by_likelihood()) return fmt::format("free-energy gap {:.2f} nats", -best.score);
    std::string text = fmt::format("log-likelihood {:.2f} nats", best.score);
    if (best.low < best.high) text += fmt::format(" ({:.2f} to {:.2f}, estimated by AIS)", best.low, best.high);
    return text;
}

std::string which_epoch(const BestEpoch& best) {
    return best.epoch == 0 ? "the machine before it learned" : fmt::format("that of epoch {}", best.epoch);
}

void tell_end(const RunSettings& run, const RunFolder& folder, const Checkpoint& checkpoint) {
    if (checkpoint.best)
        note("{}{}/model.safetensors is {}, the best: held-out {}",
             checkpoint.best->stopped
                 ? fmt::format("stopped after epoch {}, {} without a better model; ", checkpoint.state.epoch,
                               checkpoint.state.epoch - checkpoint.best->epoch)
                 : "",
             run.output, which_epoch(*checkpoint.best), held_out_text(run, *checkpoint.best));
    if (run.common.json) write_output(folder.last_metrics() + "\n");
    note(
        "done: {0}/model.safetensors; {0}/report.html tells how it went; then try\n"
        "  rbm-dream {0}/model.safetensors --output {1}",
        run.output, checkpoint.model.letters.empty() ? "dream.png" : "dreams.fasta");
}

/// Machine, columns and preparation; the labels are there.
void make_model(const RunSettings& run, const Dataset& raw, std::size_t visible, const std::vector<Column>& columns,
                std::span<const float> sample_weights, Model& model) {
    model.machine = Machine(make_units<float>(run.visible_units, visible, columns_of(run.visible_states)),
                            make_units<float>(run.hidden_units, *run.hidden, columns_of(run.hidden_states)));
    if (columns.size() == visible - model.labels.size()) model.columns = columns;
    model.preparation = choose_preparation(run, model.machine.visible, raw, sample_weights, model.labels.size());
    model.letters = raw.letters;
    if (model.machine.visible_count() == raw.cols()) model.image = raw.image;
}

/// Throws DataError when these are not the samples that the run began with.
void require_same_data(const Dataset& raw, const std::string& begun_with, const std::string& fingerprint,
                       const std::string& output) {
    const std::string found = fingerprint_text(raw);
    if (found == fingerprint) return;
    throw DataError(fmt::format(
        "{0}: other data (fingerprint {1}) than {2}, with which the run in {3} began (fingerprint {4}); resume with "
        "those, or begin a new run from its model: rbm-train {0} --from {3}/model.safetensors --output NEW",
        raw.name, found, begun_with, output, fingerprint));
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
    run.command = program.command();
    if (run.recipe) follow_recipe(program, recipe(*run.recipe));
    Checkpoint checkpoint;
    const bool warm = !run.from.empty();
    if (warm) checkpoint.model = take_over(program, run);
    const PictureReading pictures =
        warm ? pictures_for(checkpoint.model, program, run.common) : PictureReading{run.common.channels};
    std::optional<Samples> samples;  // their columns choose the units
    if (run.visible_units == choose_by_columns) {
        samples = load_samples(run, run.data, run.labels, checkpoint.model, pictures);
        refuse_label_among_pixels(samples->data);
        samples->data = with_grey_pixels(std::move(samples->data));
        if (samples->data.letters.empty()) choose_units(run, samples->data);
        adopt_letters(program, run, samples->data);
    }
    require_states(run);
    choose_judge(program, run);
    refuse_idle_options(program, run);
    require_labels(run);
    require_what_stops(run);
    const RunFolder folder(run.output, run.common.force ? RunFolder::Use::over_another : RunFolder::Use::anew);
    if (!samples) {
        samples = load_samples(run, run.data, run.labels, checkpoint.model, pictures);
        if (!warm && !samples->data.letters.empty()) {
            adopt_letters(program, run, samples->data);
            refuse_idle_options(program, run);  // of other units than those that it saw before
        }
    }
    if (takes_unit_interval(make_units<float>(run.visible_units, 1, 2))) {
        refuse_label_among_pixels(samples->data);
        samples->data = with_grey_pixels(std::move(samples->data));
    }
    if (!warm) samples->data = as_sites(run, std::move(samples->data));
    if (unit_row(run.visible_units).has_states && !run.visible_states) require_states(run, true);
    const std::vector<Column> columns = known_columns(samples->data);
    Dataset raw = take_training(run, std::move(*samples), checkpoint.model);
    const std::string fingerprint = fingerprint_text(raw);
    if (warm) raw = as_seen_before(checkpoint.model, std::move(raw));
    const std::vector<std::uint32_t>& labels = checkpoint.model.labels;
    const std::size_t visible = warm ? site_count(checkpoint.model.machine.visible) : visible_sites(run, raw);
    size_run(program, run, raw.rows(), visible);
    require_room(run, raw.rows(), visible * columns_of(run.visible_states), labels.size());
    const ObjectiveMethod& method = run.method();

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

    std::vector<float> sample_weights = sample_weights_of(run, raw.rows());
    if (warm)
        forget_old_data(checkpoint.model);
    else
        make_model(run, raw, visible, columns, sample_weights, checkpoint.model);
    adopt(run, checkpoint.model.preparation);
    checkpoint.options = program.record();
    checkpoint.options[data_key] = run.data;
    checkpoint.options[fingerprint_key] = fingerprint;
    const Inputs inputs = prepare_inputs(run, std::move(raw), std::move(sample_weights), checkpoint.model, program);
    if (!inputs.sample_weights.empty())
        checkpoint.options[weights_fingerprint_key] = weights_fingerprint(inputs.sample_weights);
    const std::vector<double> means = column_means(inputs.training, inputs.sample_weights);
    checkpoint.model.rates.assign(means.begin(), means.end());

    Machine& machine = checkpoint.model.machine;
    if (warm) {
        checkpoint.state =
            start_from_trained(machine, inputs.whole(), run.train, chains, run.common.seed, inputs.sample_weights);
        if (checkpoint.state.machine != machine)
            note(
                "{}: a sigma of it lies below the bound of this run and is raised to it; --minimum-sigma lowers the "
                "bound",
                run.from);
    } else {
        Random random = Random(run.common.seed).fork(0);
        initialize(machine, inputs.training, random, inputs.sample_weights);
        start_away_from_zero(machine, run);
        close_unused_states(machine, checkpoint.model.columns);
        checkpoint.state = start_training(std::move(machine), inputs.training, run.train, chains, run.common.seed,
                                          inputs.sample_weights);
    }
    train(run, folder, inputs, checkpoint);
    return 0;
}

int resume_run(Program& program, RunSettings& run) {
    require_folder_name(run);
    run.command = program.command();
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
    const bool finished = checkpoint.state.epoch == wanted || gave_up;
    if (finished && !run.data.empty())
        require_same_data(take_training(run,
                                        load_samples(run, run.data, run.labels, checkpoint.model,
                                                     pictures_for(checkpoint.model, program, run.common)),
                                        checkpoint.model),
                          path, fingerprint, run.output);
    if (finished) {
        note("{} is finished: {} {}; {}", run.output, checkpoint.state.epoch, rounds,
             gave_up ? "no better model came" : fmt::format("a larger --{} goes on", rounds));
        if (run.common.json) write_output(folder.last_metrics() + "\n");
        return 0;
    }
    Dataset raw = take_training(run,
                                load_samples(run, run.data.empty() ? path : run.data, run.labels, checkpoint.model,
                                             pictures_for(checkpoint.model, program, run.common)),
                                checkpoint.model);
    require_same_data(raw, path, fingerprint, run.output);
    std::vector<float> sample_weights = sample_weights_of(run, raw.rows());
    const Inputs inputs = prepare_inputs(run, std::move(raw), std::move(sample_weights), checkpoint.model, program);
    if (!inputs.sample_weights.empty() && weights_fingerprint(inputs.sample_weights) != weights)
        throw DataError(
            fmt::format("{}: other weights than the run began with; resume with those", run.sample_weights));
    checkpoint.options[rounds] = fmt::format("{}", wanted);
    note("going on after {} {}", updates ? "epoch" : "restart", checkpoint.state.epoch);
    train(run, folder, inputs, checkpoint);
    return 0;
}

}  // namespace rbm::app
