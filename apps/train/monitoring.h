// SPDX-License-Identifier: MIT
// What rbm-train watches: numbers of each epoch for metrics.jsonl and for the progress line.
#pragma once

#include <optional>
#include <string>

#include "rbm/data/dataset.h"
#include "rbm/estimate/ais.h"
#include "rbm/estimate/monitor.h"
#include "rbm/trainer/train.h"

namespace rbm::app {

struct Monitor {
    Dataset training;                   ///< a spread sample of the training data
    std::optional<Dataset> validation;  ///< a spread sample of the held-out data

    Dataset all_training;  ///< other rows of it in each epoch, for the pseudo-likelihood
    std::vector<float> sample_weights;
    std::optional<Dataset> all_validation;

    std::uint64_t seed = 0;       ///< of the run
    double log_scale = 0;         ///< of standardised data: likelihoods are of the raw data
    std::size_t exact_every = 0;  ///< epochs between exact likelihoods; 0: never

    std::size_t estimate_every = 0;  ///< epochs between estimates by AIS; 0: never
    AisSettings annealing{};         ///< of these
    Units base{};                    ///< where they begin
    bool always_estimated = false;   ///< the objective knows log Z, with an error

    std::optional<Dataset> judged;  ///< all held-out samples, where their likelihood chooses the model

    std::size_t label_count = 0;      ///< the last units; 0: there are none
    std::optional<Dataset> labelled;  ///< held-out samples whose labels are judged

    /// Watching costs about a fifth of the training at most: samples and intervals follow from the sizes alone.
    /// Training samples count as their weights say, where there are any.
    Monitor(const Machine& machine, const Dataset& training_set, const Dataset* validation_set, double log_scale_sum,
            std::span<const float> weights, std::uint64_t run_seed);
    /// Estimates every so many epochs, in about a fifth of the time that they take, but with so many chains and at
    /// least so many steps.
    void track(std::size_t epochs, std::size_t rows, Units path_base, AisSettings least);
    /// The held-out likelihood is that of all these samples.
    void judge_by(const Dataset& held_out) { judged = held_out; }
    /// Epochs between estimates that show how a run of so many went; 0: exact ones do.
    std::size_t epochs_between_estimates(std::size_t epochs) const;
    /// The last `classes` units are labels: tells how often they are wrong, of these held-out samples where the run is
    /// judged by it, else of those that are watched anyway.
    void watch_labels(std::size_t classes, const Dataset* judged);
    /// Whether the epoch has a likelihood.
    bool knows_likelihood(std::size_t epoch, std::size_t epochs) const;

    struct Numbers {
        double free_energy = 0;                       ///< mean over the training sample, nats
        double reconstruction_error = 0;              ///< mean squared, per visible unit
        std::optional<MeanOfRows> pseudo_likelihood;  ///< nats per sample; discrete visible units only
        std::optional<double> log_partition;          ///< exact, now and then, for small machines; or estimated
        std::optional<PartitionEstimate> estimate;    ///< cut at the floor
        const char* method = "ais";                   ///< of the estimate,
        const char* method_in_words = "AIS";
        std::optional<double> log_partition_floor;  ///< of an estimate for discrete units: partition_floor.h
        std::optional<double> log_likelihood;       ///< then; in the units of the data
        std::optional<double> free_energy_gap;      ///< held-out minus training, nats
        std::optional<double> held_out_reconstruction_error;
        std::optional<MeanOfRows> held_out_pseudo_likelihood;
        std::optional<double> held_out_free_energy;
        std::optional<double> held_out_log_likelihood;
        std::optional<double> error;  ///< share of wrong labels
        std::optional<double> held_out_error;
    };
    /// `known`: log Z as the objective knows it.
    Numbers measure(const Machine& machine, const EpochReport& report,
                    const std::optional<PartitionEstimate>& known = {}) const;

    static constexpr AisSettings to_watch{.chains = 50, .betas = 200};
    static constexpr AisSettings to_judge{.chains = 100, .betas = 1000};

  private:
    PartitionEstimate annealed(const Machine& machine, std::size_t epoch) const;
    /// Cuts the estimate at what the watched samples add up to, whose free energies these are.
    void cut(const Machine& machine, std::span<const double> of_training, std::span<const double> of_validation,
             Numbers& numbers) const;
};

/// One JSON object, stable keys; numbers that do not exist are left out.
std::string metrics_line(const EpochReport& report, const Monitor::Numbers& numbers, double seconds,
                         double examples_per_second, std::optional<std::uint64_t> best_epoch);

/// "epoch 3/20  free-energy gap +0.52 nats  ...": the same as a person reads it.
std::string epoch_line(const EpochReport& report, const Monitor::Numbers& numbers, double examples_per_second);

}  // namespace rbm::app
