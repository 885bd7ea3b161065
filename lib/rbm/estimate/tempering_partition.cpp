// SPDX-License-Identifier: MIT
#include "rbm/estimate/tempering_partition.h"

#include <fmt/format.h>

#include <algorithm>

#include "rbm/estimate/ladder_ratios.h"
#include "rbm/kernels/error.h"

namespace rbm {
namespace {

std::size_t ladder_sweeps(const LadderSettings& settings) { return settings.rounds * settings.sweeps; }

}  // namespace

double slowest_swap_rate(const TemperingPartition& tempering) {
    return tempering.swap_rates.empty() ? 1 : *std::ranges::min_element(tempering.swap_rates);
}

bool travels(const TemperingPartition& tempering) {
    return slowest_swap_rate(tempering) >= lowest_swap_rate && tempering.round_trips_per_ladder >= fewest_round_trips &&
           tempering.health.split_r_hat <= largest_r_hat;
}

std::size_t tempering_steps(const TemperingSettings& settings) {
    return ladder_sweeps({}) + settings.settling + settings.steps;
}

TemperingPartition tempering_log_partition(const Bridge& bridge, const TemperingSettings& settings, Random& random,
                                           std::size_t wanted_samples, const Control& control,
                                           const std::function<void(const TemperedChains&)>& look) {
    if (settings.steps < 8)
        throw InvalidArgument(fmt::format("tempering: found {} steps, expected at least 8", settings.steps));
    Work work(control, "tempering", tempering_steps(settings));
    LadderSettings ladder;
    ladder.swap_rate = settings.swap_rate;
    TemperedChains chains = start_tempering(bridge, settings.ladders, ladder, random, work.part());
    for (std::size_t i = 0; i < settings.settling; ++i) {
        Tempering{}.step(bridge, chains, random);
        work.advance();
    }
    chains.reset_counts();

    const std::size_t rungs = chains.rungs(), ladders = chains.ladders(), draws = settings.steps / 2;
    TemperingPartition result;
    const std::size_t takes = (wanted_samples + ladders - 1) / ladders;
    result.samples.resize(wanted_samples, bridge.visible_count());
    Matrix at_machine(ladders, bridge.visible_count());
    std::size_t taken = 0;
    LadderRatios seen(rungs, ladders, draws);
    std::vector<double> up(ladders), down(ladders);
    for (std::size_t i = 0; i < settings.steps; ++i) {
        Tempering{}.step(bridge, chains, random);
        if (look) look(chains);
        if (i < 2 * draws)  // each pair takes part in every other sweep
            for (std::size_t k = chains.parity; k + 1 < rungs; k += 2) {
                for (std::size_t l = 0; l < ladders; ++l) {
                    up[l] = chains.log_ratios[l * rungs + k];
                    down[l] = chains.log_ratios[l * rungs + k + 1];
                }
                seen.add(k, up, down);
            }
        while (taken < takes && (i + 1) * takes >= (taken + 1) * settings.steps) {
            chains.copy_visible(at_machine);
            for (std::size_t l = 0; l < ladders && taken * ladders + l < wanted_samples; ++l)
                std::copy(at_machine.row(l).begin(), at_machine.row(l).end(),
                          result.samples.row(taken * ladders + l).begin());
            ++taken;
        }
        work.advance();
    }
    result.estimate = seen.sum(bridge.base_log_partition(), result.health);
    result.steps = settings.steps;
    result.betas = chains.betas;
    result.swap_rates = chains.swap_rates;
    result.round_trips_per_ladder = static_cast<double>(chains.round_trips) / static_cast<double>(ladders);
    return result;
}

}  // namespace rbm
