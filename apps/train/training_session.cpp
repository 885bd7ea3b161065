// SPDX-License-Identifier: MIT
#include "apps/train/training_session.h"

#include <chrono>

#include "apps/report/history.h"
#include "apps/train/monitoring.h"
#include "apps/train/run_report.h"
#include "rbm/estimate/trajectory_partition.h"
#include "rbm/kernels/error.h"
#include "rbm/model/bridge.h"
#include "rbm/sampler/block_gibbs.h"
#include "rbm/trainer/objectives/missing.h"
#include "rbm/trainer/objectives/noise_contrastive.h"

namespace rbm::app {
namespace {

using Clock = std::chrono::steady_clock;

/// That of --algorithm.
AnyObjective objective_of(const RunSettings& run, const Checkpoint& checkpoint, const Inputs& inputs) {
    AnyObjective objective = run.method().make(
        {.settings = run.settings, .chains = run.chains(), .classes = checkpoint.model.labels.size(), .base = [&] {
             return base_of_data(checkpoint.state.machine, inputs.training);
         }});
    if (!inputs.training.has_missing()) return objective;
    return any_objective(WithMissing<AnyObjective>{std::move(objective), run.missing_sweeps});
}

/// Throws Unsupported when the objective has no answer for these units, before anything is written.
void try_on_one_row(const AnyObjective& objective, const TrainState& state) {
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
                   log_scale_sum(checkpoint.model.preparation), inputs.sample_weights, checkpoint.state.seed),
          objective_(objective_of(run, checkpoint, inputs)),
          batches_(batch_count(inputs.training.rows(), run.train.batch_size)),
          progress_("training", batches_ * run.train.epochs, "updates"),
          history_(monitor_.training) {
        if (run.judges_by_likelihood()) monitor_.judge_by(*inputs.validation);
        std::size_t between = run.track_likelihood;
        if (between == 0 && run.stop_on == "best" && run.judges_by_likelihood() && !run.method().keeps_ladder)
            between = monitor_.epochs_between_estimates(run.train.epochs);
        if (between > 0)
            monitor_.track(between, inputs.training.rows(),
                           base_of_data(checkpoint.state.machine, inputs.training, inputs.sample_weights),
                           run.judges_by_likelihood() ? Monitor::to_judge : Monitor::to_watch);
        if (!checkpoint.model.labels.empty())
            monitor_.watch_labels(checkpoint.model.labels.size(),
                                  run.judges_by_error() ? &*inputs.validation : nullptr);
        monitor_.always_estimated = run.method().keeps_ladder;
        if (run.stop_on == "likelihood" && !monitor_.knows_likelihood(run.train.epochs, run.train.epochs))
            throw UsageError(
                "option --stop-on: the likelihood of so large a machine is not known; estimate it with "
                "--track-likelihood EPOCHS");
        try_on_one_row(objective_, checkpoint.state);
    }

    void train() {
        if (checkpoint_.state.update.updates == 0) {
            remember(checkpoint_.state);  // in place of those of a run before, under --force
            folder_.forget_ladder();
        } else
            history_.load(folder_.file("history.safetensors"), checkpoint_.state.epoch);
        if (!checkpoint_.best) {
            const bool judged = run_.stop_on == "best" && run_.judges_by_likelihood() && !run_.method().keeps_ladder;
            judged ? judge_before() : write_model();
        }
        save();
        if (run_.judges_by_likelihood()) tell_judge();
        TrainObserver observer;
        observer.on_epoch = [&](const EpochReport& report, const TrainState& state) { end_of_epoch(report, state); };
        Control control = shown_by(progress_);
        control.cancelled = [&] { return stop_requested() || gave_up(); };
        bool done = true;
        try {
            rbm::train(checkpoint_.state, objective_, inputs_.training, run_.train, observer, inputs_.sample_weights,
                       control);
        } catch (const Cancelled&) {
            done = gave_up();
        } catch (const Diverged& error) {
            throw Diverged(
                fmt::format("{}; the checkpoint of epoch {} is kept in {}", error.what(), saved_epoch_, run_.output));
        }
        // What tells that the run is finished comes last; what would lose work if it came late comes first.
        if (!done) save();
        folder_.draw(checkpoint_, inputs_.whole());
        tell(false);
        if (done) save();
        if (!done)
            throw_if_stopped(fmt::format("stopped in epoch {}; go on with: rbm-train --output {} --resume",
                                         checkpoint_.state.epoch + 1, run_.output));
    }

