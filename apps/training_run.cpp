// SPDX-License-Identifier: MIT
#include "apps/training_run.h"

#include <chrono>
#include <map>
#include <set>

#include "apps/exact_run.h"
#include "apps/monitoring.h"
#include "apps/run_folder.h"
#include "rbm/io/bytes.h"
#include "rbm/io/data.h"
#include "rbm/io/npy.h"
#include "rbm/kernels/error.h"
#include "rbm/trainer/contrastive_divergence.h"

namespace rbm::app {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* data_key = "data.path";
constexpr const char* fingerprint_key = "data.fingerprint";
constexpr const char* weights_fingerprint_key = "sample-weights.fingerprint";

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

std::string fingerprint_text(const Dataset& data) { return fmt::format("{:016x}", data.fingerprint()); }

struct Inputs {
    Dataset training;
    std::optional<Dataset> validation;
    std::vector<float> sample_weights;
};

/// A table of one row or one column; a .npy file may also have the shape [N].
Dataset load_weights_table(const std::string& path) {
    const std::vector<std::byte> bytes = read_bytes(path);
    const std::string name = path == "-" ? "standard input" : path;
    if (!is_npy(bytes)) return parse_data(bytes, name);
    const NpyArray array = parse_npy(bytes, name);
    if (array.shape.size() != 1) return parse_data(bytes, name);
    return Dataset::from_floats(1, array.values.size(), {array.values.begin(), array.values.end()});
}

std::vector<float> load_weights(const std::string& path, std::size_t rows) {
    const Dataset table = load_weights_table(path);
    const bool one_row = table.rows() == 1;
    if ((one_row ? table.cols() : table.rows()) != rows || (!one_row && table.cols() != 1))
        throw DataError(fmt::format("{}: found {} x {} sample weights, expected one for each of the {} samples", path,
                                    table.rows(), table.cols(), rows));
    std::vector<float> weights(rows);
    double total = 0;
    for (std::size_t i = 0; i < rows; ++i) {
        weights[i] = one_row ? table.value(0, i) : table.value(i, 0);
        if (!(weights[i] >= 0) || std::isinf(weights[i]))
            throw DataError(fmt::format("{}: sample {}: found weight {}, expected a finite number of at least 0", path,
                                        i + 1, weights[i]));
        total += static_cast<double>(weights[i]);
    }
    if (total <= 0) throw DataError(fmt::format("{}: all sample weights are 0, expected some above", path));
    return weights;
}

/// Prepared as `model` says; the columns are the model's.
Inputs prepare_inputs(const RunSettings& run, Dataset raw, Model& model, const Program& program) {
    Inputs inputs;
    if (!run.sample_weights.empty()) inputs.sample_weights = load_weights(run.sample_weights, raw.rows());
    if (!run.validation.empty()) inputs.validation = prepare_for(model, load_raw(run.validation), program, run.common);
    inputs.training = prepare_for(model, std::move(raw), program, run.common);
    return inputs;
}

Preparation choose_preparation(const RunSettings& run, const Units& visible, const Dataset& raw) {
    Preparation preparation = default_preparation(visible);
    if (takes_unit_interval(visible)) {
        preparation.binarize = run.common.binarize;
        preparation.threshold = run.common.threshold;
    } else if (run.standardize) {
        Standardisation columns = standardise(raw.prepared({}, false));
        if (!columns.constant.empty()) {
            std::string names;
            for (std::size_t i = 0; i < std::min<std::size_t>(columns.constant.size(), 10); ++i)
                names += fmt::format("{}{}", i == 0 ? "" : ", ", columns.constant[i] + 1);
            note("{}: {} column{} without spread get scale 1: {}{}", raw.name, columns.constant.size(),
                 columns.constant.size() == 1 ? "" : "s", names, columns.constant.size() > 10 ? ", ..." : "");
        }
        preparation.mean = std::move(columns.mean);
        preparation.scale = std::move(columns.scale);
    }
    return preparation;
}

void require_room(const RunSettings& run, std::size_t rows, std::size_t visible) {
    const double v = static_cast<double>(visible), h = static_cast<double>(run.hidden);
    const double batch = static_cast<double>(std::min(run.train.batch_size, rows));
    const double chains = static_cast<double>(run.chains.value_or(run.train.batch_size));
    const double machines = run.train.optimizer == Optimizer::adam ? 5 : 4;
    require_memory(sizeof(float) * (machines * v * h + (batch + chains) * (3 * v + 4 * h)),
                   fmt::format("a machine of {} x {} units with batches of {} and {} chains", visible, run.hidden,
                               run.train.batch_size, run.chains.value_or(run.train.batch_size)));
}

void require_folder_name(const RunSettings& run) {
    if (run.output == "-")
        throw UsageError("--output: found \"-\", expected a folder: a run is more than one stream can hold");
}

/// Options that the library's settings hold in another form.
void adopt(RunSettings& run, const Preparation& preparation) {
    run.train.epochs = *run.epochs;
    run.train.minimum_sigma = {run.minimum_sigma.value_or(0.1F)};
    if (!run.minimum_sigma || preparation.scale.empty()) return;
    run.train.minimum_sigma.clear();
    for (const float scale : preparation.scale) run.train.minimum_sigma.push_back(*run.minimum_sigma / scale);
}

/// An option that was set to something and would do nothing is a misunderstanding.
void refuse_idle_options(const Program& program, const RunSettings& run) {
    const RunSettings untouched;
    const bool gaussian = run.visible_units == Gaussian::name, adam = run.train.optimizer == Optimizer::adam;
    const struct {
        const char* option;
        bool idle;  ///< without effect, and not at its default
        const char* where;
    } options[] = {
        {"binarize", gaussian && run.common.binarize != Binarize::none,
         "Gaussian units, which take values as they are"},
        {"threshold",
         (gaussian || run.common.binarize != Binarize::threshold) && run.common.threshold != untouched.common.threshold,
         "values that are not compared with a threshold"},
        {"standardize", !gaussian && !run.standardize, "Bernoulli units"},
        {"minimum-sigma", !gaussian && run.minimum_sigma.has_value(), "Bernoulli units"},
        {"log-sigma-rate", !gaussian && run.train.log_sigma_rate != untouched.train.log_sigma_rate, "Bernoulli units"},
        {"restarts", run.algorithm != "exact" && run.restarts != untouched.restarts,
         "--algorithm pcd and cd, which start once"},
        {"chains", run.algorithm == "cd" && run.chains.has_value(), "--algorithm cd, whose chains start at the data"},
        {"momentum", adam && run.train.momentum != untouched.train.momentum, "--optimizer adam"},
        {"offset-rate", !run.train.centering && run.train.offset_rate != untouched.train.offset_rate,
         "--centering off"},
        {"sparsity-target", run.train.sparsity_cost == 0 && run.train.sparsity_target != 0, "--sparsity-cost 0"}};
    for (const auto& [option, idle, where] : options)
        if (idle && program.given(option))
            throw UsageError(fmt::format("option --{}: has no effect with {}; leave it out", option, where));
    if (run.algorithm == "exact") refuse_options_idle_in_exact(program);
}

/// Trains until the end or a signal, saving and reporting on the way.
class Session {
  public:
    Session(const RunSettings& run, const RunFolder& folder, const Inputs& inputs, Checkpoint& checkpoint)
        : run_(run),
          folder_(folder),
          inputs_(inputs),
          checkpoint_(checkpoint),
          monitor_(checkpoint.state.machine, inputs.training, inputs.validation ? &*inputs.validation : nullptr,
                   log_scale_sum(checkpoint.model.preparation)),
          batches_(batch_count(inputs.training.rows(), run.train.batch_size)),
          progress_("training", batches_ * run.train.epochs, "updates") {}

