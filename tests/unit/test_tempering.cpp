// SPDX-License-Identifier: MIT
// Parallel tempering: its samples against exact distributions at every rung, its ladder, what it counts, its bytes.
#include <doctest/doctest.h>

#include <cmath>
#include <numeric>
#include <stdexcept>

#include "rbm/kernels/context.h"
#include "rbm/kernels/error.h"
#include "rbm/sampler/block_gibbs.h"
#include "rbm/sampler/tempering.h"
#include "tests/support/small_machines.h"
#include "tests/support/statistics.h"

using namespace rbm;
using namespace rbm::test;

namespace tempering_test {
namespace {

std::size_t number_of(std::span<const float> state) {
    std::size_t number = 0;
    for (std::size_t i = 0; i < state.size(); ++i) number |= static_cast<std::size_t>(state[i]) << i;
    return number;
}

}  // namespace

TEST_SUITE_BEGIN("tempering");

TEST_CASE("at each rung states follow the machine that stands there") {
    const Machine machine = two_modes();
    const Bridge bridge(machine, uniform_base(machine));
    Random random(1);
    const std::vector<float> betas{0, 0.1F, 0.25F, 0.5F, 0.75F, 1};
    constexpr std::size_t ladders = 400;
    TemperedChains chains = TemperedChains::start(bridge, betas, ladders, random);
    Tempering{.steps = 100}.step(bridge, chains, random);
    std::vector<std::vector<double>> counts(betas.size(), std::vector<double>(64));
    for (std::size_t draw = 0; draw < 30; ++draw) {
        Tempering{.steps = 15}.step(bridge, chains, random);
        for (std::size_t l = 0; l < ladders; ++l)
            for (std::size_t k = 0; k < betas.size(); ++k)
                ++counts[k][number_of(chains.visible.row(chains.state_at(l, k)))];
    }
    for (std::size_t k = 0; k < betas.size(); ++k) {
        CAPTURE(k);
        CHECK(chi_square_p(counts[k], exact_probabilities(bridge.at(static_cast<double>(betas[k])))) > 1e-4);
    }
    // Gibbs alone stays where it starts: the test above can fail.
    Chains alone = Chains::from_data(machine, Matrix(400, 6), random);
    BlockGibbs{.steps = 500}.step(machine, alone, random);
    std::vector<double> gibbs(64);
    for (std::size_t c = 0; c < 400; ++c) ++gibbs[number_of(alone.visible.row(c))];
    CHECK(chi_square_p(gibbs, exact_probabilities(machine)) < 1e-6);
}

TEST_CASE("Gaussian machines: means and variances at the top") {
    const Machine machine = random_machine<float>("gaussian", 3, "bernoulli", 4, 2);
    const Bridge bridge(machine, machine.visible);
    Random random(3);
    constexpr std::size_t ladders = 500;
    TemperedChains chains = TemperedChains::start(bridge, std::vector<float>{0, 0.4F, 1}, ladders, random);
    Tempering{.steps = 100}.step(bridge, chains, random);
    // Exactly: a mixture over the hidden states.
    const auto hidden = all_states(machine.hidden);
    std::vector<double> logs = machine.hidden_free_energy(hidden);
    for (double& value : logs) value = -value;
    const double log_partition = log_sum_exp(logs);
    const Matrix centers = machine.visible_mean(hidden);
    std::vector<Moments> found(3);
    Matrix top(ladders, 3);
    for (std::size_t draw = 0; draw < 20; ++draw) {
        Tempering{.steps = 10}.step(bridge, chains, random);
        chains.copy_visible(top);
        for (std::size_t l = 0; l < ladders; ++l)
            for (std::size_t i = 0; i < 3; ++i) found[i].add(static_cast<double>(top(l, i)));
    }
    for (std::size_t i = 0; i < 3; ++i) {
        double mean = 0, square = 0;
        const double sigma = std::exp(static_cast<double>(std::get<Gaussian>(machine.visible).log_sigma[i]));
        for (std::size_t s = 0; s < hidden.rows(); ++s) {
            const double p = std::exp(logs[s] - log_partition), c = static_cast<double>(centers(s, i));
            mean += p * c;
            square += p * (c * c + sigma * sigma);
        }
        CHECK(std::abs(found[i].z(mean)) < 4.5);
        CHECK(found[i].variance() == doctest::Approx(square - mean * mean).epsilon(0.08));
    }
}

TEST_CASE("swap rates and round trips are what they say") {
    const Machine machine = random_machine<float>("bernoulli", 5, "bernoulli", 4, 4, 0.01);
    const Bridge bridge(machine, uniform_base(machine));
    Random random(5);
    // All rungs all but agree: every proposal is taken, and a state goes up one rung per sweep and down again.
    TemperedChains chains = TemperedChains::start(bridge, std::vector<float>{0, 0.3F, 0.6F, 1}, 3, random);
    for (std::size_t s = 0; s < 12; ++s) CHECK((chains.heading[s] == 1) == (chains.rung[s] == 0));
    Tempering{.steps = 400}.step(bridge, chains, random);
    CHECK(chains.swap_rates.size() == 3);
    for (const double rate : chains.swap_rates) CHECK(rate > 0.98);
    CHECK(chains.round_trips > 0.8 * 3 * 400 / 2);
    CHECK(chains.round_trips <= 3 * 400 / 2 + 12);
    chains.reset_counts();
    CHECK(chains.round_trips == 0);
    for (std::size_t s = 0; s < 12; ++s) CHECK((chains.heading[s] == 1) == (chains.rung[s] == 0));
    // Every rung of every ladder holds one state.
    for (std::size_t l = 0; l < 3; ++l) {
        std::vector<bool> seen(4);
        for (std::size_t s = 4 * l; s < 4 * l + 4; ++s) seen[chains.rung[s]] = true;
        CHECK(std::accumulate(seen.begin(), seen.end(), 0) == 4);
    }
    // The log ratios of partners are those of the states: at equal rungs of flat machines all but 0.
    for (const double ratio : chains.log_ratios) CHECK(std::abs(ratio) < 0.2);
}

TEST_CASE("a machine like its base needs two rungs") {
    const Machine machine(Bernoulli(6), Bernoulli(4));
    const Bridge bridge(machine, uniform_base(machine));
    Random random(7);
    CHECK(start_tempering(bridge, 5, {}, random).rungs() == 2);
}

TEST_CASE("the ladder adapts to the swap rate that is wanted") {
    for (const double wanted : {0.3, 0.6}) {
        const Machine machine = random_machine<float>("bernoulli", 60, "bernoulli", 40, 6, 0.4);
        const Bridge bridge(machine, uniform_base(machine));
        Random random(7);
        LadderSettings settings;
        settings.swap_rate = wanted;
        std::size_t sweeps = 0;
        const Control control{[&](const ProgressReport&) { ++sweeps; }, {}};
        TemperedChains chains = start_tempering(bridge, 20, settings, random, control);
        CHECK(sweeps == settings.rounds * settings.sweeps);
        CHECK(chains.steps == 0);
        CHECK(chains.rungs() > 4);
        Tempering{.steps = 400}.step(bridge, chains, random);
        double mean = 0;
        for (const double rate : chains.swap_rates) {
            mean += rate / static_cast<double>(chains.swap_rates.size());
            CHECK(rate > wanted - 0.2);
        }
        CHECK(mean > wanted - 0.1);
        CHECK(mean < wanted + 0.15);
    }
}

TEST_CASE("a run that is saved and goes on, and any number of threads, give the same bytes") {
    const Machine machine = random_machine<float>("bernoulli", 70, "bernoulli", 50, 8, 0.3);
    const Bridge bridge(machine, uniform_base(machine));
    const auto run = [&](std::size_t count, bool interrupted) {
        const ContextScope scope({.threads = count});
        Random random(9);
        TemperedChains chains = start_tempering(bridge, 5, {}, random);
        Tempering{.steps = 10}.step(bridge, chains, random);
        if (interrupted) {
            const TemperedChains saved = chains;
            const Random::State state = random.state();
            chains = saved;
            random = Random::from_state(state);
        }
        Tempering{.steps = 10}.step(bridge, chains, random);
        return chains;
    };
    const TemperedChains once = run(1, false);
    CHECK(run(1, true) == once);
    CHECK(run(3, false) == once);
}

TEST_CASE("what makes no ladder is refused") {
    const Machine machine = random_machine<float>("bernoulli", 3, "bernoulli", 2, 10);
    const Bridge bridge(machine, uniform_base(machine));
    Random random(1);
    for (const auto& betas : std::vector<std::vector<float>>{{}, {1}, {0, 0.5F}, {0.1F, 1}, {0, 0.5F, 0.5F, 1}})
        CHECK_THROWS_AS(TemperedChains::start(bridge, betas, 2, random), InvalidArgument);
    CHECK_THROWS_AS(TemperedChains::start(bridge, std::vector<float>{0, 1}, 0, random), InvalidArgument);
}

TEST_SUITE_END();

}  // namespace tempering_test
