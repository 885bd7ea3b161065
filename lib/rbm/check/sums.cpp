// SPDX-License-Identifier: MIT
// What can be written out as a sum over all states of a small enough machine.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "rbm/check/parts.h"
#include "rbm/check/submachine.h"
#include "rbm/kernels/scalar.h"
#include "rbm/model/enumerate.h"

namespace rbm::checks {
namespace {

constexpr std::size_t most_units = 12;

/// A part whose sides can both be summed: few discrete units, one continuous one.
Machine summable_part(const Machine& machine, std::size_t most) {
    return strongest_part(machine, is_discrete(machine.visible) ? most : 1, is_discrete(machine.hidden) ? most : 1);
}

Precise repeated(std::span<const double> row, std::size_t count) {
    Precise rows(count, row.size());
    for (std::size_t r = 0; r < count; ++r) std::copy(row.begin(), row.end(), rows.row(r).begin());
    return rows;
}

Precise block_of(const Precise& rows, std::size_t first, std::size_t count) {
    Precise block(count, rows.cols());
    std::copy_n(rows.data() + first * rows.cols(), count * rows.cols(), block.data());
    return block;
}

/// log of the sum of exp(-energy(first state, second state)) over all second states.
template <class Energies>
double log_sum(std::span<const double> state, const SideStates& others, Energies energies) {
    constexpr std::size_t block_states = 4096;
    std::vector<double> parts;
    for (std::size_t first = 0; first < others.states.rows(); first += block_states) {
        const std::size_t count = std::min(block_states, others.states.rows() - first);
        std::vector<double> terms = energies(repeated(state, count), block_of(others.states, first, count));
        for (double& term : terms) term = -term;
        parts.push_back(log_sum_exp(terms));
    }
    return log_sum_exp(parts) + others.log_measure;
}

/// log Z by the marginal of one side: by the library where it can, by a grid over a continuous unit.
double log_partition_by(const Run& run, const Machine& part, const PreciseMachine& oracle, Side side) {
    if (is_discrete(side == Side::visible ? part.visible : part.hidden)) return run.functions.log_partition(part, side);
    const SideStates all = side_states(oracle, side);
    std::vector<double> terms = side == Side::visible ? run.functions.free_energy(oracle, all.states)
                                                      : run.functions.hidden_free_energy(oracle, all.states);
    for (double& term : terms) term = -term;
    return log_sum_exp(terms) + all.log_measure;
}

}  // namespace

void check_enumeration(Run& run) {
    const std::uint64_t states = run.machine.hidden_count() <= 20 ? state_count(run.machine.hidden) : 0;
    const double work = static_cast<double>(states) * static_cast<double>(run.machine.weights.values().size());
    const bool whole = states > 0 && work < 1e8;
    const std::size_t most_hidden = is_discrete(run.machine.hidden) ? most_units : 1;
    const Machine part = whole ? run.machine : strongest_part(run.machine, most_units, most_hidden);
    const PreciseMachine oracle = precise(part);
    Precise visible = run.precise_visible;
    if (!whole) {
        Random random = Random(run.seed).fork(5);
        Chains chains = Chains::from_noise(part, 4, random);
        BlockGibbs{10}.step(part, chains, random);
        visible = precise(chains.visible);
    }
    const SideStates hidden = side_states(oracle, Side::hidden);
    std::vector<double> summed;
    for (std::size_t r = 0; r < visible.rows(); ++r)
        summed.push_back(-log_sum(visible.row(r), hidden, [&](const Precise& v, const Precise& h) {
            return run.functions.energy(oracle, v, h);
        }));
    const bool discrete = hidden.log_measure == 0;
    run.add("free energy, summed",
            fmt::format("F(v) with the {} of exp(-E) over {} hidden states; {}", discrete ? "sum" : "integral",
                        hidden.states.rows(), size_text(part, run.machine)),
            worst(run.functions.free_energy(oracle, visible), summed, magnitudes(oracle, visible)), 1e-10);
}

void check_partition(Run& run) {
    const Machine part = summable_part(run.machine, most_units);
    const PreciseMachine oracle = precise(part);
    const double by_visible = log_partition_by(run, part, oracle, Side::visible);
    const double by_hidden = log_partition_by(run, part, oracle, Side::hidden);
    run.add("log Z", fmt::format("by the visible side with by the hidden side; {}", size_text(part, run.machine)),
            worst(std::vector{by_visible}, std::vector{by_hidden}), 1e-10);

    const Machine smaller = summable_part(run.machine, 8);
    const PreciseMachine smaller_oracle = precise(smaller);
    const Side discrete = is_discrete(smaller.visible) ? Side::visible : Side::hidden;
    const double log_partition = run.functions.log_partition(smaller, discrete);
    const SideStates visible = side_states(smaller_oracle, Side::visible);
    const SideStates hidden = side_states(smaller_oracle, Side::hidden);
    double total = 0;  // a large log Z has few digits behind the point
    // The longer side within: blocks of it share one call.
    const bool visible_within = visible.states.rows() > hidden.states.rows();
    const SideStates& within = visible_within ? visible : hidden;
    const SideStates& without = visible_within ? hidden : visible;
    for (std::size_t r = 0; r < without.states.rows(); ++r)
        total += std::exp(log_sum(without.states.row(r), within,
                                  [&](const Precise& outer, const Precise& inner) {
                                      return visible_within ? run.functions.energy(smaller_oracle, inner, outer)
                                                            : run.functions.energy(smaller_oracle, outer, inner);
                                  }) +
                          without.log_measure - log_partition);
    run.add("probabilities",
            fmt::format("the sum of exp(-E(v,h)) / Z over {} states with 1; {}",
                        visible.states.rows() * hidden.states.rows(), size_text(smaller, run.machine)),
            std::abs(total - 1) / std::max(1.0, 1e-4 * std::abs(log_partition)), 1e-10);
}

}  // namespace rbm::checks
