// SPDX-License-Identifier: MIT
#include "rbm/sampler/step_size.h"

#include <cmath>

namespace rbm {
namespace {

// Hoffman & Gelman's constants, but for the shrinkage, which pulls towards ten times the start there: our starts are
// good guesses.
constexpr double shrinkage = 0.05, early_steps = 10, forgetting = 0.75;

}  // namespace

double StepSizeSearch::current() const {
    return std::exp(std::log(start) - std::sqrt(static_cast<double>(updates)) / shrinkage * error);
}

double StepSizeSearch::settled() const { return updates == 0 ? start : std::exp(settled_log_step); }

void StepSizeSearch::update(double acceptance) {
    ++updates;
    const double t = static_cast<double>(updates);
    error += (target - acceptance - error) / (t + early_steps);
    settled_log_step += std::pow(t, -forgetting) * (std::log(current()) - settled_log_step);
}

}  // namespace rbm
