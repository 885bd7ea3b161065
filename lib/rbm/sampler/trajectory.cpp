// SPDX-License-Identifier: MIT
#include "rbm/sampler/trajectory.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "rbm/kernels/error.h"
#include "rbm/kernels/scalar.h"
#include "rbm/sampler/block_gibbs.h"

namespace rbm {
namespace {

/// The n-th look weighs n (n + 1): chains begin where a machine that still moved was frozen, behind what it had become.
/// Beyond these many, old looks fade.
constexpr double remembered_looks = 100;

void check_ladder(const MachineLadder& ladder) {
    if (ladder.size() < 2)
        throw InvalidArgument(fmt::format("trajectory: found {} machines, expected at least 2", ladder.size()));
    for (std::size_t k = 1; k < ladder.size(); ++k)
        if (!alike(ladder[k]->visible, ladder[0]->visible) || !alike(ladder[k]->hidden, ladder[0]->hidden) ||
            ladder[k]->visible_count() != ladder[0]->visible_count() ||
            ladder[k]->hidden_count() != ladder[0]->hidden_count())
            throw InvalidArgument(
                fmt::format("trajectory: machine {} is of another shape or of other units than the "
                            "first",
                            k));
    for (const float weight : ladder[0]->weights.values())
        if (weight != 0) throw InvalidArgument("trajectory: the first machine has weights, expected none");
}

/// log f of all states, hidden units summed out, with the sign of an energy.
void free_energies_into(const Machine& machine, ConstView states, Workspace& workspace, std::vector<double>& out) {
    out.resize(states.rows);
    machine.free_energy(states, {}, workspace, out);
}

void sweep(const Machine& machine, Matrix& visible, Chains& chains, Random& random) {
    std::swap(visible, chains.visible);
    chains.hidden.resize(chains.visible.rows(), machine.hidden_count());
    BlockGibbs{.steps = 1}.step(machine, chains, random);
    std::swap(visible, chains.visible);
}

}  // namespace

void swap_states(const Machine& low, View low_states, Workspace& low_workspace, const Machine& high, View high_states,
                 Workspace& high_workspace, Random& random, StateSwaps& swaps) {
    const std::size_t count = low_states.rows;
    free_energies_into(low, low_states, low_workspace, swaps.up);
    free_energies_into(high, low_states, high_workspace, swaps.scratch);
    for (std::size_t c = 0; c < count; ++c) swaps.up[c] -= swaps.scratch[c];
    free_energies_into(high, high_states, high_workspace, swaps.down);
    free_energies_into(low, high_states, low_workspace, swaps.scratch);
    for (std::size_t c = 0; c < count; ++c) swaps.down[c] -= swaps.scratch[c];

    std::vector<double>& thresholds = swaps.scratch;
    draw_thresholds(random.next(), thresholds);
    swaps.taken.resize(count);
    swaps.rate = 0;
    for (std::size_t c = 0; c < count; ++c) {
        const double log_odds = swaps.up[c] + swaps.down[c];
        swaps.rate += acceptance_probability(log_odds) / static_cast<double>(count);
        swaps.taken[c] = thresholds[c] < log_odds ? 1 : 0;
        if (swaps.taken[c] != 0)
            std::swap_ranges(low_states.row(c).begin(), low_states.row(c).end(), high_states.row(c).begin());
    }
}

TrajectoryChains TrajectoryChains::start(const MachineLadder& ladder, std::size_t count, std::size_t sweeps,
                                         Random& random, const Control& control) {
    check_ladder(ladder);
    if (count == 0) throw InvalidArgument("trajectory: found 0 chains, expected at least 1");
    Work work(control, "ladder", ladder.size());
    TrajectoryChains result;
    Matrix states = Chains::from_noise(*ladder[0], count, random).visible;
    for (const auto& machine : ladder) {
        for (std::size_t i = 0; i < std::max<std::size_t>(sweeps, 1); ++i)
            sweep(*machine, states, result.chains, random);
        result.visible.push_back(states);
        work.advance();
    }
    result.heading.assign(ladder.size(), std::vector<std::int8_t>(count));
    result.swaps.resize(ladder.size() - 1);
    result.reset_counts();
    return result;
}

void TrajectoryChains::reset_counts() {
    steps = round_trips = 0;
    swap_rates.assign(visible.size() - 1, 0.0);
    for (std::size_t k = 0; k < heading.size(); ++k) std::ranges::fill(heading[k], k == 0 ? 1 : 0);
}

void TrajectoryTempering::step(const MachineLadder& ladder, TrajectoryChains& chains, Random& random,
                               const Control& control) const {
    Work work(control, "sampling", steps);
    const std::size_t last = ladder.size() - 1;
    Workspace& workspace = chains.chains.workspace;
    for (std::size_t i = 0; i < steps; ++i) {
        {
            const Uninterrupted whole;
            chains.parity = chains.steps % 2;
            const double looks = static_cast<double>(chains.steps / 2 + 1);  // of this parity's pairs
            for (std::size_t k = chains.parity; k < last; k += 2) {
                StateSwaps& swaps = chains.swaps[k];
                swap_states(*ladder[k], chains.visible[k], workspace, *ladder[k + 1], chains.visible[k + 1], workspace,
                            random, swaps);
                chains.swap_rates[k] += (swaps.rate - chains.swap_rates[k]) / looks;
                for (std::size_t c = 0; c < swaps.taken.size(); ++c)
                    if (swaps.taken[c] != 0) std::swap(chains.heading[k][c], chains.heading[k + 1][c]);
            }
            for (std::int8_t& heading : chains.heading[0]) {
                chains.round_trips += heading == -1 ? 1U : 0U;
                heading = 1;
            }
            for (std::int8_t& heading : chains.heading[last])
                if (heading == 1) heading = -1;
            for (std::size_t k = 0; k <= last; ++k) sweep(*ladder[k], chains.visible[k], chains.chains, random);
            ++chains.steps;
        }
        work.advance();
    }
}

void take_look(const StateSwaps& swaps, Trajectory::Pair& pair) {
    const std::size_t count = swaps.up.size();
    if (pair.looks == 0) {
        double sum = 0;
        for (std::size_t c = 0; c < count; ++c) sum += swaps.up[c] - swaps.down[c];
        pair.center = sum / 2 / static_cast<double>(count);
        pair.up.assign(count, 0.0);
        pair.down.assign(count, 0.0);
    }
    ++pair.looks;
    const double looks = static_cast<double>(pair.looks), share = 3 / (std::min(looks, remembered_looks) + 2);
    double all_up = 0, all_down = 0;
    for (std::size_t c = 0; c < count; ++c) {
        const double up = logistic(swaps.up[c] - pair.center), down = logistic(swaps.down[c] + pair.center);
        all_up += up / static_cast<double>(count);
        all_down += down / static_cast<double>(count);
        pair.up[c] += share * (up - pair.up[c]);
        pair.down[c] += share * (down - pair.down[c]);
    }
    pair.plain_up += (all_up - pair.plain_up) / looks;
    pair.plain_down += (all_down - pair.plain_down) / looks;
}

}  // namespace rbm