    void train() {
        save();
        TrainObserver observer;
        observer.on_batch = [&](std::size_t, std::size_t) { progress_.update(checkpoint_.state.update.updates); };
        observer.on_epoch = [&](const EpochReport& report, const TrainState&) { end_of_epoch(report); };
        observer.stop_requested = [] { return stop_requested(); };
        bool done = false;
        try {
            done = run_.algorithm == "cd"
                       ? rbm::train(checkpoint_.state, ContrastiveDivergence{run_.steps}, inputs_.training, run_.train,
                                    observer, inputs_.sample_weights)
                       : rbm::train(checkpoint_.state, PersistentContrastiveDivergence{run_.steps, chains()},
                                    inputs_.training, run_.train, observer, inputs_.sample_weights);
        } catch (const Diverged& error) {
            throw Diverged(
                fmt::format("{}; the checkpoint of epoch {} is kept in {}", error.what(), saved_epoch_, run_.output));
        }
        // What tells that the run is finished comes last; what would lose work if it came late comes first.
        if (!done) save();
        folder_.draw(checkpoint_, inputs_.training);
        if (done) save();
        if (!done)
            throw_if_stopped(fmt::format("stopped in epoch {}; go on with: rbm-train --output {} --resume",
                                         checkpoint_.state.epoch + 1, run_.output));
    }

