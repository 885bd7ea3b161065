// SPDX-License-Identifier: MIT
// One annealing run: chains go along a bridge from one end to the other, one Gibbs sweep per temperature, and each
// collects the log ratio of the two densities that it passes between.  From the base to the machine the mean of the
// weights estimates Z / Z_base (AIS), from the machine to the base its inverse.
//
// Weights are log f(v) with the hidden units summed out, so that one product v -> h serves the weight and the sweep.
// Source: Neal, "Annealed importance sampling", 2001; Salakhutdinov & Murray, "On the quantitative analysis of deep
// belief networks", ICML 2008.
#pragma once

#include <functional>

#include "rbm/model/bridge.h"

namespace rbm {

/// How the betas of a path are spaced: evenly; 500, 4000 and 10000 parts of 14500 on [0, .5], [.5, .9] and [.9, 1], as
/// in the paper; or so that a short pilot run sees the same spread of log weights everywhere.
enum class BetaSpacing { linear, salakhutdinov_murray, adaptive };

/// `steps` + 1 betas from 0 to 1, rising.  Throws std::invalid_argument for 0 steps.
std::vector<float> linear_betas(std::size_t steps);
std::vector<float> salakhutdinov_murray_betas(std::size_t steps);

/// Called after each step with the number of steps done; may throw to end the work.
using OnStep = std::function<void(std::size_t)>;

class Annealing {
  public:
    explicit Annealing(const Bridge& bridge, std::size_t chains);

    /// [C x V]: where the chains are; fill it before run().
    Matrix visible;
    /// [C] in double, since the last run() began.
    std::vector<double> log_weights;
    /// Per step of the last run(), the variance over chains of what the step added.
    std::vector<double> step_variances;

    /// betas.size() - 1 steps; the betas may rise or fall.  Each draw takes a fresh random.next(), and nothing is
    /// allocated in between.
    void run(std::span<const float> betas, Random& random, const OnStep& on_step = {});

  private:
    const Bridge& bridge_;
    Matrix hidden_;
    std::vector<float> from_, to_;
    std::vector<double> ratios_;
};

/// steps + 1 betas at equal distances in thermodynamic length: the integral of the standard deviation of
/// d log f / d beta, which a pilot of the given steps and chains measures.
/// Source: Gelman & Meng, "Simulating normalizing constants", 1998; Crooks, "Measuring thermodynamic length", 2007.
struct ThermodynamicLength {
    std::vector<float> betas;    ///< of the pilot
    std::vector<double> length;  ///< up to each of them

    static ThermodynamicLength measure(const Bridge& bridge, std::size_t steps, std::size_t chains, Random& random,
                                       const OnStep& on_step = {});
    double total() const { return length.back(); }
    std::vector<float> betas_at_equal_lengths(std::size_t steps) const;
};

}  // namespace rbm
