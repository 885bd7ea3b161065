// SPDX-License-Identifier: MIT
// The training loop: epochs of shuffled batches, observed from outside, resumable at any batch.
//
// Every draw is a function of the seed and the place in training, so a run that stops and goes on ends in the same
// bytes as one that does not, for any number of threads.
#pragma once

#include <functional>
#include <optional>
#include <utility>

#include "rbm/data/dataset.h"
#include "rbm/kernels/control.h"
#include "rbm/trainer/objective.h"
#include "rbm/trainer/optimizer.h"

namespace rbm {

struct TrainSettings : UpdateSettings {
    std::size_t epochs = 20;
    std::size_t batch_size = 100;
    bool operator==(const TrainSettings&) const = default;
};

/// All there is to know to go on with a run; what a checkpoint file holds.
struct TrainState {
    Machine machine;
    UpdateState update;
    NegativePhase chains;         ///< persistent ones; empty for CD
    Random::State random;         ///< of the Gibbs chains
    std::uint64_t seed = 0;       ///< of shuffles and of pixels drawn afresh
    std::uint64_t epoch = 0;      ///< finished epochs
    std::uint64_t batch = 0;      ///< finished batches of the current epoch
    double gradient_norms = 0;    ///< summed over those batches, for the epoch's report
    double steps_to_weights = 0;  ///< likewise
    double losses = 0;            ///< likewise, of objectives that have one
};

struct EpochReport {
    std::size_t epoch = 0;  ///< from 1
    std::size_t epochs = 0;
    std::uint64_t updates = 0;                  ///< since the beginning
    float learning_rate = 0;                    ///< of the epoch's last update
    double gradient_norm = 0;                   ///< mean over the epoch
    double step_to_weights = 0;                 ///< mean over the epoch
    std::optional<double> loss = std::nullopt;  ///< mean over the epoch, of objectives that have one
};

struct TrainObserver {
    std::function<void(const EpochReport&, const TrainState&)> on_epoch = {};
};

/// Batches of an epoch, the last of them perhaps short.  `rows` and `batch_size` are at least 1.
constexpr std::size_t batch_count(std::size_t rows, std::size_t batch_size) { return (rows - 1) / batch_size + 1; }

/// Weights N(0, 0.01^2), locations and spreads from the data's marginals, hidden biases 0: Hinton's guide, 2010.
/// sample_weights as for train().
void initialize(Machine& machine, const Dataset& data, Random& random, std::span<const float> sample_weights = {});

/// A run at its beginning, its first offsets the (weighted) means of the data.  `chains` is the number of persistent
/// chains, 0 for none.
TrainState start_training(Machine machine, const Dataset& data, const TrainSettings& settings, std::size_t chains,
                          std::uint64_t seed, std::span<const float> sample_weights = {});

/// The same for a machine that has learned before: its first hidden offsets are the means that these data give it, and
/// its chains start at rows spread over the data, which are closer to what it draws than noise is.
TrainState start_from_trained(Machine machine, const Dataset& data, const TrainSettings& settings, std::size_t chains,
                              std::uint64_t seed, std::span<const float> sample_weights = {});

namespace detail {
void train(TrainState& state, const AnyObjective& objective, const Dataset& data, const TrainSettings& settings,
           const TrainObserver& observer, std::span<const float> sample_weights, const Control& control);
}  // namespace detail

/// Trains until settings.epochs are done.  sample_weights has one value per row of data, or none; they count relative
/// to their mean.  Progress is told in batches.  Throws Cancelled, with `state` after its last finished batch, from
/// where the same call goes on; InvalidArgument when shapes do not fit or settings make no sense; and Diverged when a
/// parameter becomes NaN or infinite: `state` is then worthless, go back to a checkpoint.
template <Objective O>
void train(TrainState& state, const O& objective, const Dataset& data, const TrainSettings& settings,
           const TrainObserver& observer = {}, std::span<const float> sample_weights = {},
           const Control& control = {}) {
    const AnyObjective any{[&](std::size_t batch) -> std::size_t { return objective.negative_rows(batch); },
                           [&](const Machine& machine, std::size_t batch, NegativePhase& chains, Random& random,
                               GradientWorkspace& workspace, Machine& gradient) {
                               objective.add_gradient(machine, batch, chains, random, workspace, gradient);
                           }};
    detail::train(state, any, data, settings, observer, sample_weights, control);
}

/// In short: trains `machine` from its present parameters.  When cancelled it has those of the last finished batch.
template <Objective O>
void train(Machine& machine, const O& objective, const Dataset& data, const TrainSettings& settings, Random& random,
           const std::function<void(const EpochReport&)>& on_epoch = {}, const Control& control = {}) {
    TrainState state = start_training(machine, data, settings, objective.negative_rows(0), random());
    TrainObserver observer;
    if (on_epoch)
        observer.on_epoch = [&](const EpochReport& report, const TrainState& current) {
            machine = current.machine;
            on_epoch(report);
        };
    try {
        train(state, objective, data, settings, observer, {}, control);
    } catch (const Cancelled&) {
        machine = std::move(state.machine);
        throw;
    }
    machine = std::move(state.machine);
}

}  // namespace rbm