    std::size_t chains() const { return run_.chains.value_or(run_.train.batch_size); }

  private:
    void save() {
        folder_.save(checkpoint_);
        saved_ = Clock::now();
        saved_epoch_ = checkpoint_.state.epoch;
    }

    void end_of_epoch(const EpochReport& report) {
        const double epoch_seconds = seconds_since(epoch_start_);
        const double rate = static_cast<double>(inputs_.training.rows()) / epoch_seconds;
        const Monitor::Numbers numbers = monitor_.measure(checkpoint_.state.machine, report);
        folder_.append_metrics(metrics_line(report, numbers, seconds_since(start_), rate));
        progress_.milestone(epoch_line(report, numbers, rate));
        // Short epochs need not be saved each: at most this much work is lost.
        constexpr double worth_saving = 2, worth_drawing = 10;
        if (seconds_since(saved_) > worth_saving) save();
        if (seconds_since(drawn_) > worth_drawing) {
            folder_.draw(checkpoint_, inputs_.training);
            drawn_ = Clock::now();
        }
        epoch_start_ = Clock::now();
    }

    const RunSettings& run_;
    const RunFolder& folder_;
    const Inputs& inputs_;
    Checkpoint& checkpoint_;
    Monitor monitor_;
    std::size_t batches_;
    Progress progress_;
    Clock::time_point start_ = Clock::now(), epoch_start_ = start_, saved_ = start_, drawn_ = start_;
    std::uint64_t saved_epoch_ = 0;
};

std::string weights_fingerprint(const std::vector<float>& weights) {
    return fingerprint_text(Dataset::from_floats(1, weights.size(), weights));
}

void start_away_from_zero(Machine& machine, const RunSettings& run) {
    constexpr float spread = 0.01F;  // of initialize()
    for (float& weight : machine.weights.values()) weight *= run.initial_weights / spread;
    for (float& bias : location(machine.hidden)) bias += run.initial_hidden_bias;
}

void train(const RunSettings& run, const RunFolder& folder, const Inputs& inputs, Checkpoint& checkpoint) {
    if (run.algorithm == "exact")
        run_exactly(run, folder, inputs.training, inputs.validation ? &*inputs.validation : nullptr,
                    inputs.sample_weights, checkpoint);
    else
        Session(run, folder, inputs, checkpoint).train();
}

void tell_end(const RunSettings& run, const RunFolder& folder) {
    if (run.common.json) write_output(folder.last_metrics() + "\n");
    note(
        "done: {0}/model.safetensors; look at filters.png, reconstructions.png and fantasies.png in {0}; then try\n"
        "  rbm-dream {0}/model.safetensors --output dream.png",
        run.output);
}

}  // namespace

