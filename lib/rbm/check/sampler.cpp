// SPDX-License-Identifier: MIT
// The Gibbs sampler against exact probabilities: sweeps have to keep the distribution.
#include <fmt/format.h>

#include "rbm/check/chains.h"
#include "rbm/check/submachine.h"

namespace rbm::checks {
namespace {

constexpr std::size_t gibbs_chains = 1 << 15;

/// Residuals of the continuous side before and after a sweep: standard normal, and independent of each other.
ChiSquare test_residuals(const Run& run, const Machine& part, Side continuous, Random& random) {
    const Side discrete = continuous == Side::visible ? Side::hidden : Side::visible;
    const PreciseMachine oracle = precise(part);
    Chains chains = exact_start(run, part, discrete, gibbs_chains, random).chains;
    std::vector<std::vector<double>> found;
    for (int sweep = 0; sweep < 2; ++sweep) {
        const Matrix given_visible = chains.visible;
        run.functions.sample(part, chains, random, 1);
        found.push_back(continuous == Side::visible ? residuals(oracle, continuous, chains.visible, chains.hidden)
                                                    : residuals(oracle, continuous, chains.hidden, given_visible));
    }
    std::vector<std::uint64_t> counts(64);
    for (std::size_t k = 0; k < found[0].size(); ++k) ++counts[eighth(found[0][k]) * 8 + eighth(found[1][k])];
    return chi_square(counts, std::vector<double>(64, 1.0 / 64));
}

ChiSquare test_transitions(const Run& run, const Machine& part, Random& random) {
    const Move sweep = [&](const Machine& machine, Chains& chains, Random& draws) {
        run.functions.sample(machine, chains, draws, 1);
    };
    return test_pairs(run, part, gibbs_pairs(run, part), gibbs_chains, sweep, random);
}

}  // namespace

void check_sampler(Run& run) {
    const bool continuous_visible = !is_discrete(run.machine.visible);
    const bool continuous_hidden = !is_discrete(run.machine.hidden);
    const Machine part = strongest_part(run.machine, 12, 12);
    const Side discrete = discrete_side(part);
    add_test(run, "Gibbs, states",
             fmt::format("{} states after 3 sweeps with exact p; {}", discrete == Side::visible ? "visible" : "hidden",
                         size_text(part, run.machine)),
             [&](Random& random) {
                 const Move sweeps = [&](const Machine& machine, Chains& chains, Random& draws) {
                     run.functions.sample(machine, chains, draws, 3);
                 };
                 return test_stationarity(run, part, gibbs_chains, sweeps, random);
             });
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
