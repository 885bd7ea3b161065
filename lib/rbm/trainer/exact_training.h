// SPDX-License-Identifier: MIT
// Training by the exact gradient: machines small enough to enumerate, driven to a maximum of the likelihood by L-BFGS
// from many random starts.
//
// The likelihood has many local maxima; for bits the best one is often a supremum that weights approach as they grow.
// A start's draws follow from the seed and its number, so results do not depend on threads or on what came before.
#pragma once

#include <optional>

#include "rbm/kernels/control.h"
#include "rbm/trainer/exact_likelihood.h"
#include "rbm/trainer/lbfgs.h"

namespace rbm {

/// Nats between a likelihood and its bound that no further restart is worth.
inline constexpr double near_the_bound = 1e-6;

struct ExactSettings {
    std::size_t restarts = 1;
    std::size_t iterations = 1000;               ///< of each restart at most
    double weight_decay = 0;                     ///< L2 on the weights, as in UpdateSettings
    std::vector<float> minimum_sigma = {0.05F};  ///< as in UpdateSettings
    float maximum_sigma = 100;
};

/// One iteration; values in nats per sample.
struct ExactStep {
    std::size_t iteration = 0;  ///< from 1
    double log_likelihood = 0;
    double gradient = 0;  ///< largest component
};

struct ExactRestart {
    std::size_t number = 0;      ///< from 0
    Machine machine;             ///< in floats, as files hold it
    double log_likelihood = 0;   ///< of that machine
    bool reached_bound = false;  ///< no machine does better by more than near_the_bound
    LbfgsEnd end = LbfgsEnd::iterations;
    std::vector<ExactStep> steps;
};

/// Called on the thread that called exact_restarts().
struct ExactObserver {
    /// Of each restart, in the order of their numbers.
    std::function<void(ExactRestart&)> on_restart = {};
    /// Of each iteration of each restart.
    std::function<void(std::size_t number, const ExactStep&)> on_step = {};
};

/// Restarts first, first + 1, ..., settings.restarts - 1, several at a time where they are small; none after one that
/// reached the bound.  `machine` says the kinds and sizes; each restart begins at the data's marginals with random
/// weights: fields of standard deviation 0.5, 1.5, 3 and 4.5 by turns, centred on both sides.  When cancelled, restarts
/// under way are given up, and those that on_restart has seen count.  Throws as ExactLikelihood, and Diverged when a
/// start has no likelihood.
void exact_restarts(const Machine& machine, const Dataset& data, std::span<const float> sample_weights,
                    const ExactSettings& settings, std::uint64_t seed, std::size_t first, const ExactObserver& observer,
                    const Control& control = {});

/// The best of all restarts.
ExactRestart train_exactly(const Machine& machine, const Dataset& data, const ExactSettings& settings,
                           std::uint64_t seed, std::span<const float> sample_weights = {}, const Control& control = {});

}  // namespace rbm
