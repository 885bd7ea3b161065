// SPDX-License-Identifier: MIT
#include "apps/training_run.h"

#include <chrono>
#include <map>
#include <set>

#include "apps/exact_run.h"
#include "apps/monitoring.h"
#include "apps/partition.h"
#include "apps/recipes.h"
#include "apps/run_folder.h"
#include "rbm/io/bytes.h"
#include "rbm/io/data.h"
#include "rbm/io/npy.h"
#include "rbm/kernels/error.h"
#include "rbm/trainer/contrastive_divergence.h"
#include "rbm/trainer/pseudo_likelihood.h"
#include "rbm/trainer/ratio_matching.h"

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
    std::optional<Dataset> filled{};  ///< the training data with means in place of missing values, where there are any

    /// What is watched and drawn.
    const Dataset& whole() const { return filled ? *filled : training; }
};

/// Samples, where NaN may stand for missing values.
Dataset load_samples(const RunSettings& run, const std::string& path) {
    Dataset raw = load_raw(path);
    if (run.missing == "nan") raw.allow_missing();
    return raw;
}

/// Missing values at their column's mean, as what the machine sees.
Dataset filled_with_means(const Dataset& prepared, const Model& model, const std::vector<double>& means) {
    const Preparation& preparation = model.preparation;
    const StateForm form = state_form(model.machine.visible);
    std::vector<float> filling(means.begin(), means.end());
    for (std::size_t i = 0; i < filling.size(); ++i) {
        if (preparation.binarize != Binarize::none) filling[i] = (filling[i] - form.low) / (form.high - form.low);
        if (preparation.binarize == Binarize::threshold) filling[i] = filling[i] > 0.5F ? 1.0F : 0.0F;
        if (!preparation.mean.empty()) filling[i] = preparation.mean[i] + preparation.scale[i] * filling[i];
    }
    for (std::size_t first = 0; form.states > 0 && first < filling.size(); first += form.states) {
        const auto site = std::span(filling).subspan(first, form.states);  // in its most frequent state
        const auto most = std::max_element(site.begin(), site.end());
        std::fill(site.begin(), most, 0.0F);
        std::fill(most + 1, site.end(), 0.0F);
        *most = 1;
    }
    return prepared.without_missing(filling);
}

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
    if (!run.validation.empty())
        inputs.validation = prepare_for(model, load_samples(run, run.validation), program, run.common);
    inputs.training = prepare_for(model, std::move(raw), program, run.common);
    const bool holes = inputs.training.has_missing();
    if (!holes && !(inputs.validation && inputs.validation->has_missing())) return inputs;
    if (run.algorithm == "exact")
        throw Unsupported("--algorithm exact: needs the states of whole samples, but values are missing");
    note("values are missing: the numbers that are watched are those of samples with their columns' means instead");
    const std::vector<double> means = column_means(inputs.training, inputs.sample_weights);
    if (holes) inputs.filled = filled_with_means(inputs.training, model, means);
    if (inputs.validation) inputs.validation = filled_with_means(*inputs.validation, model, means);
    return inputs;
}