  private:
    bool gave_up() const { return checkpoint_.best && checkpoint_.best->stopped; }
    void tell_judge() const {
        const std::size_t every = monitor_.estimate_every;
        note("the model is kept that makes the {} held-out samples most likely; log Z is {}", monitor_.judged->rows(),
             run_.method().keeps_ladder ? "known along the ladder"
             : every == 0 ? fmt::format("exact, every {} of {} epochs", monitor_.exact_every, run_.train.epochs)
                          : fmt::format("estimated every {} of {} epochs by AIS with {} chains and {} steps", every,
                                        run_.train.epochs, monitor_.annealing.chains, monitor_.annealing.betas));
    }

    /// What the model is to be: it is watched and judged.
    const Machine& watched() const {
        return run_.train.averaging > 0 ? checkpoint_.state.update.average : checkpoint_.state.machine;
    }

    /// How good the epoch's model is, the higher the better; nothing where that is not known.
    std::optional<BestEpoch> scored(std::uint64_t epoch, const Monitor::Numbers& numbers) const {
        const std::optional<double>& judged = run_.judges_by_likelihood() ? numbers.held_out_log_likelihood
                                              : run_.judges_by_error()    ? numbers.held_out_error
                                                                          : numbers.free_energy_gap;
        if (!judged) return std::nullopt;
        BestEpoch found{.epoch = epoch, .score = run_.judges_by_likelihood() ? *judged : -*judged};
        if (run_.judges_by_likelihood() && numbers.estimate) {
            found.low -= numbers.estimate->high - numbers.estimate->value;
            found.high += numbers.estimate->value - numbers.estimate->low;
        }
        return found;
    }

    /// Whether this epoch's model is the best so far: by the lower end of an estimate, since chains that disagree make
    /// likelihoods too high.
    bool judge(std::uint64_t epoch, const Monitor::Numbers& numbers) {
        if (!run_.keeps_best()) return false;
        const std::optional<BestEpoch> found = scored(epoch, numbers);
        if (!found) return false;
        auto& best = checkpoint_.best;
        // A gap is 0 before anything is learned: as long as it is small, later is better.
        const bool better = !best || (run_.stop_on == "gap" ? found->score >= -static_cast<double>(run_.largest_gap)
                                                            : found->low > best->low);
        if (better) {
            best = found;
            return true;
        }
        const bool estimated = found->low < found->high;
        if (estimated && found->high >= best->low) best->last_good = epoch;  // as good, for all that is known
        best->stopped = run_.stop_on != "best" && epoch - best->last_good >= run_.patience;
        return false;
    }

    /// Where all that is learned makes held-out data less likely, the best is a machine without weights, or the one
    /// that the run took over.
    void judge_before() {
        Checkpoint before = checkpoint_;
        Machine& machine = before.state.machine;
        if (run_.from.empty()) machine.weights.fill(0);
        if (before.state.update.average.visible_count() > 0) before.state.update.average = machine;
        judge(0, monitor_.measure(machine, {.epoch = 0, .epochs = run_.train.epochs, .updates = 0}));
        folder_.write_model(before);
    }

    /// log Z of the machine that is watched, of a run that keeps a ladder.
    std::optional<PartitionEstimate> along_ladder(const TrainState& state) const {
        if (state.chains.trajectory.machines.empty()) return {};
        if (run_.train.averaging == 0)
            return log_partition_along(state.chains.trajectory, state.machine, state.chains.visible);
        // The averaged machine has no chains of its own: those of the last one settle at it.
        constexpr std::size_t sweeps = 20;
        constexpr std::uint64_t purpose = 8;
        Random random = Random(state.seed).fork(purpose).fork(state.update.updates);
        Chains chains = Chains::from_data(state.update.average, state.chains.visible, random);
        BlockGibbs{.steps = sweeps}.step(state.update.average, chains, random);
        return log_partition_along(state.chains.trajectory, state.update.average, chains.visible);
    }

