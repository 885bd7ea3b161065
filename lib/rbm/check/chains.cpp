// SPDX-License-Identifier: MIT
#include "rbm/check/chains.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "rbm/check/submachine.h"
#include "rbm/kernels/scalar.h"
#include "rbm/model/enumerate.h"

namespace rbm::checks {
namespace {

constexpr double significance = 1e-4;

void put(const SideStates& all, const std::vector<std::size_t>& chosen, Matrix& out) {
    for (std::size_t r = 0; r < chosen.size(); ++r)
        for (std::size_t i = 0; i < out.cols(); ++i) out(r, i) = static_cast<float>(all.states(chosen[r], i));
}

}  // namespace

double uniform(Random& random) {
    const std::uint64_t high = random(), low = random();
    return static_cast<double>((high << 32U | low) >> 11U) * 0x1p-53;
}

std::vector<double> probabilities(std::vector<double> free_energies) {
    for (double& value : free_energies) value = -value;
    const double total = log_sum_exp(free_energies);
    for (double& value : free_energies) value = std::exp(value - total);
    return free_energies;
}

std::vector<std::size_t> draw(const std::vector<double>& distribution, std::size_t count, Random& random) {
    std::vector<double> sums;
    double sum = 0;
    for (const double p : distribution) sums.push_back(sum += p);
    std::vector<std::size_t> states(count);
    for (std::size_t& state : states) {
        const auto found = std::upper_bound(sums.begin(), sums.end(), uniform(random) * sum);
        state = std::min(static_cast<std::size_t>(found - sums.begin()), sums.size() - 1);
    }
    return states;
}

std::vector<double> deviations(const BasicUnits<double>& units) {
    std::vector<double> out;
    location_variance(units, out);
    for (double& value : out) value = std::sqrt(value);
    return out;
}

Side discrete_side(const Machine& machine) { return is_discrete(machine.visible) ? Side::visible : Side::hidden; }

ExactStart exact_start(const Run& run, const Machine& part, Side discrete, std::size_t count, Random& random) {
    const PreciseMachine oracle = precise(part);
    const SideStates all = side_states(oracle, discrete);
    ExactStart start;
    start.distribution =
        probabilities(discrete == Side::visible ? run.functions.free_energy(oracle, all.states)
                                                : run.functions.hidden_free_energy(oracle, all.states));
    Chains& chains = start.chains;
    chains.visible.resize(count, part.visible_count());
    chains.hidden.resize(count, part.hidden_count());
    chains.hidden.fill(0);
    put(all, draw(start.distribution, count, random), discrete == Side::visible ? chains.visible : chains.hidden);
    if (discrete == Side::visible) return start;
    const auto center = location(oracle.visible);
    const std::vector<double> deviation = deviations(oracle.visible);
    const Stream stream = random.next();
    for (std::size_t c = 0; c < count; ++c)
        for (std::size_t i = 0; i < center.size(); ++i) {
            double mean = center[i];
            for (std::size_t j = 0; j < part.hidden_count(); ++j)
                mean += oracle.weights(i, j) * static_cast<double>(chains.hidden(c, j));
            chains.visible(c, i) =
                static_cast<float>(mean + deviation[i] * static_cast<double>(normal_at(stream, c, i)));
        }
    return start;
}

std::vector<std::uint64_t> count_states(const Machine& part, Side discrete, ConstView states) {
    const auto& units = discrete == Side::visible ? part.visible : part.hidden;
    const Matrix all = site_states(units);
    std::vector<std::uint64_t> counts(static_cast<std::size_t>(state_count(units)));
    for (std::size_t c = 0; c < states.rows; ++c) ++counts[state_number(all, states.row(c))];
    return counts;
}

std::size_t eighth(double residual) {
    const double below = 0.5 * std::erfc(-residual / std::sqrt(2.0));
    return static_cast<std::size_t>(std::clamp(8 * below, 0.0, 7.0));
}

std::vector<double> residuals(const PreciseMachine& oracle, Side continuous, ConstView states, ConstView given) {
    const bool visible = continuous == Side::visible;
    const auto& bank = visible ? oracle.visible : oracle.hidden;
    const auto center = location(bank);
    const std::vector<double> deviation = deviations(bank);
    std::vector<double> out;
    out.reserve(states.rows * states.cols);
    for (std::size_t c = 0; c < states.rows; ++c)
        for (std::size_t i = 0; i < states.cols; ++i) {
            double mean = center[i];
            for (std::size_t j = 0; j < given.cols; ++j)
                mean += static_cast<double>(given.row(c)[j]) * (visible ? oracle.weights(i, j) : oracle.weights(j, i));
            out.push_back((static_cast<double>(states.row(c)[i]) - mean) / deviation[i]);
        }
    return out;
}

ChiSquare test_stationarity(const Run& run, const Machine& part, std::size_t chains, const Move& move, Random& random) {
    const Side discrete = discrete_side(part);
    ExactStart start = exact_start(run, part, discrete, chains, random);
    move(part, start.chains, random);
    const Matrix& states = discrete == Side::visible ? start.chains.visible : start.chains.hidden;
    return chi_square(count_states(part, discrete, states), start.distribution);
}

ChiSquare test_pairs(const Run& run, const Machine& part, const std::vector<double>& pairs, std::size_t count,
                     const Move& move, Random& random) {
    Chains chains = exact_start(run, part, Side::visible, count, random).chains;
    const Matrix all = site_states(part.visible), before = chains.visible;
    move(part, chains, random);
    const std::size_t states = static_cast<std::size_t>(state_count(part.visible));
    std::vector<std::uint64_t> counts(pairs.size());
    for (std::size_t c = 0; c < count; ++c)
        ++counts[state_number<float>(all, before.row(c)) * states + state_number<float>(all, chains.visible.row(c))];
    return chi_square(counts, pairs);
}

std::vector<double> gibbs_pairs(const Run& run, const Machine& part) {
    const PreciseMachine oracle = precise(part);
    const SideStates visible = side_states(oracle, Side::visible), hidden = side_states(oracle, Side::hidden);
    const std::size_t n = visible.states.rows(), m = hidden.states.rows();
    Precise joint(n, m);  // p(v, h)
    for (std::size_t a = 0; a < n; ++a) {
        Precise row(m, visible.states.cols());
        for (std::size_t r = 0; r < m; ++r)
            std::copy(visible.states.row(a).begin(), visible.states.row(a).end(), row.row(r).begin());
        const std::vector<double> energies = run.functions.energy(oracle, row, hidden.states);
        std::copy(energies.begin(), energies.end(), joint.row(a).begin());
    }
    const std::vector<double> flat = probabilities({joint.values().begin(), joint.values().end()});
    std::vector<double> of_hidden(m), pairs(n * n);
    for (std::size_t k = 0; k < flat.size(); ++k) of_hidden[k % m] += flat[k];
    for (std::size_t a = 0; a < n; ++a)
        for (std::size_t b = 0; b < n; ++b)
            for (std::size_t h = 0; h < m; ++h)
                if (of_hidden[h] > 0) pairs[a * n + b] += flat[a * m + h] * flat[b * m + h] / of_hidden[h];
    return pairs;
}

void add_test(Run& run, const std::string& name, const std::string& compared,
              const std::function<ChiSquare(Random&)>& test) {
    ChiSquare found;
    double bound = 0;
    for (const std::uint64_t attempt : {0U, 1U}) {
        Random random = Random(run.seed).fork(100 + attempt);
        found = test(random);
        bound = critical_value(found.degrees, significance);
        if (found.statistic <= bound) break;
    }
    run.add(name, fmt::format("{}; chi-square, {} df", compared, found.degrees), found.statistic, bound);
}

}  // namespace rbm::checks
