// SPDX-License-Identifier: MIT
// Random machines of every pair of unit kinds, small enough to enumerate.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "rbm/kernels/scalar.h"
#include "rbm/model/enumerate.h"
#include "rbm/model/machine.h"

namespace rbm::test {

/// Every pair of unit kinds that makes a machine.
inline const std::vector<std::pair<std::string, std::string>> unit_pairs = [] {
    std::vector<std::pair<std::string, std::string>> pairs;
    for (const UnitRow& visible : unit_rows())
        for (const UnitRow& hidden : unit_rows())
            if (visible.bounded || hidden.bounded) pairs.emplace_back(visible.name, hidden.name);
    return pairs;
}();
/// Of a Potts site.
inline constexpr std::size_t potts_states = 3;

/// Whether these units change by more than 1, as spins do, which couple four times as strongly as bits.
inline bool changes_by_more(const std::string& kind_of_units) {
    const std::vector<float> letters = alphabet(make_units<float>(kind_of_units, 1, potts_states));
    return !letters.empty() && std::ranges::max(letters) - std::ranges::min(letters) > 1;
}

/// `visible` and `hidden` count sites.
template <class Real>
BasicMachine<Real> random_machine(const std::string& visible_kind, std::size_t visible, const std::string& hidden_kind,
                                  std::size_t hidden, std::uint64_t seed, double size = 0.7) {
    BasicMachine<Real> machine(make_units<Real>(visible_kind, visible, potts_states),
                               make_units<Real>(hidden_kind, hidden, potts_states));
    const Stream stream{seed, 1, 0};
    std::size_t parameter = 0;
    machine.each_parameter([&](const Parameter& of, std::span<Real> values) {
        // log sigma stays small: the machine's Gaussians keep comparable widths.
        const double scale = of.role == Role::log_scale ? 0.3 * size : size;
        for (std::size_t i = 0; i < values.size(); ++i)
            values[i] = static_cast<Real>(scale * static_cast<double>(normal_at(stream, parameter, i)));
        ++parameter;
    });
    return machine;
}

/// Two modes, all 0 and all 1, that block Gibbs hardly ever crosses between.
inline Machine two_modes() {
    Machine machine(Bernoulli(6), Bernoulli(2));
    machine.weights.fill(6);
    for (float& bias : location(machine.visible)) bias = -6.2F;
    for (float& bias : location(machine.hidden)) bias = -18.0F;
    return machine;
}

/// All states of a discrete bank, one per row.
template <class Real>
BasicMatrix<Real> all_states(const BasicUnits<Real>& units) {
    BasicMatrix<Real> states(static_cast<std::size_t>(state_count(units)), width(units));
    enumerate_states(units, 0, states.view());
    return states;
}

/// Rows that states of these units can take: letters for discrete kinds, normals for continuous ones.
template <class Real>
BasicMatrix<Real> random_states(const BasicUnits<Real>& units, std::size_t rows, std::uint64_t seed) {
    BasicMatrix<Real> states(rows, width(units));
    const BasicMatrix<Real> letters = site_states(units);
    const Stream stream{seed, 2, 0};
    for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t i = 0; i < states.cols(); i += site_width(units)) {
            if (!is_discrete(units)) {
                states(r, i) = static_cast<Real>(normal_at(stream, r, i));
                continue;
            }
            const auto letter = letters.row(random_bits(stream, r, i) % letters.rows());
            std::copy(letter.begin(), letter.end(), states.row(r).begin() + static_cast<std::ptrdiff_t>(i));
        }
    return states;
}

/// Row b of `states`, `count` times.
template <class Real>
BasicMatrix<Real> repeated(const BasicMatrix<Real>& states, std::size_t b, std::size_t count) {
    BasicMatrix<Real> rows(count, states.cols());
    for (std::size_t r = 0; r < count; ++r) std::copy(states.row(b).begin(), states.row(b).end(), rows.row(r).begin());
    return rows;
}

/// p(v) for every row of all_states(visible), from the free energies alone.
template <class Real>
std::vector<double> exact_probabilities(const BasicMachine<Real>& machine, double beta = 1) {
    const auto states = all_states(machine.visible);
    std::vector<Real> betas(states.rows(), static_cast<Real>(beta));
    std::vector<double> logs = machine.free_energy(states, betas);
    for (double& value : logs) value = -value;
    const double log_partition = log_sum_exp(logs);
    for (double& value : logs) value = std::exp(value - log_partition);
    return logs;
}

}  // namespace rbm::test
