// SPDX-License-Identifier: MIT
// The Gibbs sampler against exact probabilities.  Chains start from exact draws, so that a machine that mixes slowly
// cannot look like a wrong sampler: sweeps have to keep the distribution.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "rbm/estimate/chi_square.h"
#include "rbm/estimate/self_check_parts.h"
#include "rbm/estimate/submachine.h"
#include "rbm/kernels/scalar.h"
#include "rbm/model/enumerate.h"

namespace rbm::checks {
namespace {

constexpr std::size_t chain_count = 1 << 15;
constexpr double significance = 1e-4;

/// Uniform on [0, 1) with 53 bits.
double uniform(Random& random) {
    const std::uint64_t high = random(), low = random();
    return static_cast<double>((high << 32U | low) >> 11U) * 0x1p-53;
}

/// exp(-F) of each state, made to sum to 1.
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

void put(const SideStates& all, const std::vector<std::size_t>& chosen, Matrix& out) {
    for (std::size_t r = 0; r < chosen.size(); ++r)
        for (std::size_t i = 0; i < out.cols(); ++i) out(r, i) = static_cast<float>(all.states(chosen[r], i));
}

/// Of a continuous unit around its mean.
std::vector<double> deviations(const BasicUnits<double>& units) {
    std::vector<double> out;
    location_variance(units, out);
    for (double& value : out) value = std::sqrt(value);
    return out;
}

/// Chains at exact draws of the machine: of the discrete side from the sum over its states, the other side given it.
struct ExactStart {
    std::vector<double> distribution;  ///< of the discrete side's states
    Chains chains;
};

ExactStart exact_start(const Run& run, const Machine& part, Side discrete, Random& random) {
    const PreciseMachine oracle = precise(part);
    const SideStates all = side_states(oracle, discrete);
    ExactStart start;
    start.distribution =
        probabilities(discrete == Side::visible ? run.functions.free_energy(oracle, all.states)
                                                : run.functions.hidden_free_energy(oracle, all.states));
    Chains& chains = start.chains;
    chains.visible.resize(chain_count, part.visible_count());
    chains.hidden.resize(chain_count, part.hidden_count());
    chains.hidden.fill(0);
    put(all, draw(start.distribution, chain_count, random), discrete == Side::visible ? chains.visible : chains.hidden);
    if (discrete == Side::visible) return start;
    const auto center = location(oracle.visible);
    const std::vector<double> deviation = deviations(oracle.visible);
    const Stream stream = random.next();
    for (std::size_t c = 0; c < chain_count; ++c)
        for (std::size_t i = 0; i < center.size(); ++i) {
            double mean = center[i];
            for (std::size_t j = 0; j < part.hidden_count(); ++j)
                mean += oracle.weights(i, j) * static_cast<double>(chains.hidden(c, j));
            chains.visible(c, i) =
                static_cast<float>(mean + deviation[i] * static_cast<double>(normal_at(stream, c, i)));
        }
    return start;
}

/// 0 to 7: which eighth of a standard normal the residual of a Gaussian unit lies in.
std::size_t eighth(double residual) {
    const double below = 0.5 * std::erfc(-residual / std::sqrt(2.0));
    return static_cast<std::size_t>(std::clamp(8 * below, 0.0, 7.0));
}

/// Adds one test, run once more with other draws when it fails: a right sampler fails once in 10^8.
template <class Test>
void add_test(Run& run, const std::string& name, const std::string& compared, Test test) {
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

/// Residuals of the continuous side before and after a sweep: standard normal, and independent of each other.
ChiSquare test_residuals(const Run& run, const Machine& part, Side continuous, Random& random) {
    const Side discrete = continuous == Side::visible ? Side::hidden : Side::visible;
    const PreciseMachine oracle = precise(part);
    Chains chains = exact_start(run, part, discrete, random).chains;
    const auto& bank = continuous == Side::visible ? oracle.visible : oracle.hidden;
    const auto center = location(bank);
    const std::vector<double> deviation = deviations(bank);
    const std::size_t units = center.size();
    std::vector<std::vector<std::size_t>> eighths;
    for (int sweep = 0; sweep < 2; ++sweep) {
        const Matrix given_visible = chains.visible;
        run.functions.sample(part, chains, random, 1);
        const Matrix& given = continuous == Side::visible ? chains.hidden : given_visible;
        const Matrix& state = continuous == Side::visible ? chains.visible : chains.hidden;
        auto& row = eighths.emplace_back(chain_count * units);
        for (std::size_t c = 0; c < chain_count; ++c)
            for (std::size_t i = 0; i < units; ++i) {
                double mean = center[i];
                for (std::size_t j = 0; j < given.cols(); ++j)
                    mean += static_cast<double>(given(c, j)) *
                            (continuous == Side::visible ? oracle.weights(i, j) : oracle.weights(j, i));
                row[c * units + i] = eighth((static_cast<double>(state(c, i)) - mean) / deviation[i]);
            }
    }
    std::vector<std::uint64_t> counts(64);
    for (std::size_t k = 0; k < eighths[0].size(); ++k) ++counts[eighths[0][k] * 8 + eighths[1][k]];
    return chi_square(counts, std::vector<double>(64, 1.0 / 64));
}

ChiSquare test_stationarity(const Run& run, const Machine& part, Side discrete, Random& random) {
    ExactStart start = exact_start(run, part, discrete, random);
    run.functions.sample(part, start.chains, random, 3);
    const Matrix all = site_states(discrete == Side::visible ? part.visible : part.hidden);
    const Matrix& states = discrete == Side::visible ? start.chains.visible : start.chains.hidden;
    std::vector<std::uint64_t> counts(start.distribution.size());
    for (std::size_t c = 0; c < chain_count; ++c) ++counts[state_number(all, std::as_const(states).row(c))];
    return chi_square(counts, start.distribution);
}

/// Pairs (v before, v after) of one sweep: p(v) sum over h of p(h|v) p(v'|h), all from energies.
ChiSquare test_transitions(const Run& run, const Machine& part, Random& random) {
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
    Chains chains = exact_start(run, part, Side::visible, random).chains;
    const Matrix all = site_states(part.visible);
    std::vector<std::size_t> before(chain_count);
    for (std::size_t c = 0; c < chain_count; ++c) before[c] = state_number<float>(all, chains.visible.row(c));
    run.functions.sample(part, chains, random, 1);
    std::vector<std::uint64_t> counts(pairs.size());
    for (std::size_t c = 0; c < chain_count; ++c)
        ++counts[before[c] * n + state_number<float>(all, chains.visible.row(c))];
    return chi_square(counts, pairs);
}

}  // namespace

void check_sampler(Run& run) {
    const bool continuous_visible = !is_discrete(run.machine.visible);
    const bool continuous_hidden = !is_discrete(run.machine.hidden);
    const Machine part = strongest_part(run.machine, 12, 12);
    const Side discrete = continuous_visible ? Side::hidden : Side::visible;
    add_test(run, "Gibbs, states",
             fmt::format("{} states after 3 sweeps with exact p; {}", discrete == Side::visible ? "visible" : "hidden",
                         size_text(part, run.machine)),
             [&](Random& random) { return test_stationarity(run, part, discrete, random); });
    if (continuous_visible || continuous_hidden) {
        const Side continuous = continuous_visible ? Side::visible : Side::hidden;
        add_test(run, "Gibbs, residuals",
                 fmt::format("{} residuals of 2 sweeps with a standard normal; {}",
                             continuous == Side::visible ? "visible" : "hidden", size_text(part, run.machine)),
                 [&](Random& random) { return test_residuals(run, part, continuous, random); });
    } else {
        const Machine smaller = strongest_part(run.machine, 5, 5);
        add_test(run, "Gibbs, transitions",
                 fmt::format("pairs (v, next v) with exact p; {}", size_text(smaller, run.machine)),
                 [&](Random& random) { return test_transitions(run, smaller, random); });
    }
}

}  // namespace rbm::checks
