// SPDX-License-Identifier: MIT
// Parallel tempering against exact probabilities: of the states at all rungs, which it has to keep, and of pairs (v,
// next v) at the top of two rungs, which swap in as many cases as the rule says.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "rbm/check/chains.h"
#include "rbm/check/submachine.h"
#include "rbm/model/enumerate.h"

namespace rbm::checks {
namespace {

constexpr std::size_t state_total = 1 << 14;  ///< of all ladders and rungs

/// The machine at each rung of the way from its own visible units without weights.
std::vector<Machine> machines_at(const Bridge& bridge, const std::vector<float>& betas) {
    std::vector<Machine> all;
    for (const float beta : betas) all.push_back(bridge.at(static_cast<double>(beta)));
    return all;
}

/// Ladders whose rungs are exact draws, and of each rung the distribution of its discrete side.
struct Ladders {
    TemperedChains chains;
    std::vector<std::vector<double>> distributions;
};

Ladders exact_ladders(const Run& run, const Bridge& bridge, const std::vector<float>& betas, Random& random) {
    const std::size_t rungs = betas.size(), ladders = state_total / rungs;
    Ladders found{TemperedChains::start(bridge, betas, ladders, random), {}};
    const std::vector<Machine> machines = machines_at(bridge, betas);
    for (std::size_t k = 0; k < rungs; ++k) {
        const ExactStart start = exact_start(run, machines[k], discrete_side(machines[k]), ladders, random);
        found.distributions.push_back(start.distribution);
        for (std::size_t l = 0; l < ladders; ++l) {
            const auto from = start.chains.visible.row(l);
            std::copy(from.begin(), from.end(), found.chains.visible.row(l * rungs + k).begin());
        }
    }
    return found;
}

/// Rungs as they are counted together: each has its share of all states.
ChiSquare test_rungs(const Run& run, const Machine& part, Random& random) {
    const Bridge bridge(part, part.visible);
    const std::vector<float> betas = {0, 0.5F, 1};
    Ladders ladders = exact_ladders(run, bridge, betas, random);
    TemperedChains& chains = ladders.chains;
    run.functions.temper(bridge, chains, random, 3);
    const Side discrete = discrete_side(part);
    const Matrix& all = discrete == Side::visible ? chains.visible : chains.hidden;
    std::vector<std::uint64_t> counts;
    std::vector<double> expected;
    Matrix states(chains.ladders(), all.cols());
    for (std::size_t k = 0; k < betas.size(); ++k) {
        for (std::size_t l = 0; l < chains.ladders(); ++l) {
            const auto from = all.row(chains.state_at(l, k));
            std::copy(from.begin(), from.end(), states.row(l).begin());
        }
        const auto found = count_states(part, discrete, states);
        counts.insert(counts.end(), found.begin(), found.end());
        for (const double p : ladders.distributions[k]) expected.push_back(p / static_cast<double>(betas.size()));
    }
    return chi_square(counts, expected);
}

/// [2 x n x n] whether they swap, v and next v at the top: a sweep of Gibbs sampling from the base's v0 where they do,
/// from v itself where they do not.
std::vector<double> top_pairs(const Run& run, const Machine& part, const Bridge& bridge) {
    const PreciseMachine base = precise(bridge.at(0)), top = precise(part);
    const Precise states = side_states(top, Side::visible).states;
    const std::vector<double> low = run.functions.free_energy(base, states),
                              high = run.functions.free_energy(top, states);
    const std::vector<double> at_base = probabilities(low), at_top = probabilities(high);
    const std::vector<double> sweep = gibbs_pairs(run, part);
    const std::size_t n = at_top.size();
    std::vector<double> pairs(2 * n * n);
    const auto add = [&](std::size_t swapped, std::size_t v, std::size_t from, double p) {
        for (std::size_t to = 0; to < n && at_top[from] > 0; ++to)
            pairs[(swapped * n + v) * n + to] += p * sweep[from * n + to] / at_top[from];
    };
    for (std::size_t v = 0; v < n; ++v)
        for (std::size_t v0 = 0; v0 < n; ++v0) {
            const double swaps = std::exp(std::min(0.0, low[v0] - high[v0] + high[v] - low[v]));
            add(1, v, v0, at_top[v] * at_base[v0] * swaps);
            add(0, v, v, at_top[v] * at_base[v0] * (1 - swaps));
        }
    return pairs;
}

ChiSquare test_top(const Run& run, const Machine& part, Random& random) {
    const Bridge bridge(part, part.visible);
    Ladders ladders = exact_ladders(run, bridge, {0, 1}, random);
    TemperedChains& chains = ladders.chains;
    Matrix before(chains.ladders(), part.visible_count()), after = before;
    chains.copy_visible(before);
    run.functions.temper(bridge, chains, random, 1);
    chains.copy_visible(after);
    const std::vector<double> pairs = top_pairs(run, part, bridge);
    const Matrix all = site_states(part.visible);
    std::vector<std::uint64_t> counts(pairs.size());
    const std::size_t n = ladders.distributions.back().size();
    for (std::size_t l = 0; l < before.rows(); ++l) {
        const std::size_t swapped = chains.state_at(l, 1) == 2 * l + 1 ? 0 : 1;
        ++counts[(swapped * n + state_number<float>(all, before.row(l))) * n + state_number<float>(all, after.row(l))];
    }
    return chi_square(counts, pairs);
}

}  // namespace

void check_tempering(Run& run) {
    const Machine part = strongest_part(run.machine, 8, 8);
    add_test(run, "tempering, states",
             fmt::format("{} states of 3 rungs after 3 sweeps with exact p; {}",
                         discrete_side(part) == Side::visible ? "visible" : "hidden", size_text(part, run.machine)),
             [&](Random& random) { return test_rungs(run, part, random); });
    if (!is_discrete(run.machine.visible) || !is_discrete(run.machine.hidden)) return;
    const Machine small = strongest_part(run.machine, 5, 5);
    add_test(run, "tempering, transitions",
             fmt::format("swaps and pairs (v, next v) at the top of 2 rungs with exact p; {}",
                         size_text(small, run.machine)),
             [&](Random& random) { return test_top(run, small, random); });
}

}  // namespace rbm::checks
