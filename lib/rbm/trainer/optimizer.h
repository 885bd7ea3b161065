// SPDX-License-Identifier: MIT
// From a gradient to new parameters: centring, norm limit, momentum or Adam, decay, bounds and the divergence check.
//
// Centring (Melchior, Fischer & Wiskott, "How to center deep Boltzmann machines", JMLR 17(99), 2016) writes the energy
// with statistic(v) - statistic(visible offset) and h - hidden offset, which makes learning independent of flipping
// bits.  Machines here keep plain parameters; the gradient is carried into centred coordinates, stepped there, and the
// step is carried back.
// Shapes: V visible units, H hidden units.
#pragma once

#include <optional>

#include "rbm/model/machine.h"

namespace rbm {

enum class Schedule { constant, linear, exponential };
enum class Optimizer { sgd, adam };

struct UpdateSettings {
    Optimizer optimizer = Optimizer::sgd;
    float learning_rate = 0.1F;
    Schedule schedule = Schedule::linear;  ///< linear: to 0 at the end; exponential: to a hundredth
    float momentum = 0;                    ///< reached from 0.5 (or from itself, when below) over momentum_ramp epochs
    float momentum_ramp = 5;
    float weight_decay = 0;         ///< L2 on the weights
    float weight_decay_l1 = 0;      ///< L1 on the weights: shrinks towards 0 and stops there
    float sparsity_target = 0;      ///< wanted mean activity of hidden units, with sparsity_cost > 0
    float sparsity_cost = 0;        ///< strength; acts on the hidden biases
    float gradient_norm_limit = 0;  ///< longest gradient that is followed in full; 0: none
    bool centering = true;
    float offset_rate = 0.01F;                   ///< how fast the offsets follow the batch means
    float log_sigma_rate = 0.3F;                 ///< learning rate of log sigma, as a share of learning_rate
    std::vector<float> minimum_sigma = {0.05F};  ///< bound of sigma in the prepared data's units: one value or V
    float maximum_sigma = 100;
    /// Share of the updates so far that the averaged parameters look back on; 0: none are kept, 1: all count alike.
    float averaging = 0;
    bool operator==(const UpdateSettings&) const = default;
};

/// The parameters are averaged at every tenth update: neighbours hardly differ, and on average it costs a hundredth of
/// an update (784 x 500: 1.0 % of the processor time of training).
///
/// average += (parameters - average) / (share n) at the n-th time, which weighs time s by (s / n)^(1 / share - 1): the
/// mean of all (Polyak & Juditsky 1992) at a share of 1, and below it a window that grows with the run, so that the
/// start is forgotten whatever the number of updates will be (Shamir & Zhang, "Stochastic gradient descent for
/// non-smooth optimization", ICML 2013; of RBMs: Swersky, Chen, Marlin & de Freitas 2010).
inline constexpr std::uint64_t averaging_stride = 10;

/// Everything that updates remember from one to the next.
struct UpdateState {
    Machine velocity;                    ///< momentum, or Adam's first moment, in centred coordinates
    Machine second_moment;               ///< Adam's; empty for SGD
    std::vector<float> visible_offset;   ///< [V]
    std::vector<float> hidden_offset;    ///< [H]
    std::vector<float> hidden_activity;  ///< [H] running mean, for the sparsity target
    Machine average;                     ///< the parameters over time; empty without averaging
    std::uint64_t updates = 0;

    static UpdateState start(const Machine& machine, const UpdateSettings& settings,
                             std::span<const double> visible_means);
};

/// Log sigmas of Gaussian units into the bounds that every update keeps.
void bound_log_sigma(Machine& machine, const UpdateSettings& settings);

/// Learning rate of update number `update` (from 0) of `total`.
float scheduled_rate(const UpdateSettings& settings, std::uint64_t update, std::uint64_t total);

/// What one update did.
struct UpdateReport {
    double gradient_norm = 0;
    double step_to_weights = 0;  ///< norm of the weights' step over that of the weights after it: about 1e-3 is healthy
};

/// Memory for one update, reused from one to the next.
struct UpdateWorkspace {
    /// The weights' gradient, where it is not in gradient.weights; may not come with a gradient_norm_limit.
    std::optional<OuterProduct> weight_product = std::nullopt;
    PreparedWeights* prepared = nullptr;  ///< holds the machine's weights before and after
    Matrix statistic;                 ///< [1 x V]
    std::vector<double> coupling;     ///< [V]
    std::vector<float> visible_variance, hidden_variance, row_slope, column_slope, row_shift, column_shift, step;
};

/// Moves `machine` along -gradient, which is overwritten.  batch_visible and batch_hidden are the batch's mean visible
/// states [V] and hidden means [H].  Throws Diverged when a parameter is not finite or a weight exceeds 1e5.
UpdateReport update(Machine& machine, Machine& gradient, UpdateState& state, const UpdateSettings& settings,
                    float learning_rate, float momentum, std::span<const float> batch_visible,
                    std::span<const float> batch_hidden, UpdateWorkspace& workspace);

}  // namespace rbm
