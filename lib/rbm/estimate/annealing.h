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

#include "rbm/kernels/control.h"
#include "rbm/model/bridge.h"

namespace rbm {

/// How the betas of a path are spaced: evenly; 500, 4000 and 10000 parts of 14500 on [0, .5], [.5, .9] and [.9, 1], as
/// in the paper; or so that a short pilot run sees the same spread of log weights everywhere.
enum class BetaSpacing { linear, salakhutdinov_murray, adaptive };

/// `steps` + 1 betas from 0 to 1, rising.  Throws InvalidArgument for 0 steps.
std::vector<float> linear_betas(std::size_t steps);
std::vector<float> salakhutdinov_murray_betas(std::size_t steps);

/// What a run along a path leaves behind.
struct AnnealingRecord {
    /// [C] in double, since the last run() began.
    std::vector<double> log_weights;
    /// Per step of the last run(), the variance over chains of what the step added.
    std::vector<double> step_variances;

  protected:
    /// Of one number per chain; 0 for one chain.
    static double variance(std::span<const double> values);
};

class Annealing : public AnnealingRecord {
  public:
    explicit Annealing(const Bridge& bridge, std::size_t chains);

    /// [C x V]: where the chains are; fill it before run().
    Matrix visible;

    /// betas.size() - 1 steps; the betas may rise or fall.  Each draw takes a fresh random.next(), and nothing is
    /// allocated in between.
    void run(std::span<const float> betas, Random& random, const Control& control = {});

  private:
    const Bridge& bridge_;
    Matrix hidden_;
    std::vector<float> from_, to_;
    std::vector<double> ratios_;
};

/// How densely steps should stand along the path, from a pilot run on evenly spaced betas.
///
/// A part of the path adds its covariance with the whole to the variance of the log weights.  Where chains forget
/// quickly that is the sum of the steps' variances; where they do not, it is far more, and there steps help most.  The
/// best density is the root of that variance per unit of beta (equal thermodynamic length).
/// Source: Gelman & Meng, "Simulating normalizing constants", 1998; Sivak & Crooks, "Thermodynamic metrics and optimal
/// paths", 2012.
struct PathLength {
    std::vector<double> betas;   ///< where the parts of the path end; 0 is the first
    std::vector<double> length;  ///< up to there, the first 0

    static PathLength measure(const Bridge& bridge, std::size_t steps, std::size_t chains, Random& random,
                              const Control& control = {});
    /// Of any path: run(betas, control) goes along it and keeps `record`, which must be up to date at each report.
    using Run = std::function<void(std::span<const float> betas, const Control& control)>;
    static PathLength measure(std::size_t steps, const AnnealingRecord& record, const Run& run,
                              const Control& control = {});
    /// The sum of that of the way there and of the way back, which begins at 1: one spacing for both, as acceptance
    /// ratios of their weights ask for.
    static PathLength both_ways(const PathLength& there, const PathLength& back);

    double length_at(double beta) const;
    /// steps + 1 betas from 0 to 1 at equal distances in length.
    std::vector<float> equal_steps(std::size_t steps) const;
};

}  // namespace rbm