Preparation choose_preparation(const RunSettings& run, const Units& visible, const Dataset& raw) {
    Preparation preparation = default_preparation(visible);
    if (takes_unit_interval(visible)) {
        preparation.binarize = run.common.binarize;
        preparation.threshold = run.common.threshold;
    } else if (run.standardize && !is_discrete(visible)) {
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

/// How wide a site is: the Q of Potts units, else 1.
std::size_t columns_of(const std::optional<std::size_t>& states) { return states.value_or(1); }

/// Whether the run keeps chains from update to update.
bool has_persistent_chains(const RunSettings& run) {
    return run.algorithm == "pcd" || run.algorithm == "fpcd" || run.algorithm == "tempering";
}

bool runs_chains(const RunSettings& run) { return has_persistent_chains(run) || run.algorithm == "cd"; }

void require_room(const RunSettings& run, std::size_t rows, std::size_t visible) {
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
    require_memory(sizeof(float) * (machines * v * h + (batch + chains) * (3 * v + 4 * h) + ladders * (v + h)),
                   fmt::format("a machine of {} x {} units with batches of {} and {} chains", visible, hidden,
                               run.train.batch_size, rows_of_model));
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

void require_states(const RunSettings& run) {
    const auto check = [](const char* side, const std::string& units, const std::optional<std::size_t>& states) {
        if (units == Potts::name && !states)
            throw UsageError(
                fmt::format("option --{0}-states is missing: how many states has each of the potts {0} units?", side));
        if (units != Potts::name && states)
            throw UsageError(
                fmt::format("option --{0}-states: has no effect with --{0}-units {1}; leave it out", side, units));
    };
    check("visible", run.visible_units, run.visible_states);
    check("hidden", run.hidden_units, run.hidden_states);
}

/// An option that was set to something and would do nothing is a misunderstanding.
void refuse_idle_options(const Program& program, const RunSettings& run) {
    const RunSettings untouched;
    const Units units = make_units<float>(run.visible_units, 1, columns_of(run.visible_states));
    const bool gaussian = !is_discrete(units), grey = takes_unit_interval(units);
    const bool adam = run.train.optimizer == Optimizer::adam;
    const struct {
        const char* option;
        bool idle;  ///< without effect, and not at its default
        const char* where;
    } options[] = {
        {"binarize", !grey && run.common.binarize != Binarize::none, "units that take values as they are"},
        {"threshold",
         (!grey || run.common.binarize != Binarize::threshold) && run.common.threshold != untouched.common.threshold,
         "values that are not compared with a threshold"},
        {"standardize", !gaussian && !run.standardize, "units other than gaussian"},
        {"minimum-sigma", !gaussian && run.minimum_sigma.has_value(), "units other than gaussian"},
        {"log-sigma-rate", !gaussian && run.train.log_sigma_rate != untouched.train.log_sigma_rate,
         "units other than gaussian"},
        {"restarts", run.algorithm != "exact" && run.restarts != untouched.restarts,
         "algorithms other than exact, which start once"},
        {"chains", run.algorithm == "cd" && run.chains.has_value(), "--algorithm cd, whose chains start at the data"},
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

/// Options that were given win.
void follow_recipe(Program& program, const Recipe& recipe) {
    program.prefer(recipe.options);
    std::string text;
    for (const auto& [name, value] : recipe.options)
        if (!program.given(name)) text += fmt::format(" --{} {}", name, value);
    note("recipe {}: {}; it stands for\n {}", recipe.name, recipe.source, text);
}

void require_what_stops(const RunSettings& run) {
    if (run.stop_on != "off" && run.validation.empty())
        throw UsageError(
            fmt::format("option --stop-on: {} is measured on held-out data; give --validation", run.stop_on));
}

/// How many visible units there are: of Potts units, by what the columns hold.
std::size_t visible_sites(const RunSettings& run, const Dataset& raw) {
    if (!run.visible_states) return raw.cols();
    const bool one_hot = raw.one_hot(*run.visible_states);
    note("{}: taken for {}", raw.name,
         one_hot ? fmt::format("one-hot columns, {} for each unit", *run.visible_states)
                 : fmt::format("codes from 0 to {}, one column for each unit", *run.visible_states - 1));
    return one_hot ? raw.cols() / *run.visible_states : raw.cols();
}

/// Calls use(objective) with that of --algorithm.
template <class Use>
auto with_objective(const RunSettings& run, const Machine& machine, const Inputs& inputs, const Use& use_whole) {
    const auto use = [&](const auto& objective) {
        using Whole = std::remove_cvref_t<decltype(objective)>;
        if (inputs.training.has_missing()) return use_whole(WithMissing<Whole>{objective, run.missing_sweeps});
        return use_whole(objective);
    };
    const std::size_t chains = run.chains.value_or(run.train.batch_size);
    if (run.algorithm == "cd") return use(ContrastiveDivergence{run.steps, run.steps_schedule});
    if (run.algorithm == "score-matching") return use(ScoreMatching{});
    if (run.algorithm == "denoising") return use(DenoisingScoreMatching{run.noise_sigma});
    if (run.algorithm == "sliced") return use(SlicedScoreMatching{run.slices});
    if (run.algorithm == "pseudo-likelihood") return use(PseudoLikelihood{run.flips});
    if (run.algorithm == "ratio-matching") return use(RatioMatching{run.flips});
    if (run.algorithm == "nce")
        return use(NoiseContrastive{base_of_data(machine, inputs.training, {}), run.noise_samples});
    if (run.algorithm == "fpcd")
        return use(
            FastPersistentContrastiveDivergence{run.steps, chains, run.steps_schedule, run.fast_rate, run.fast_decay});
    if (run.algorithm == "tempering")
        return use(TemperedDivergence{base_of_data(machine, inputs.training, {}), run.steps, chains, run.rungs,
                                      run.steps_schedule});
    return use(PersistentContrastiveDivergence{run.steps, chains, run.steps_schedule});
}

/// Throws Unsupported when the objective has no answer for these units, before anything is written.
template <class O>
void try_on_one_row(const O& objective, const TrainState& state) {
    if (objective.negative_rows(0) > 0) return;  // chains suit all units
    GradientWorkspace workspace;
    workspace.resize(state.machine, 1, objective.negative_rows(1));
    workspace.visible.fill(0);
    std::fill(workspace.row_weights.begin(), workspace.row_weights.end(), 1.0F);
    NegativePhase phase;
    Random random;
    Machine gradient = state.machine.zeros_like();
    objective.add_gradient(state.machine, 1, phase, random, workspace, gradient);
}

/// Trains until the end or a signal, saving and reporting on the way.
class Session {
  public:
    Session(const RunSettings& run, const RunFolder& folder, const Inputs& inputs, Checkpoint& checkpoint)
        : run_(run),
          folder_(folder),
          inputs_(inputs),
          checkpoint_(checkpoint),
          monitor_(checkpoint.state.machine, inputs.whole(), inputs.validation ? &*inputs.validation : nullptr,
                   log_scale_sum(checkpoint.model.preparation)),
          batches_(batch_count(inputs.training.rows(), run.train.batch_size)),
          progress_("training", batches_ * run.train.epochs, "updates") {
        if (run.track_likelihood > 0)
            monitor_.track(run.track_likelihood, inputs.training.rows(),
                           base_of_data(checkpoint.state.machine, inputs.training, {}), checkpoint.state.seed);
        if (run.stop_on == "likelihood" && !monitor_.knows_likelihood(run.train.epochs, run.train.epochs))
            throw UsageError(
                "option --stop-on: the likelihood of so large a machine is not known; estimate it with "
                "--track-likelihood EPOCHS");
        with_objective(run, checkpoint.state.machine, inputs,
                       [&](const auto& objective) { try_on_one_row(objective, checkpoint.state); });
    }

    void train() {
        if (!checkpoint_.best) save_models();
        save();
        TrainObserver observer;
        observer.on_batch = [&](std::size_t, std::size_t) { progress_.update(checkpoint_.state.update.updates); };
        observer.on_epoch = [&](const EpochReport& report, const TrainState&) { end_of_epoch(report); };
        observer.stop_requested = [&] { return stop_requested() || gave_up(); };
        bool done = false;
        try {
            done = with_objective(run_, checkpoint_.state.machine, inputs_,
                                  [&](const auto& objective) {
                                      return rbm::train(checkpoint_.state, objective, inputs_.training, run_.train,
                                                        observer, inputs_.sample_weights);
                                  }) ||
                   gave_up();
        } catch (const Diverged& error) {
            throw Diverged(
                fmt::format("{}; the checkpoint of epoch {} is kept in {}", error.what(), saved_epoch_, run_.output));
        }
        // What tells that the run is finished comes last; what would lose work if it came late comes first.
        if (!done) save();
        folder_.draw(checkpoint_, inputs_.whole());
        if (done) save();
        if (!done)
            throw_if_stopped(fmt::format("stopped in epoch {}; go on with: rbm-train --output {} --resume",
                                         checkpoint_.state.epoch + 1, run_.output));
    }

  private:
    /// The run keeps the best model, not the last; this one is judged by the averaged weights where there are any.
    bool keeps_best() const { return run_.stop_on != "off"; }
    bool gave_up() const { return checkpoint_.best && checkpoint_.best->stopped; }
    const Machine& watched() const {
        return run_.train.averaging > 0 ? checkpoint_.state.update.average : checkpoint_.state.machine;
    }

    /// Whether this epoch's model is the best so far.
    bool judge(std::uint64_t epoch, const Monitor::Numbers& numbers) {
        const bool by_gap = run_.stop_on == "gap";
        if (!keeps_best() || (!by_gap && !numbers.held_out_log_likelihood)) return false;
        const double score = by_gap ? -*numbers.free_energy_gap : *numbers.held_out_log_likelihood;
        auto& best = checkpoint_.best;
        // A gap is 0 before anything is learned: as long as it is small, later is better.
        const bool better = !best || (by_gap ? score >= -static_cast<double>(run_.largest_gap) : score > best->score);
        if (better)
            best = BestEpoch{epoch, score};
        else
            best->stopped = epoch - best->epoch >= run_.patience;
        return better;
    }

    /// Noise contrast knows log Z, as far as the machine fits the data.
    void note_log_partition() {
        const auto& constant = checkpoint_.state.chains.log_constant;
        if (!constant) return;
        const double done =
            static_cast<double>(checkpoint_.state.update.updates) / static_cast<double>(batches_ * run_.train.epochs);
        const double error = 3 * NoiseContrastive::error(checkpoint_.state.chains.log_constant_variance, done);
        checkpoint_.model.log_partition = LogPartition{-*constant, -*constant - error, -*constant + error, "nce"};
    }

    void save_models() {
        note_log_partition();
        folder_.save_models(checkpoint_);
    }

    void save() {
        note_log_partition();
        if (!keeps_best()) folder_.save_models(checkpoint_);
        folder_.save(checkpoint_);
        saved_ = Clock::now();
        saved_epoch_ = checkpoint_.state.epoch;
    }

    void end_of_epoch(const EpochReport& report) {
        const double epoch_seconds = seconds_since(epoch_start_);
        const double rate = static_cast<double>(inputs_.training.rows()) / epoch_seconds;
        const Monitor::Numbers numbers = monitor_.measure(watched(), report);
        if (judge(report.epoch, numbers)) save_models();
        folder_.append_metrics(
            metrics_line(report, numbers, seconds_since(start_), rate,
                         checkpoint_.best ? std::optional<std::uint64_t>(checkpoint_.best->epoch) : std::nullopt));
        progress_.milestone(epoch_line(report, numbers, rate));
        // Short epochs need not be saved each: at most this much work is lost.
        constexpr double worth_saving = 2, worth_drawing = 10;
        if (seconds_since(saved_) > worth_saving) save();
        if (seconds_since(drawn_) > worth_drawing) {
            folder_.draw(checkpoint_, inputs_.whole());
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

void tell_end(const RunSettings& run, const RunFolder& folder, const Checkpoint& checkpoint) {
    if (checkpoint.best)
        note("{}{}/model.safetensors is that of epoch {}, the best: held-out {} {:.2f} nats",
             checkpoint.best->stopped
                 ? fmt::format("stopped after epoch {}, {} without a better model; ", checkpoint.state.epoch,
                               checkpoint.state.epoch - checkpoint.best->epoch)
                 : "",
             run.output, checkpoint.best->epoch, run.stop_on == "gap" ? "free-energy gap" : "log-likelihood",
             run.stop_on == "gap" ? -checkpoint.best->score : checkpoint.best->score);
    if (run.common.json) write_output(folder.last_metrics() + "\n");
    note(
        "done: {0}/model.safetensors; look at filters.png, reconstructions.png and fantasies.png in {0}; then try\n"
        "  rbm-dream {0}/model.safetensors --output dream.png",
        run.output);
}

/// From where the checkpoint is.
void train(const RunSettings& run, const RunFolder& folder, const Inputs& inputs, Checkpoint& checkpoint) {
    if (run.algorithm == "exact") {
        run_exactly(run, folder, inputs.training, inputs.validation ? &*inputs.validation : nullptr,
                    inputs.sample_weights, checkpoint);
    } else {
        Session session(run, folder, inputs, checkpoint);  // refuses what cannot be judged before anything is written
        folder.cut_metrics(checkpoint.state.epoch);
        session.train();
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
    require_what_stops(run);
    const RunFolder folder(run.output, false, run.common.force);
    Dataset raw = load_samples(run, run.data);
    const std::size_t visible = visible_sites(run, raw);
    run.hidden = run.hidden.value_or(std::min(2 * visible, most_hidden_by_default));
    require_room(run, raw.rows(), visible * columns_of(run.visible_states));
    if (!run.epochs && run.algorithm == "exact") run.epochs = default_iterations;
    if (!run.epochs) {
        const std::size_t batches = batch_count(raw.rows(), run.train.batch_size);
        run.epochs = std::max<std::size_t>(10, (default_updates + batches - 1) / batches);
    }

    if (run.visible_units == Gaussian::name && !run.recipe && !program.given("learning-rate"))
        run.train.learning_rate =
            std::min(run.train.learning_rate, gaussian_rate_times_visible / static_cast<float>(visible));
    if (has_persistent_chains(run)) run.chains = run.chains.value_or(run.train.batch_size);

    Checkpoint checkpoint;
    Machine machine(make_units<float>(run.visible_units, visible, columns_of(run.visible_states)),
                    make_units<float>(run.hidden_units, *run.hidden, columns_of(run.hidden_states)));
    checkpoint.model.machine = machine;  // so that the preparation below knows the columns
    checkpoint.model.preparation = choose_preparation(run, machine.visible, raw);
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
    checkpoint.state = start_training(std::move(machine), inputs.training, run.train, run.chains.value_or(0),
                                      run.common.seed, inputs.sample_weights);
    train(run, folder, inputs, checkpoint);
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
    const bool gave_up = checkpoint.best && checkpoint.best->stopped;
    if (checkpoint.state.epoch == wanted || gave_up) {
        note("{} is finished: {} {}; {}", run.output, checkpoint.state.epoch, rounds,
             gave_up ? "no better model came" : fmt::format("a larger --{} goes on", rounds));
        if (run.common.json) write_output(folder.last_metrics() + "\n");
        return 0;
    }
    Dataset raw = load_samples(run, run.data.empty() ? path : run.data);
    if (fingerprint_text(raw) != fingerprint)
        throw DataError(fmt::format("{}: other data than the run began with ({}); resume with those", raw.name, path));
    const Inputs inputs = prepare_inputs(run, std::move(raw), checkpoint.model, program);
    if (!inputs.sample_weights.empty() && weights_fingerprint(inputs.sample_weights) != weights)
        throw DataError(
            fmt::format("{}: other weights than the run began with; resume with those", run.sample_weights));
    checkpoint.options[rounds] = fmt::format("{}", wanted);
    note("going on after {} {}", rounds == "epochs" ? "epoch" : "restart", checkpoint.state.epoch);
    train(run, folder, inputs, checkpoint);
    return 0;
}

}  // namespace rbm::app
