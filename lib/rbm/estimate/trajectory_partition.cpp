// SPDX-License-Identifier: MIT
#include "rbm/estimate/trajectory_partition.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "rbm/estimate/acceptance_ratio.h"
#include "rbm/estimate/ladder_ratios.h"
#include "rbm/kernels/error.h"
#include "rbm/kernels/scalar.h"

namespace rbm {
namespace {

/// Sweeps at each machine before the chains of the next begin where these stand.
constexpr std::size_t sweeps_on_the_way_up = 20;

double mean_of(std::span<const double> values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double own_log_partition_of(const Units& units) {
    const Matrix no_field(1, width(units));
    double out = 0;
    add_log_normalizer(units, no_field.view(), Beta{}, std::span(&out, 1));
    return out;
}

/// What the ladder's last machine and this one see of each other from where their chains stand.
Trajectory::Pair last_pair(const Trajectory& trajectory, const Machine& machine, ConstView states) {
    const Machine& last = *trajectory.machines.back();
    const Matrix& below = trajectory.visible.back();
    std::vector<double> up = last.free_energy(below), down = machine.free_energy(states);
    const std::vector<double> up_there = machine.free_energy(below), down_there = last.free_energy(states);
    for (std::size_t c = 0; c < up.size(); ++c) {
        up[c] -= up_there[c];
        down[c] -= down_there[c];
    }
    Trajectory::Pair pair;
    pair.center = acceptance_ratio(up, down);
    for (std::size_t c = 0; c < up.size(); ++c) {
        pair.up.push_back(logistic(up[c] - pair.center));
        pair.down.push_back(logistic(down[c] + pair.center));
    }
    return pair;
}

}  // namespace

double log_partition_without_weights(const Machine& machine) {
    return own_log_partition_of(machine.visible) + own_log_partition_of(machine.hidden);
}

PartitionEstimate log_partition_along(const Trajectory& trajectory, const Machine& machine, ConstView states) {
    if (trajectory.machines.empty()) throw InvalidArgument("log_partition_along: the trajectory has not begun");
    const std::size_t chains = trajectory.visible.back().rows();
    if (states.rows != chains || states.cols != machine.visible_count())
        throw InvalidArgument(fmt::format("log_partition_along: found chains [{}, {}], expected [{}, {}]", states.rows,
                                          states.cols, chains, machine.visible_count()));
    std::vector<double> influences(chains);
    PartitionEstimate estimate;
    estimate.value = log_partition_without_weights(*trajectory.machines.front());
    const auto add = [&](const Trajectory::Pair& pair) {
        const double up = mean_of(pair.up), down = mean_of(pair.down);
        estimate.value += pair.center + std::log(up / down);
        for (std::size_t c = 0; c < chains; ++c) influences[c] += pair.up[c] / up - pair.down[c] / down;
    };
    double drift = 0;  // of the sum, from where all looks together put it
    for (const Trajectory::Pair& pair : trajectory.pairs) {
        const double before = estimate.value;
        add(pair);
        drift += estimate.value - before - pair.center - std::log(pair.plain_up / pair.plain_down);
    }
    add(last_pair(trajectory, machine, states));
    double squares = 0;
    for (const double one : influences) squares += one * one;  // their mean is 0
    estimate.samples = chains;
    estimate.effective_samples = static_cast<double>(chains);
    estimate.standard_error = chains < 2 ? std::numeric_limits<double>::infinity()
                                         : std::sqrt(squares / static_cast<double>(chains * (chains - 1)));
    // What still drifts will go on by about as much.
    estimate.spread = std::abs(drift);
    estimate.low = estimate.value - 3 * estimate.standard_error + std::min(drift, 0.0);
    estimate.high = estimate.value + 3 * estimate.standard_error + std::max(drift, 0.0);
    return estimate;
}

std::size_t trajectory_steps(const TemperingSettings& settings) { return settings.settling + settings.steps; }

TemperingPartition trajectory_log_partition(const MachineLadder& ladder, const TemperingSettings& settings,
                                            Random& random, const Control& control) {
    if (settings.steps < 8)
        throw InvalidArgument(fmt::format("trajectory: found {} steps, expected at least 8", settings.steps));
    const Control without_progress{.cancelled = control.cancelled};
    TrajectoryChains chains =
        TrajectoryChains::start(ladder, settings.ladders, sweeps_on_the_way_up, random, without_progress);
    Work work(control, "trajectory", trajectory_steps(settings));
    for (std::size_t i = 0; i < settings.settling; ++i) {
        TrajectoryTempering{}.step(ladder, chains, random);
        work.advance();
    }
    chains.reset_counts();
    const std::size_t draws = settings.steps / 2;
    LadderRatios seen(ladder.size(), settings.ladders, draws);
    for (std::size_t i = 0; i < settings.steps; ++i) {
        TrajectoryTempering{}.step(ladder, chains, random);
        if (i < 2 * draws)  // each pair takes part in every other sweep
            for (std::size_t k = chains.parity; k + 1 < ladder.size(); k += 2)
                seen.add(k, chains.swaps[k].up, chains.swaps[k].down);
        work.advance();
    }
    TemperingPartition result;
    result.estimate = seen.sum(log_partition_without_weights(*ladder.front()), result.health);
    result.steps = settings.steps;
    result.swap_rates = chains.swap_rates;
    result.round_trips_per_ladder = static_cast<double>(chains.round_trips) / static_cast<double>(settings.ladders);
    return result;
}

}  // namespace rbm
