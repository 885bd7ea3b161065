// SPDX-License-Identifier: MIT
#include "rbm/method/trajectory_chains.h"

#include <fmt/format.h>

#include <algorithm>

#include "rbm/kernels/error.h"
#include "rbm/model/bridge.h"
#include "rbm/sampler/block_gibbs.h"

namespace rbm {
namespace {

/// Sweeps at each machine on the way up, before the first step.
constexpr std::size_t sweeps_to_start = 10;
/// Neighbours that swap less often keep the first machine's draws from the last.
constexpr double least_swap_rate = 0.05;
constexpr std::uint64_t steps_before_verdict = 40;

class TrajectoryRun final : public RunningChains {
  public:
    TrajectoryRun(const SamplerInputs& inputs, Random& random)
        : ladder_(ladder_to(inputs.ladder, inputs.machine, inputs.beta)),
          chains_(TrajectoryChains::start(ladder_, inputs.chains, sweeps_to_start, random, inputs.control)) {
        if (inputs.start.rows() > 0) chains_.visible.back() = inputs.start;
    }
    std::size_t count() const override { return chains_.count(); }
    void step(Random& random) override { TrajectoryTempering{.steps = 1}.step(ladder_, chains_, random); }
    void states(View out) const override {
        const auto from = chains_.visible.back().values();
        std::copy(from.begin(), from.end(), out.data);
    }
    void means(View out) override {
        Chains& last = chains_.chains;  // which the last machine's chains leave as they were
        last.hidden.resize(count(), ladder_.back()->hidden_count());
        visible_means(*ladder_.back(), last, out);
    }
    SamplerReport report() const override {
        const double lowest = *std::ranges::min_element(chains_.swap_rates);
        const double trips = static_cast<double>(chains_.round_trips) / static_cast<double>(count());
        SamplerReport report;
        report.facts = {{"machines", static_cast<double>(ladder_.size())},
                        {"swap_rates", chains_.swap_rates},
                        {"lowest_swap_rate", lowest},
                        {"round_trips_per_chain", trips}};
        report.summary = fmt::format("trajectory: {} machines, swap rates from {:.2f}, {:.1f} round trips per chain",
                                     ladder_.size(), lowest, trips);
        if (chains_.steps >= steps_before_verdict && lowest < least_swap_rate)
            report.warnings.push_back(
                fmt::format("two neighbouring machines of the ladder swap at a rate of {:.3f} only: little reaches the "
                            "last from the first",
                            lowest));
        return report;
    }

  private:
    MachineLadder ladder_;
    TrajectoryChains chains_;
};

}  // namespace

MachineLadder ladder_to(const MachineLadder& below, const Machine& machine, double beta) {
    if (below.empty()) throw InvalidArgument("trajectory: there is no ladder of machines below this one");
    MachineLadder ladder;
    for (const auto& one : below)
        ladder.push_back(beta == 1 ? one : std::make_shared<const Machine>(tempered(*one, beta)));
    ladder.push_back(std::make_shared<const Machine>(beta == 1 ? machine : tempered(machine, beta)));
    return ladder;
}

std::unique_ptr<RunningChains> trajectory_chains(const SamplerInputs& inputs, Random& random) {
    return std::make_unique<TrajectoryRun>(inputs, random);
}

}  // namespace rbm