int start_run(const Program& program, RunSettings& run) {
    if (run.data.empty()) throw UsageError("DATA is missing; " + program.usage());
    require_folder_name(run);
    refuse_idle_options(program, run);
    const RunFolder folder(run.output, false, run.common.force);
    Dataset raw = load_raw(run.data);
    require_room(run, raw.rows(), raw.cols());
    if (!run.epochs && run.algorithm == "exact") run.epochs = default_iterations;
    if (!run.epochs) {
        const std::size_t batches = batch_count(raw.rows(), run.train.batch_size);
        run.epochs = std::max<std::size_t>(10, (default_updates + batches - 1) / batches);
    }

    if (run.algorithm == "pcd") run.chains = run.chains.value_or(run.train.batch_size);

    Checkpoint checkpoint;
    Machine machine(make_units<float>(run.visible_units, raw.cols()), Bernoulli(run.hidden));
    checkpoint.model.machine = machine;  // so that the preparation below knows the columns
    checkpoint.model.preparation = choose_preparation(run, machine.visible, raw);
    checkpoint.model.image = raw.image;
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
    const std::size_t chains = run.algorithm == "pcd" ? run.chains.value_or(run.train.batch_size) : 0;
    checkpoint.state =
        start_training(std::move(machine), inputs.training, run.train, chains, run.common.seed, inputs.sample_weights);
    if (run.algorithm != "exact") folder.cut_metrics(0);
    train(run, folder, inputs, checkpoint);
    tell_end(run, folder);
    return 0;
}

int resume_run(Program& program, RunSettings& run) {
    require_folder_name(run);
    const RunFolder folder(run.output, true, run.common.force);
    Checkpoint checkpoint = load_checkpoint(folder.checkpoint_path());
    std::map<std::string, std::string> record = checkpoint.options;
    const std::string path = record[data_key], fingerprint = record[fingerprint_key],
                      weights = record[weights_fingerprint_key];
    for (const char* key : {data_key, fingerprint_key, weights_fingerprint_key}) record.erase(key);
    checkpoint.model.log_partition.reset();  // that of the weights before
    const std::string rounds =
        record.count("algorithm") != 0 && record.at("algorithm") == "exact" ? "restarts" : "epochs";
    program.restore(record, folder.checkpoint_path(), {rounds});
    adopt(run, checkpoint.model.preparation);
    const std::size_t wanted = rounds == "epochs" ? run.train.epochs : run.restarts;
    if (checkpoint.state.epoch > wanted)
        throw UsageError(fmt::format("option --{0}: found {1}, expected at least {2}, the {0} that {3} has done",
                                     rounds, wanted, checkpoint.state.epoch, run.output));
    if (checkpoint.state.epoch == wanted) {
        note("{0} is finished: {1} {2}; a larger --{2} goes on", run.output, checkpoint.state.epoch, rounds);
        if (run.common.json) write_output(folder.last_metrics() + "\n");
        return 0;
    }
    Dataset raw = load_raw(run.data.empty() ? path : run.data);
    if (fingerprint_text(raw) != fingerprint)
        throw DataError(fmt::format("{}: other data than the run began with ({}); resume with those", raw.name, path));
    const Inputs inputs = prepare_inputs(run, std::move(raw), checkpoint.model, program);
    if (!inputs.sample_weights.empty() && weights_fingerprint(inputs.sample_weights) != weights)
        throw DataError(
            fmt::format("{}: other weights than the run began with; resume with those", run.sample_weights));
    checkpoint.options[rounds] = fmt::format("{}", wanted);
    if (rounds == "epochs") folder.cut_metrics(checkpoint.state.epoch);
    note("going on after {} {}", rounds == "epochs" ? "epoch" : "restart", checkpoint.state.epoch);
    train(run, folder, inputs, checkpoint);
    tell_end(run, folder);
    return 0;
}

}  // namespace rbm::app
