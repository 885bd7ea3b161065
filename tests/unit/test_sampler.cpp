// SPDX-License-Identifier: MIT
// Block Gibbs chains against exact distributions.
#include <doctest/doctest.h>

#include <stdexcept>

#include "rbm/kernels/context.h"
#include "rbm/kernels/error.h"
#include "rbm/sampler/block_gibbs.h"
#include "tests/support/small_machines.h"
#include "tests/support/statistics.h"

using namespace rbm;
using namespace rbm::test;

namespace sampler_test {
namespace {

/// The number of a row of bits in all_states().
std::size_t state_number(std::span<const float> row) {
    std::size_t number = 0;
    for (std::size_t i = row.size(); i-- > 0;) number = 2 * number + (row[i] == 1 ? 1 : 0);
    return number;
}

/// p(v) over all states, p(h) over all states: of a float machine in double.
std::vector<double> hidden_probabilities(const PreciseMachine& machine, double beta) {
    const auto states = all_states(machine.hidden);
    const std::vector<double> betas(states.rows(), beta);
    auto logs = machine.hidden_free_energy(states, betas);
    for (double& value : logs) value = -value;
    const double log_partition = log_sum_exp(logs);
    for (double& value : logs) value = std::exp(value - log_partition);
    return logs;
}

struct Mixture {
    std::vector<double> mean, variance, hidden;  ///< E[v], Var[v], E[h]
};

/// A Gaussian-Bernoulli machine is a mixture of one Gaussian per hidden state.
Mixture exact_mixture(const PreciseMachine& machine, double beta) {
    const auto states = all_states(machine.hidden);
    const auto probabilities = hidden_probabilities(machine, beta);
    const auto means = machine.visible_mean(states);
    const auto& units = std::get<BasicGaussian<double>>(machine.visible);
    Mixture result{std::vector<double>(machine.visible_count()), std::vector<double>(machine.visible_count()),
                   std::vector<double>(machine.hidden_count())};
    for (std::size_t s = 0; s < states.rows(); ++s) {
        for (std::size_t i = 0; i < means.cols(); ++i) result.mean[i] += probabilities[s] * means(s, i);
        for (std::size_t j = 0; j < states.cols(); ++j) result.hidden[j] += probabilities[s] * states(s, j);
    }
    for (std::size_t i = 0; i < means.cols(); ++i) {
        result.variance[i] = std::exp(2 * units.log_sigma[i]) / beta;
        for (std::size_t s = 0; s < states.rows(); ++s)
            result.variance[i] += probabilities[s] * std::pow(means(s, i) - result.mean[i], 2);
    }
    return result;
}

}  // namespace

TEST_SUITE_BEGIN("sampler");

TEST_CASE("the chi-square tail is the table's") {
    CHECK(chi_square_tail(18.307, 10) == doctest::Approx(0.05).epsilon(0.02));
    CHECK(chi_square_tail(149.449, 100) == doctest::Approx(0.001).epsilon(0.03));
    CHECK(chi_square_tail(93.32, 50) == doctest::Approx(2e-4).epsilon(0.1));
}

TEST_CASE("Bernoulli chains visit every state as often as its probability says, at each row's own temperature") {
    const auto machine = random_machine<float>("bernoulli", 6, "bernoulli", 5, 61);
    const auto exact = precise(machine);
    // Independent chains, counted once each after they forgot their start, then thinned by 10 sweeps.
    const std::vector<double> betas = {1.0, 0.4, 1.7};
    constexpr std::size_t chains_per_beta = 1000, rounds = 4;
    for (const bool from_data : {false, true})
        for (const bool mixed : {false, true}) {
            CAPTURE(from_data);
            CAPTURE(mixed);
            const std::size_t kinds = mixed ? betas.size() : 1;
            Random random(from_data ? 62 : 63);
            auto chains = from_data
                              ? Chains::from_data(machine, Matrix(chains_per_beta * kinds, 6), random)  // all at 0
                              : Chains::from_noise(machine, chains_per_beta * kinds, random);
            REQUIRE(chains.count() == chains_per_beta * kinds);
            if (mixed)
                for (std::size_t c = 0; c < chains.count(); ++c)
                    chains.beta.push_back(static_cast<float>(betas[c % kinds]));
            std::vector<std::vector<double>> visible_counts(kinds, std::vector<double>(64)),
                hidden_counts(kinds, std::vector<double>(32));
            BlockGibbs{25}.step(machine, chains, random);
            for (std::size_t round = 0; round < rounds; ++round) {
                CHECK(BlockGibbs{10}.step(machine, chains, random).sweeps == 10);
                for (std::size_t c = 0; c < chains.count(); ++c) {
                    visible_counts[c % kinds][state_number(chains.visible.row(c))] += 1;
                    hidden_counts[c % kinds][state_number(chains.hidden.row(c))] += 1;
                }
            }
            for (std::size_t k = 0; k < kinds; ++k) {
                const double beta = static_cast<double>(static_cast<float>(betas[k]));
                CHECK(chi_square_p(visible_counts[k], exact_probabilities(exact, beta)) > 1e-4);
                CHECK(chi_square_p(hidden_counts[k], hidden_probabilities(exact, beta)) > 1e-4);
                // The test has teeth: another temperature's probabilities do not fit.
                CHECK(chi_square_p(visible_counts[k], exact_probabilities(exact, 0.8 * beta)) < 1e-4);
            }
        }
}

TEST_CASE("states of a visible and its hidden side belong together: their joint histogram is exact") {
    const auto machine = random_machine<float>("bernoulli", 3, "bernoulli", 3, 64, 1.0);
    const auto exact = precise(machine);
    Random random(65);
    auto chains = Chains::from_noise(machine, 8000, random);
    BlockGibbs{40}.step(machine, chains, random);
    std::vector<double> counts(64), probabilities;
    for (std::size_t c = 0; c < chains.count(); ++c)
        counts[state_number(chains.visible.row(c)) * 8 + state_number(chains.hidden.row(c))] += 1;
    const auto visible = all_states(exact.visible), hidden = all_states(exact.hidden);
    for (std::size_t v = 0; v < 8; ++v)
        for (const double energy : exact.energy(repeated(visible, v, 8), hidden)) probabilities.push_back(-energy);
    const double log_partition = log_sum_exp(probabilities);
    for (double& p : probabilities) p = std::exp(p - log_partition);
    CHECK(chi_square_p(counts, probabilities) > 1e-4);
}

TEST_CASE("Gaussian-Bernoulli chains have the moments of their exact mixture") {
    const auto machine = random_machine<float>("gaussian", 3, "bernoulli", 4, 66);
    const auto exact = precise(machine);
    for (const double beta : {1.0, 0.5}) {
        const Mixture expected = exact_mixture(exact, beta);
        Random random(67);
        auto chains = Chains::from_noise(machine, 8000, random);
        if (beta != 1) chains.beta.assign(chains.count(), static_cast<float>(beta));
        BlockGibbs{40}.step(machine, chains, random);
        for (std::size_t i = 0; i < 3; ++i) {
            Moments value, square;
            for (std::size_t c = 0; c < chains.count(); ++c) {
                const double v = static_cast<double>(chains.visible(c, i));
                value.add(v);
                square.add(std::pow(v - expected.mean[i], 2));
            }
            CAPTURE(i);
            CHECK(std::abs(value.z(expected.mean[i])) < 4);
            CHECK(std::abs(square.z(expected.variance[i])) < 4);
            CHECK(std::abs(value.z(expected.mean[i] + 0.2)) > 5);
        }
        for (std::size_t j = 0; j < 4; ++j) {
            Moments value;
            for (std::size_t c = 0; c < chains.count(); ++c) value.add(static_cast<double>(chains.hidden(c, j)));
            CHECK(std::abs(value.z(expected.hidden[j])) < 4);
        }
    }
}

TEST_CASE("Bernoulli-Gaussian chains have the moments that enumeration of the visible side gives") {
    const auto machine = random_machine<float>("bernoulli", 5, "gaussian", 3, 68, 0.5);
    const auto exact = precise(machine);
    const auto probabilities = exact_probabilities(exact);
    Random random(69);
    auto chains = Chains::from_noise(machine, 8000, random);
    BlockGibbs{40}.step(machine, chains, random);
    std::vector<double> counts(32);
    for (std::size_t c = 0; c < chains.count(); ++c) counts[state_number(chains.visible.row(c))] += 1;
    CHECK(chi_square_p(counts, probabilities) > 1e-4);
    const auto means = exact.hidden_mean(all_states(exact.visible));
    for (std::size_t j = 0; j < 3; ++j) {
        double expected = 0;
        for (std::size_t s = 0; s < 32; ++s) expected += probabilities[s] * means(s, j);
        Moments value;
        for (std::size_t c = 0; c < chains.count(); ++c) value.add(static_cast<double>(chains.hidden(c, j)));
        CHECK(std::abs(value.z(expected)) < 4);
    }
}

TEST_CASE("chains start where they are told to") {
    const auto machine = random_machine<float>("gaussian", 4, "bernoulli", 3, 70);
    const Matrix start = random_states(machine.visible, 6, 71);
    Random random(72);
    const auto from_data = Chains::from_data(machine, start, random);
    CHECK(from_data.visible == start);
    CHECK(from_data.hidden.rows() == 6);
    CHECK(from_data.hidden.cols() == 3);
    CHECK_THROWS_AS((void)Chains::from_data(machine, Matrix(2, 5), random), InvalidArgument);
    // Noise: field 0, so the mean of each unit is its own bias's.
    const auto binary = random_machine<float>("bernoulli", 5, "bernoulli", 3, 73);
    const auto noise = Chains::from_noise(binary, 8000, random);
    for (std::size_t i = 0; i < 5; ++i) {
        Moments value;
        for (std::size_t c = 0; c < noise.count(); ++c) value.add(static_cast<double>(noise.visible(c, i)));
        CHECK(std::abs(value.z(static_cast<double>(logistic(location(binary.visible)[i])))) < 4);
    }
}

TEST_CASE("visible_means are the means of visible units given the chains' hidden states, at their temperatures") {
    const auto machine = random_machine<float>("bernoulli", 5, "bernoulli", 4, 74);
    Random random(75);
    auto chains = Chains::from_noise(machine, 3, random);
    chains.beta = {1, 0.5F, 2};
    BlockGibbs{}.step(machine, chains, random);
    Matrix means(3, 5);
    visible_means(machine, chains, means.view());
    for (std::size_t c = 0; c < 3; ++c)
        for (std::size_t i = 0; i < 5; ++i) {
            float field = location(machine.visible)[i];
            for (std::size_t j = 0; j < 4; ++j) field += machine.weights(i, j) * chains.hidden(c, j);
            CHECK(means(c, i) == doctest::Approx(logistic(chains.beta[c] * field)).epsilon(1e-5));
        }
}

TEST_CASE("weights and biases of 10,000 give finite chains of bits that settle") {
    auto machine = random_machine<float>("bernoulli", 8, "bernoulli", 6, 76);
    machine.each_parameter([](std::string_view, std::span<float> values) {
        for (float& value : values) value = value < 0 ? -1e4F : 1e4F;
    });
    Random random(77);
    auto chains = Chains::from_noise(machine, 50, random);
    BlockGibbs{300}.step(machine, chains, random);
    const Matrix before = chains.visible;
    for (const float value : before.values()) CHECK((value == 0 || value == 1));
    auto again = chains;
    Random other(78);
    BlockGibbs{2}.step(machine, chains, random);
    BlockGibbs{2}.step(machine, again, other);
    // Fields are multiples of 10^4: every unit whose field is not 0 moves without chance.
    std::size_t same = 0;
    for (std::size_t c = 0; c < 50; ++c) same += std::ranges::equal(chains.visible.row(c), again.visible.row(c));
    CHECK(same >= 25);
}

TEST_CASE("steps are sweeps, and chains are the same bytes for any number of threads") {
    for (const auto& [visible_kind, hidden_kind] : unit_pairs) {
        const auto machine = random_machine<float>(visible_kind, 150, hidden_kind, 140, 79, 0.1);
        const auto run = [&](std::size_t count, bool one_by_one) {
            const ContextScope scope({.threads = count});
            Random random(80);
            auto chains = Chains::from_noise(machine, 600, random);
            if (one_by_one)
                for (std::size_t step = 0; step < 3; ++step) BlockGibbs{1}.step(machine, chains, random);
            else
                BlockGibbs{3}.step(machine, chains, random);
            return chains;
        };
        const auto first = run(1, false);
        CHECK(run(1, true).visible == first.visible);
        for (const std::size_t count : std::initializer_list<std::size_t>{2, 3, 4}) {
            const auto other = run(count, false);
            CHECK(other.visible == first.visible);
            CHECK(other.hidden == first.hidden);
        }
    }
}

TEST_SUITE_END();

}  // namespace sampler_test
