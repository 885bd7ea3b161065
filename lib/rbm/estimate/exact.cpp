// SPDX-License-Identifier: MIT
#include "rbm/estimate/exact.h"

#include <fmt/format.h>

#include "rbm/kernels/error.h"
#include "rbm/kernels/scalar.h"
#include "rbm/kernels/threads.h"
#include "rbm/model/enumerate.h"

namespace rbm {
namespace {

constexpr std::uint64_t block_states = 1024;

}  // namespace

Side enumerable_side(const Machine& machine) {
    const std::uint64_t visible_states = state_count(machine.visible), hidden_states = state_count(machine.hidden);
    if (visible_states == 0 && hidden_states == 0)
        throw Unsupported(fmt::format(
            "exact log Z: {} {} visible and {} {} hidden units, expected at most {} discrete units on one side",
            machine.visible_count(), kind(machine.visible), machine.hidden_count(), kind(machine.hidden),
            enumerable_units));
    return hidden_states == 0 || (visible_states != 0 && visible_states < hidden_states) ? Side::visible : Side::hidden;
}

double exact_log_partition(const Machine& machine, double beta) {
    return exact_log_partition(machine, enumerable_side(machine), beta);
}

double exact_log_partition(const Machine& machine, Side side, double beta) {
    const PreciseMachine exact = precise(machine);
    const auto& units = side == Side::hidden ? exact.hidden : exact.visible;
    const std::uint64_t states = state_count(units);
    if (states == 0)
        throw Unsupported(fmt::format("exact log Z by the {} side: {} {} units, expected at most {} discrete ones",
                                      side == Side::hidden ? "hidden" : "visible", width(units), kind(units),
                                      enumerable_units));
    std::vector<double> parts(static_cast<std::size_t>((states + block_states - 1) / block_states));
    parallel_for(parts.size(), [&](std::size_t block) {
        const std::uint64_t first = block * block_states;
        BasicMatrix<double> state(static_cast<std::size_t>(std::min(block_states, states - first)), width(units));
        enumerate_states(units, first, state.view());
        const std::vector<double> betas(state.rows(), beta);
        std::vector<double> terms = side == Side::hidden ? exact.hidden_free_energy(state, betas)
                                                         : exact.free_energy(state, betas);
        for (double& term : terms) term = -term;
        parts[block] = log_sum_exp(terms);
    });
    return log_sum_exp(parts);
}

}  // namespace rbm
