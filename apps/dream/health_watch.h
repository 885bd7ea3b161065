// SPDX-License-Identifier: MIT
// How well the chains of rbm-dream mix.
#pragma once

#include "apps/cli/command.h"
#include "apps/dream/dream_report.h"
#include "rbm/estimate/chain_health.h"
#include "rbm/method/running_chains.h"

namespace rbm::app {

/// Watches the chains' free energies, and a few sums of their units with fixed random signs, over the second half of a
/// run of `steps`, at 200 moments at most: modes of equal free energy still differ in their units.
class HealthWatch {
  public:
    HealthWatch(const Machine& machine, std::size_t chains, std::size_t steps, double beta);
    /// After each step, numbered from 1.
    void look(std::size_t step, const RunningChains& chains);
    /// A warning when chains are stuck, with this advice; the numbers with --verbose, and in the report.  Nothing for
    /// runs of fewer than 40 steps.
    void report(const std::string& advice, DreamReport& report) const;

  private:
    const Machine& machine_;
    std::size_t steps_, stride_;
    std::vector<float> beta_;
    Matrix states_;
    Workspace workspace_;
    Matrix signs_;                            ///< [sums x V]
    std::vector<std::vector<double>> draws_;  ///< [moments][(1 + sums) C]
};

}  // namespace rbm::app
