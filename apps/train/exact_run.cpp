// SPDX-License-Identifier: MIT
#include "apps/train/exact_run.h"

#include <unistd.h>

#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>

#include "apps/train/run_report.h"
#include "rbm/estimate/exact.h"
#include "rbm/trainer/exact_training.h"

namespace rbm::app {
namespace {

using Clock = std::chrono::steady_clock;

const char* text_of(LbfgsEnd end) {
    switch (end) {
        case LbfgsEnd::gradient:
            return "gradient is 0";
        case LbfgsEnd::change:
            return "no more progress";
        case LbfgsEnd::iterations:
            return "out of iterations";
        case LbfgsEnd::stuck:
            return "last digit";
        case LbfgsEnd::stopped:
            return "bound reached";
    }
    return "";
}

/// How many lines of metrics.jsonl tell of the first `restarts` restarts.
std::uint64_t metrics_lines(const std::string& path, std::uint64_t restarts) {
    std::ifstream in(path);
    std::uint64_t lines = 0;
    for (std::string line; std::getline(in, line); ++lines) {
        const auto object = nlohmann::json::parse(line, nullptr, false);
        if (!object.is_object() || object.value("restart", restarts + 1) > restarts) break;
    }
    return lines;
}

class ExactSession {
  public:
    ExactSession(const RunSettings& run, const RunFolder& folder, const Dataset& training, const Dataset* validation,
                 const std::vector<float>& sample_weights, Checkpoint& checkpoint)
        : run_(run),
          folder_(folder),
          training_(training),
          sample_weights_(sample_weights),
          validation_(validation),
          checkpoint_(checkpoint),
          log_scale_(log_scale_sum(checkpoint.model.preparation)),
          likelihood_(checkpoint.state.machine, training, sample_weights),
          restarts_(run.settings.count("restarts")),
          progress_("training", restarts_, "restarts") {
        if (validation != nullptr) held_out_.emplace(checkpoint.state.machine, *validation);
    }

    void train() {
        folder_.cut_metrics(metrics_lines(folder_.file("metrics.jsonl"), checkpoint_.state.epoch));
        unlink(folder_.file("history.safetensors").c_str());  // of a run before, under --force
        if (checkpoint_.state.epoch > 0) take(likelihood_(precise(checkpoint_.state.machine)));
        save();
        ExactObserver observer;
        observer.on_restart = [&](ExactRestart& restart) { end_of_restart(restart); };
        observer.on_step = [&](std::size_t number, const ExactStep& step) { iteration(number, step); };
        const bool finished = best_ && likelihood_.bound() - *best_ <= near_the_bound;
        bool done = true;
        try {
            if (!finished)
                exact_restarts(checkpoint_.state.machine, training_, sample_weights_, settings(), run_.common.seed,
                               static_cast<std::size_t>(checkpoint_.state.epoch), observer, until_stopped());
        } catch (const Cancelled&) {
            done = false;
        }
        // As in every run: what tells that it is finished comes last.
        if (!done) save();
        folder_.draw(checkpoint_, training_);
        report(false);
        if (done) save();
        if (!done)
            throw_if_stopped(fmt::format("stopped in restart {}; go on with: rbm-train --output {} --resume",
                                         checkpoint_.state.epoch + 1, run_.output));
        tell();
    }

  private:
    ExactSettings settings() const {
        ExactSettings settings;
        settings.restarts = restarts_;
        settings.iterations = run_.train.epochs;
        settings.weight_decay = static_cast<double>(run_.train.weight_decay);
        settings.minimum_sigma = run_.train.minimum_sigma;
        settings.maximum_sigma = run_.train.maximum_sigma;
        return settings;
    }

    /// The checkpoint's machine is the best so far.
    void take(double log_likelihood) {
        best_ = log_likelihood;
        const double log_partition = exact_log_partition(checkpoint_.state.machine);
        checkpoint_.model.log_partition = LogPartition{log_partition, log_partition, log_partition, "exact"};
    }

    void save() {
        folder_.write_model(checkpoint_);
        folder_.save(checkpoint_);
        saved_ = Clock::now();
    }

