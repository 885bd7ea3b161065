// SPDX-License-Identifier: MIT
// What an objective is: settings, and one function that adds the gradient of its loss on a batch.  Nothing to register;
// train() takes any struct that satisfies the concept.
//
// Shapes: B rows of the batch, C chains, V visible units, H hidden units.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "rbm/model/labels.h"
#include "rbm/sampler/chains.h"
#include "rbm/sampler/tempering.h"
#include "rbm/sampler/trajectory.h"

namespace rbm {

/// What the negative phase remembers from update to update.  An objective takes its chains, or all of this; parts that
/// it does not use stay empty.
template <class Real>
struct BasicNegativePhase : BasicChains<Real> {
    BasicMachine<Real> fast;                          ///< of fast PCD: what its chains see added to the machine
    TemperedChains tempered;                          ///< of tempering: all rungs, of which the chains are the top ones
    Trajectory trajectory;                            ///< the ladder of trajectory tempering
    std::optional<double> log_constant;               ///< of noise contrast: -log Z as it is learned,
    double log_constant_variance = 0;                 ///< how far batches are from it,
    double log_noise_gap = 0;                         ///< how much more log Z is by the noise alone,
    double log_noise_variance = 0;                    ///< and how far batches are from that
    std::map<std::string, std::vector<double>> kept;  ///< of any objective: finite numbers under names of its own
};
using NegativePhase = BasicNegativePhase<float>;

/// How the sweeps per update change: not at all, or from 1 to the k of CD-k in stages of equal length.
enum class StepsSchedule { constant, linear };

/// Sweeps of an update before which this share of the run's updates is done.
constexpr std::size_t scheduled_steps(std::size_t steps, StepsSchedule schedule, double done) {
    if (schedule == StepsSchedule::constant || steps == 0) return steps;
    return std::min(steps, 1 + static_cast<std::size_t>(done * static_cast<double>(steps)));
}

/// Memory for one gradient.  The rows of the batch and those of the negative phase lie in one matrix, so that both
/// phases share one product v -> h and one outer product.
template <class Real>
struct BasicGradientWorkspace {
    BasicMatrix<Real> visible;        ///< [B + C x V]
    BasicMatrix<Real> hidden_field;   ///< [B + C x H]
    BasicMatrix<Real> hidden_mean;    ///< [B + C x H]
    BasicMatrix<Real> hidden_state;   ///< [C x H]
    BasicMatrix<Real> visible_field;  ///< [C x V]
    std::vector<Real> row_weights;    ///< [B + C], positive for data, negative for the model
    BasicWorkspace<Real> machine;
    /// Asked of an objective: where it can, leave the weights' gradient as a product of states, in weight_product, and
    /// gradient.weights alone, with what the visible units gain from their coupling.  The update then multiplies it out
    /// on its way through the weights.
    bool defer_weights = false;
    std::optional<BasicOuterProduct<Real>> weight_product = std::nullopt;
    double done = 0;    ///< share of the run's updates, for schedules,
    double stride = 0;  ///< and what one update adds to it
    /// Told by an objective that has a loss: its value on the batch, of which it adds the gradient.
    std::optional<double> loss = std::nullopt;
    /// Told by an objective: what the learning rate is multiplied by in this update, or, in place of a gradient, the
    /// machine that the run goes back to.
    double learning_rate_factor = 1;
    const BasicMachine<Real>* go_back_to = nullptr;

    // Of single objectives.
    BasicMachine<Real> overlaid;                                    ///< fast PCD: machine and fast weights together
    std::vector<Real> visible_location, hidden_location, variance;  ///< fast PCD
    std::unique_ptr<BasicBridge<Real>> bridge;                      ///< tempering
    BasicChains<Real> frozen;                                       ///< trajectory: those that move,
    StateSwaps swaps;                                               ///< and those that trade places
    BasicChains<Real> incomplete;                                   ///< missing values: the rows that have some,
    BasicMatrix<Real> incomplete_rows;                              ///< what is known of them,
    BasicMatrix<Real> known;                                        ///< and where
    std::vector<BasicMatrix<Real>> scratch;                         ///< objectives without chains
    BasicLabelledStates<Real> labelled;                             ///< discriminative

    /// Room for `batch` rows of data and `negative` rows of the model; the batch goes into visible's first rows and its
    /// weights, which are 1 / B when all rows count the same, into row_weights' first values.
    void resize(const BasicMachine<Real>& of, std::size_t batch, std::size_t negative);
};
using GradientWorkspace = BasicGradientWorkspace<float>;

template <class Real>
void BasicGradientWorkspace<Real>::resize(const BasicMachine<Real>& of, std::size_t batch, std::size_t negative) {
    visible.resize(batch + negative, of.visible_count());
    hidden_field.resize(batch + negative, of.hidden_count());
    hidden_mean.resize(batch + negative, of.hidden_count());
    hidden_state.resize(negative, of.hidden_count());
    visible_field.resize(negative, of.visible_count());
    row_weights.resize(batch + negative);
}

/// negative_rows(B): how many rows of the model a batch of B rows needs; of no rows, the persistent chains.
/// add_gradient: gradient += d loss, with the batch in the first `batch` rows of the workspace; afterwards
/// hidden_mean's first rows are the batch's, and row_weights may be others.
template <class O, class Real = float>
concept Objective = requires(const O objective, const BasicMachine<Real>& machine, BasicNegativePhase<Real>& chains,
                             Random& random, BasicGradientWorkspace<Real>& workspace, BasicMachine<Real>& gradient) {
    { objective.negative_rows(std::size_t{}) } -> std::same_as<std::size_t>;
    objective.add_gradient(machine, std::size_t{}, chains, random, workspace, gradient);
};

/// An objective without its type, for tables, and for loops that are compiled once.  It is an Objective too.
struct AnyObjective {
    std::function<std::size_t(std::size_t batch)> negative_rows;
    std::function<void(const Machine&, std::size_t batch, NegativePhase&, Random&, GradientWorkspace&, Machine&)>
        add_gradient;
};
static_assert(Objective<AnyObjective>);

template <Objective O>
AnyObjective any_objective(const O& objective) {
    return {[objective](std::size_t batch) -> std::size_t { return objective.negative_rows(batch); },
            [objective](const Machine& machine, std::size_t batch, NegativePhase& phase, Random& random,
                        GradientWorkspace& workspace, Machine& gradient) {
                objective.add_gradient(machine, batch, phase, random, workspace, gradient);
            }};
}

}  // namespace rbm
