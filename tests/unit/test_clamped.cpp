// SPDX-License-Identifier: MIT
// Clamped chains against p(unknown | known), which a small machine tells exactly.
#include <doctest/doctest.h>

#include <map>
#include <stdexcept>

#include "rbm/check/chi_square.h"
#include "rbm/kernels/error.h"
#include "rbm/sampler/clamped_gibbs.h"
#include "tests/support/small_machines.h"

namespace rbm {
namespace {

constexpr std::size_t chain_count = 20'000;
constexpr std::size_t burn_in = 60;  // sweeps; these machines forget in a few

/// The chains after `burn_in` sweeps with the known units at `row`.
BasicMatrix<double> filled_in(const PreciseMachine& machine, const BasicMatrix<double>& known,
                              const BasicMatrix<double>& row, std::uint64_t seed) {
    const auto values = test::repeated(row, 0, chain_count);
    const BasicClamp<double> clamp{known, values};
    Random random(seed);
    auto chains = BasicChains<double>::from_noise(machine, chain_count, random);
    clamp.restore(chains.visible.view());
    ClampedGibbs{.steps = burn_in}.step(machine, clamp, chains, random);
    for (std::size_t r = 0; r < chain_count; ++r)
        for (std::size_t i = 0; i < row.cols(); ++i)
            if (known(0, i) != 0) REQUIRE(chains.visible(r, i) == row(0, i));
    return std::move(chains.visible);
}

}  // namespace

TEST_SUITE("clamped") {
    TEST_CASE("unknown bits follow p(unknown | known)") {
        for (const std::string hidden : {"bernoulli", "gaussian"}) {
            const auto machine = test::random_machine<double>("bernoulli", 6, hidden, 3, 5);
            const auto states = test::all_states(machine.visible);
            const std::vector<double> joint = test::exact_probabilities(machine);
            BasicMatrix<double> known(1, 6), row(1, 6);
            for (const std::size_t i : {1U, 2U, 5U}) known(0, i) = 1;
            row(0, 1) = row(0, 5) = 1;
            std::map<std::size_t, double> exact;  // by the number of the state
            double sum = 0;
            for (std::size_t s = 0; s < states.rows(); ++s)
                if (states(s, 1) == 1 && states(s, 2) == 0 && states(s, 5) == 1) sum += exact[s] = joint[s];
            REQUIRE(exact.size() == 8);
            const auto visible = filled_in(machine, known, row, 11);
            std::map<std::size_t, double> counts;
            for (std::size_t r = 0; r < chain_count; ++r) {
                std::size_t number = 0;
                for (std::size_t i = 0; i < 6; ++i) number += static_cast<std::size_t>(visible(r, i)) << i;
                counts[number] += 1;
            }
            double chi_square = 0;
            for (const auto& [state, probability] : exact) {
                const double expected = probability / sum * chain_count;
                REQUIRE(expected > 5);
                chi_square += (counts[state] - expected) * (counts[state] - expected) / expected;
            }
            CAPTURE(hidden);
            CHECK(chi_square < critical_value(7, 1e-3));
        }
    }

    TEST_CASE("unknown Gaussian units have the moments of their mixture") {
        const auto machine = test::random_machine<double>("gaussian", 4, "bernoulli", 3, 8);
        const auto& bank = std::get<BasicGaussian<double>>(machine.visible);
        BasicMatrix<double> known(1, 4), row(1, 4);
        known(0, 0) = known(0, 3) = 1;
        row(0, 0) = 0.8, row(0, 3) = -1.1;
        // p(h | known): the unknown units of E(v, h) integrate to a Gaussian integral with a known exponent.
        const auto states = test::all_states(machine.hidden);
        const auto means = machine.visible_mean(states);
        const auto& hidden_bias = std::get<BasicBernoulli<double>>(machine.hidden).bias;
        std::vector<double> logs(states.rows());
        for (std::size_t s = 0; s < states.rows(); ++s) {
            for (std::size_t j = 0; j < 3; ++j) logs[s] += hidden_bias[j] * states(s, j);
            for (std::size_t i = 0; i < 4; ++i) {
                const double field = means(s, i) - bank.center[i], variance = std::exp(2 * bank.log_sigma[i]);
                if (known(0, i) != 0)
                    logs[s] += row(0, i) * field / variance;
                else  // log of the integral of exp(-(v - c)^2 / 2 sigma^2 + v field / sigma^2), without its constant
                    logs[s] += (bank.center[i] * field + field * field / 2) / variance;
            }
        }
        const double log_sum = log_sum_exp(logs);
        const auto visible = filled_in(machine, known, row, 12);
        for (const std::size_t i : {1U, 2U}) {
            double mean = 0, square = 0, found_mean = 0, found_square = 0;
            for (std::size_t s = 0; s < states.rows(); ++s) {
                const double probability = std::exp(logs[s] - log_sum);
                mean += probability * means(s, i);
                square += probability * (means(s, i) * means(s, i) + std::exp(2 * bank.log_sigma[i]));
            }
            for (std::size_t r = 0; r < chain_count; ++r) {
                found_mean += visible(r, i) / chain_count;
                found_square += visible(r, i) * visible(r, i) / chain_count;
            }
            const double variance = square - mean * mean;
            CHECK(std::abs(found_mean - mean) < 4 * std::sqrt(variance / chain_count));
            // The spread of a sample variance: sqrt(2 / n) of it, and little more for these mixtures.
            CHECK(found_square - found_mean * found_mean ==
                  doctest::Approx(variance).epsilon(5 * std::sqrt(2.0 / chain_count)));
        }
    }

    TEST_CASE("one row of known stands for all, and nothing known is block Gibbs sampling") {
        const auto machine = test::random_machine<float>("bernoulli", 9, "bernoulli", 4, 3);
        const Matrix values = test::random_states(machine.visible, 5, 4);
        const auto run = [&](const Matrix& known) {
            Random random(7);
            Chains chains = Chains::from_noise(machine, 5, random);
            ClampedGibbs{.steps = 3}.step(machine, Clamp{known, values}, chains, random);
            return std::move(chains.visible);
        };
        Matrix one(1, 9), all(5, 9);
        for (std::size_t i = 0; i < 9; i += 2) {
            one(0, i) = 1;
            for (std::size_t r = 0; r < 5; ++r) all(r, i) = 1;
        }
        CHECK(run(one) == run(all));
        Random random(7);
        Chains chains = Chains::from_noise(machine, 5, random);
        BlockGibbs{.steps = 3}.step(machine, chains, random);
        CHECK(run(Matrix(1, 9)) == chains.visible);
        CHECK(run(one) != chains.visible);
    }

    TEST_CASE("shapes that do not fit are refused") {
        const auto machine = test::random_machine<float>("bernoulli", 4, "bernoulli", 2, 3);
        Random random(1);
        Chains chains = Chains::from_noise(machine, 3, random);
        const Matrix three(3, 4), two(2, 4), narrow(3, 3), one(1, 4);
        CHECK_NOTHROW(Clamp({one, three}).restore(chains.visible.view()));
        CHECK_THROWS_AS(Clamp({two, three}).restore(chains.visible.view()), InvalidArgument);
        CHECK_THROWS_AS(Clamp({three, two}).restore(chains.visible.view()), InvalidArgument);
        CHECK_THROWS_AS(Clamp({narrow, three}).restore(chains.visible.view()), InvalidArgument);
        CHECK_THROWS_AS(Clamp({three, narrow}).restore(chains.visible.view()), InvalidArgument);
    }
}

}  // namespace rbm
