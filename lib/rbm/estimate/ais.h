// SPDX-License-Identifier: MIT
// log Z from a bridge's two ends: annealed importance sampling from the base to the machine, and the reverse.
//
// The forward estimate is low on average (by Jensen's inequality), the reverse one high, if its chains start at the
// machine's own distribution; so together they hold the truth between them.
// Source: Salakhutdinov & Murray 2008; Burda, Grosse & Salakhutdinov, "Accurate and conservative estimates of MRF
// log-likelihood using reverse annealing", AISTATS 2015, with the weights as in Upadhya & Sastry 2015: a chain's first
// ratio is taken where it starts, before it has moved.
#pragma once

#include "rbm/estimate/annealing.h"
#include "rbm/kernels/control.h"

namespace rbm {

/// log Z in nats with its 3-sigma interval in log space, longer on one side where the weights spread widely.
struct PartitionEstimate {
    double value = 0;
    double low = 0;
    double high = 0;
    double standard_error = 0;
    double spread = 0;             ///< standard deviation of the log weights
    double effective_samples = 0;  ///< (sum w)^2 / sum w^2, of `samples`
    std::size_t samples = 0;
    double largest_share = 0;  ///< of the largest weight in their sum
};

/// A spread of log weights beyond which their mean rests on a few chains, and neither it nor its error is to be
/// believed.
inline constexpr double largest_spread = 2;

/// Fewer effective samples than this, or than half of all where these are few: the mean is that of a few chains, and
/// its error is as uncertain as it is.
inline constexpr double fewest_effective_samples = 5;
bool rests_on_few(const PartitionEstimate& estimate);

/// A mean of weights rarely exceeds Z by much, however the chains mix: by a factor of e^a with a chance of e^-a at most
/// (Markov's inequality), so by this many nats as rarely as a normal variable is 3 sigma too high.
inline constexpr double rarely_exceeded = 6.6;

struct AisSettings {
    std::size_t chains = 100;
    std::size_t betas = 10000;  ///< steps from one end to the other
    BetaSpacing spacing = BetaSpacing::adaptive;
};

/// The betas that the settings ask for; for adaptive ones a pilot runs first.
std::vector<float> spaced_betas(const Bridge& bridge, const AisSettings& settings, Random& random,
                                const Control& control = {});
/// The steps of that pilot, or 0.
std::size_t pilot_steps(const AisSettings& settings);

/// From the base to the machine, along rising betas.  Throws InvalidArgument for fewer than 2 chains.
PartitionEstimate annealed_log_partition(const Bridge& bridge, std::span<const float> betas, std::size_t chains,
                                         Random& random, std::vector<double>* log_weights = nullptr,
                                         const Control& control = {});

/// From these samples of the machine [C x V] to the base, along the same rising betas, which it goes down.  It is an
/// upper bound only as far as the samples follow the machine.
PartitionEstimate reverse_log_partition(const Bridge& bridge, std::span<const float> betas, ConstView samples,
                                        Random& random, std::vector<double>* log_weights = nullptr,
                                        const Control& control = {});

/// `one` lies above `other` by more than the sides of their intervals that face each other allow.
bool exceeds(const PartitionEstimate& one, const PartitionEstimate& other);

/// log of the mean of exp(log_weights), its error by the delta method, and how far the weights can be trusted.  The
/// interval is 3 sigma, and reaches higher where that of a log-normal distribution's mean does (Cox's method; Land
/// 1972): a large spread means that the mean is too low.  Where it rests on few chains it reaches down by
/// rarely_exceeded.
PartitionEstimate mean_of_weights(std::span<const double> log_weights);

}  // namespace rbm