    void report(bool at_work) {
        write_report(run_, folder_, checkpoint_, training_, validation_, nullptr, at_work);
        reported_ = Clock::now();
    }

    void iteration(std::size_t number, const ExactStep& step) {
        progress_.update(checkpoint_.state.epoch);
        if (seconds_since(told_) < seconds_between_lines) return;
        milestone(fmt::format("restart {}, iteration {}: log-likelihood {:.6f}", number + 1, step.iteration,
                              step.log_likelihood - log_scale_));
    }

    void milestone(const std::string& text) {
        progress_.milestone(text);
        told_ = Clock::now();
    }

    void end_of_restart(const ExactRestart& restart) {
        const bool better = !best_ || restart.log_likelihood > *best_;
        if (better) {
            checkpoint_.state.machine = restart.machine;
            take(restart.log_likelihood);
        }
        checkpoint_.state.epoch = restart.number + 1;
        checkpoint_.state.update.updates += restart.steps.size();
        write_metrics(restart);
        progress_.update(checkpoint_.state.epoch);
        if (better)
            milestone(fmt::format("restart {}/{}  log-likelihood {:.6f}, the best so far  {} iterations",
                                  restart.number + 1, restarts_, restart.log_likelihood - log_scale_,
                                  restart.steps.size()));
        constexpr double worth_saving = 2;
        if (seconds_since(saved_) > worth_saving) save();
        if (run_.live && seconds_since(reported_) > seconds_between_lines) report(true);
    }

    void write_metrics(const ExactRestart& restart) {
        std::string lines;
        for (const ExactStep& step : restart.steps)
            lines += nlohmann::ordered_json{{"restart", restart.number + 1},
                                            {"iteration", step.iteration},
                                            {"log_likelihood", step.log_likelihood - log_scale_},
                                            {"gradient", step.gradient}}
                         .dump() +
                     "\n";
        nlohmann::ordered_json end{{"restart", restart.number + 1},
                                   {"iterations", restart.steps.size()},
                                   {"ended", text_of(restart.end)},
                                   {"seconds", seconds_since(start_)},
                                   {"log_likelihood", restart.log_likelihood - log_scale_},
                                   {"best_log_likelihood", *best_ - log_scale_}};
        if (std::isfinite(likelihood_.bound())) end["log_likelihood_bound"] = likelihood_.bound();
        if (held_out_) end["held_out_log_likelihood"] = (*held_out_)(precise(restart.machine)) - log_scale_;
        end["log_partition"] = checkpoint_.model.log_partition->value;
        folder_.append_metrics(lines + end.dump());
    }

    void tell() const {
        if (!best_) return;
        note("the best of {} restart{}: log-likelihood {:.6f} nats per sample", checkpoint_.state.epoch,
             checkpoint_.state.epoch == 1 ? "" : "s", *best_ - log_scale_);
        if (likelihood_.bound() - *best_ <= near_the_bound)
            note("that is minus the entropy of the data: no machine can do better{}",
                 checkpoint_.state.epoch < restarts_ ? ", so the other restarts were left out" : "");
    }

    static constexpr double seconds_between_lines = 10;
    const RunSettings& run_;
    const RunFolder& folder_;
    const Dataset& training_;
    const std::vector<float>& sample_weights_;
    const Dataset* validation_;
    Checkpoint& checkpoint_;
    double log_scale_ = 0;
    ExactLikelihood likelihood_;
    std::optional<ExactLikelihood> held_out_;
    std::optional<double> best_;  ///< log-likelihood of the checkpoint's machine, once a restart is done
    std::size_t restarts_;
    Progress progress_;
    Clock::time_point start_ = Clock::now(), saved_ = start_, told_ = start_, reported_ = start_;
};

}  // namespace

void run_exactly(const RunSettings& run, const RunFolder& folder, const Dataset& training, const Dataset* validation,
                 const std::vector<float>& sample_weights, Checkpoint& checkpoint) {
    ExactSession(run, folder, training, validation, sample_weights, checkpoint).train();
}

}  // namespace rbm::app
