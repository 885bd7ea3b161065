// SPDX-License-Identifier: MIT
#include "rbm/method/gibbs_chains.h"

#include <fmt/format.h>

#include <algorithm>

#include "rbm/sampler/block_gibbs.h"
#include "rbm/sampler/clamped_gibbs.h"
#include "rbm/sampler/communication.h"
#include "rbm/sampler/tempering.h"

namespace rbm {
namespace {

class GibbsChains final : public RunningChains {
  public:
    GibbsChains(const SamplerInputs& inputs, Random& random)
        : machine_(inputs.machine), chains_(start_chains(inputs, random)), held_(inputs.held), at_(inputs.at) {
        if (holds()) clamp().restore(chains_.visible.view());
    }
    std::size_t count() const override { return chains_.count(); }
    void step(Random& random) override {
        if (holds())
            ClampedGibbs{.steps = 1}.step(machine_, clamp(), chains_, random);
        else
            BlockGibbs{.steps = 1}.step(machine_, chains_, random);
    }
    void states(View out) const override {
        std::copy(chains_.visible.values().begin(), chains_.visible.values().end(), out.data);
    }
    void means(View out) override {
        visible_means(machine_, chains_, out);
        if (holds()) clamp().restore(out);
    }

  private:
    bool holds() const { return held_.rows() > 0; }
    Clamp clamp() const { return {held_, at_}; }

    const Machine& machine_;
    Chains chains_;
    Matrix held_, at_;
};

/// Neighbouring rungs that swap less often keep the base's states from the machine.
constexpr double lowest_swap_rate = 0.05;
constexpr std::uint64_t steps_to_judge = 40;

class TemperingChains final : public RunningChains {
  public:
    TemperingChains(const SamplerInputs& inputs, Random& random)
        : machine_(inputs.beta == 1 ? inputs.machine : tempered(inputs.machine, inputs.beta)),
          bridge_(machine_, inputs.base ? inputs.base(machine_) : machine_.visible) {
        chains_ = start_tempering(bridge_, inputs.chains, {}, random, inputs.control);
        tops_.hidden.resize(inputs.chains, machine_.hidden_count());
        for (std::size_t c = 0; c < inputs.start.rows(); ++c) {
            const auto from = inputs.start.row(c);
            const auto to = chains_.visible.row(chains_.state_at(c, chains_.rungs() - 1));
            std::copy(from.begin(), from.end(), to.begin());
        }
    }
    std::size_t count() const override { return chains_.ladders(); }
    void step(Random& random) override { Tempering{.steps = 1}.step(bridge_, chains_, random); }
    void states(View out) const override { chains_.copy_visible(out); }
    void means(View out) override {
        chains_.copy_hidden(tops_.hidden);
        visible_means(machine_, tops_, out);
    }
    SamplerReport report() const override {
        const double lowest = *std::min_element(chains_.swap_rates.begin(), chains_.swap_rates.end());
        const double trips = static_cast<double>(chains_.round_trips) / static_cast<double>(count());
        const Communication seen = communication(chains_.swap_rates);
        const double sweeps = static_cast<double>(chains_.steps);
        SamplerReport report;
        report.facts = {{"ladder", chains_.betas},
                        {"swap_rates", chains_.swap_rates},
                        {"lowest_swap_rate", lowest},
                        {"round_trips_per_ladder", trips},
                        {"expected_round_trips_per_ladder", seen.expected * sweeps},
                        {"attainable_round_trips_per_ladder", seen.attainable * sweeps},
                        {"communication_barrier", seen.barrier},
                        {"rungs_wanted", static_cast<double>(seen.rungs)}};
        report.summary = fmt::format(
            "tempering: {} rungs per chain, swap rates from {:.2f}, {:.1f} round trips per chain\n"
            "tempering: communication barrier {:.2f}, which asks for {} rungs; {:.1f} round trips expected, {:.1f} on "
            "ever more rungs",
            chains_.rungs(), lowest, trips, seen.barrier, seen.rungs, seen.expected * sweeps, seen.attainable * sweeps);
        if (chains_.steps >= steps_to_judge && lowest < lowest_swap_rate)
            report.warnings.push_back(
                fmt::format("two neighbouring temperatures swap at a rate of {:.3f} only: little reaches the machine "
                            "from the base",
                            lowest));
        return report;
    }

  private:
    Machine machine_;
    Bridge bridge_;
    TemperedChains chains_;
    Chains tops_;
};

}  // namespace

Chains start_chains(const SamplerInputs& inputs, Random& random) {
    Chains chains = inputs.start.rows() == 0 ? Chains::from_noise(inputs.machine, inputs.chains, random)
                                             : Chains::from_data(inputs.machine, inputs.start, random);
    if (inputs.beta != 1) chains.beta.assign(chains.count(), static_cast<float>(inputs.beta));
    return chains;
}

std::unique_ptr<RunningChains> gibbs_chains(const SamplerInputs& inputs, Random& random) {
    return std::make_unique<GibbsChains>(inputs, random);
}
std::unique_ptr<RunningChains> tempering_chains(const SamplerInputs& inputs, Random& random) {
    return std::make_unique<TemperingChains>(inputs, random);
}

}  // namespace rbm