    /// Noise contrast knows log Z, as far as the machine fits the data; so does a ladder.
    void note_log_partition() {
        if (const Trajectory& ladder = checkpoint_.state.chains.trajectory; !ladder.machines.empty()) {
            const PartitionEstimate found =
                log_partition_along(ladder, checkpoint_.state.machine, checkpoint_.state.chains.visible);
            checkpoint_.model.log_partition = LogPartition{found.value, found.low, found.high, "trajectory"};
        }
        if (!checkpoint_.state.chains.log_constant) return;
        const double stride = 1 / static_cast<double>(batches_ * run_.train.epochs);
        const double done = static_cast<double>(checkpoint_.state.update.updates) * stride;
        const auto [value, low, high] = NoiseContrastive::learned(checkpoint_.state.chains, done, stride);
        checkpoint_.model.log_partition = LogPartition{value, low, high, "nce"};
    }

    void write_model() {
        note_log_partition();
        folder_.write_model(checkpoint_);
    }

    void save() {
        note_log_partition();
        if (!run_.keeps_best()) folder_.write_model(checkpoint_);
        const Trajectory& ladder = checkpoint_.state.chains.trajectory;
        if (ladder.machines.size() != saved_machines_) folder_.save_ladder(ladder);
        saved_machines_ = ladder.machines.size();
        folder_.save(checkpoint_);
        saved_ = Clock::now();
        saved_epoch_ = checkpoint_.state.epoch;
    }

    /// Keeps how the machine looks for the report, in a few epochs.
    void remember(const TrainState& state) {
        if (!History::wants(state.epoch)) return;
        history_.snapshots.push_back(history_.taken(state.machine, state.chains, state.epoch, state.seed));
        history_.save(folder_.file("history.safetensors"));
    }

    void tell(bool at_work) {
        const Clock::time_point begun = Clock::now();
        write_report(run_, folder_, checkpoint_, monitor_.training,
                     monitor_.validation ? &*monitor_.validation : nullptr, &history_, at_work);
        told_ = Clock::now();
        seconds_to_tell_ = seconds_since(begun);
    }

    void end_of_epoch(const EpochReport& report, const TrainState& state) {
        const double epoch_seconds = seconds_since(epoch_start_);
        const double rate = static_cast<double>(inputs_.training.rows()) / epoch_seconds;
        const Monitor::Numbers numbers = monitor_.measure(watched(), report, along_ladder(state));
        if (judge(report.epoch, numbers)) write_model();
        folder_.append_metrics(
            metrics_line(report, numbers, seconds_since(start_), rate,
                         checkpoint_.best ? std::optional<std::uint64_t>(checkpoint_.best->epoch) : std::nullopt));
        progress_.milestone(epoch_line(report, numbers, rate));
        remember(state);
        // Short epochs need not be saved each: at most this much work is lost.
        constexpr double worth_saving = 2, worth_drawing = 10;
        if (seconds_since(saved_) > worth_saving) save();
        if (seconds_since(drawn_) > worth_drawing) {
            folder_.draw(checkpoint_, inputs_.whole());
            drawn_ = Clock::now();
        }
        // The page may take a tenth of the time.
        if (run_.live && seconds_since(told_) > std::max(2.0, 10 * seconds_to_tell_)) tell(true);
        epoch_start_ = Clock::now();
    }

    const RunSettings& run_;
    const RunFolder& folder_;
    const Inputs& inputs_;
    Checkpoint& checkpoint_;
    Monitor monitor_;
    AnyObjective objective_;
    std::size_t batches_;
    Progress progress_;
    History history_;
    Clock::time_point start_ = Clock::now(), epoch_start_ = start_, saved_ = start_, drawn_ = start_,
                      told_ = start_ - std::chrono::hours(1);
    double seconds_to_tell_ = 0;
    std::uint64_t saved_epoch_ = 0;
    std::size_t saved_machines_ = 0;  ///< of the ladder
};

}  // namespace

void train_by_updates(const RunSettings& run, const RunFolder& folder, const Inputs& inputs, Checkpoint& checkpoint) {
    Session session(run, folder, inputs, checkpoint);
    folder.cut_metrics(checkpoint.state.epoch);
    session.train();
}

}  // namespace rbm::app
