// SPDX-License-Identifier: MIT
// The step size at which proposals are taken as often as wanted, found while chains run.
//
// While it is sought the chains are not exactly those of the machine: seek in a first part of a run, then keep
// settled() for the rest.  Source: dual averaging, Hoffman & Gelman, "The No-U-Turn sampler", JMLR 15, 2014; the wanted
// rates: Gelman, Roberts & Gilks 1996 and Roberts & Rosenthal, "Optimal scaling of discrete approximations to Langevin
// diffusions", JRSS B 1998.
#pragma once

#include <cstddef>

namespace rbm {

/// Wanted acceptance rates: of Gaussian steps in many dimensions, and of Langevin steps.
inline constexpr double metropolis_acceptance = 0.234;
inline constexpr double langevin_acceptance = 0.574;

/// Plain data, to be saved with the chains.
struct StepSizeSearch {
    double target = langevin_acceptance;
    double start = 0.1;  ///< step size to begin with, above 0
    std::size_t updates = 0;
    double error = 0;             ///< running mean of target - acceptance
    double settled_log_step = 0;  ///< running mean of the log step sizes, the later ones counting more

    /// After a step that was made at current(), whose acceptance was this.
    void update(double acceptance);
    /// The step size for the next step of the search.
    double current() const;
    /// The search's result so far.
    double settled() const;

    bool operator==(const StepSizeSearch&) const = default;
};

}  // namespace rbm
