// SPDX-License-Identifier: MIT
// Metropolis-Hastings and Gibbs with gradients against exact distributions.
#include <doctest/doctest.h>

#include "rbm/kernels/context.h"
#include "rbm/kernels/error.h"
#include "rbm/model/marginal.h"
#include "rbm/sampler/gibbs_with_gradients.h"
#include "rbm/sampler/metropolis.h"
#include "tests/support/sampled.h"

using namespace rbm;
using namespace rbm::test;

namespace {

/// Machines whose visible states can be enumerated.
std::vector<Machine> discrete_machines() {
    std::vector<Machine> machines;
    for (const auto& [visible_kind, hidden_kind] : unit_pairs) {
        const bool spins = changes_by_more(visible_kind) || changes_by_more(hidden_kind);
        const Machine machine = random_machine<float>(visible_kind, 6, hidden_kind, 4, 211, spins ? 0.3 : 0.6);
        if (!sites(machine.visible).empty()) machines.push_back(machine);
    }
    return machines;
}

/// A ring of spins, +1 or -1, whose neighbours want to agree.
struct IsingRing {
    double coupling = 0.5;
    std::vector<float> alphabet() const { return {-1, 1}; }
    void energy(ConstView state, std::span<double> out) const {
        for (std::size_t b = 0; b < state.rows; ++b) {
            out[b] = 0;
            for (std::size_t i = 0; i < state.cols; ++i)
                out[b] -= coupling * static_cast<double>(state.row(b)[i] * state.row(b)[(i + 1) % state.cols]);
        }
    }
    void energy_and_gradient(ConstView state, std::span<double> out, View gradient) const {
        energy(state, out);
        for (std::size_t b = 0; b < state.rows; ++b)
            for (std::size_t i = 0; i < state.cols; ++i)
                gradient.row(b)[i] = static_cast<float>(-coupling) * (state.row(b)[(i + 1) % state.cols] +
                                                                      state.row(b)[(i + state.cols - 1) % state.cols]);
    }
};
static_assert(DifferentiableEnergy<IsingRing, float> && !LocalEnergy<IsingRing, float>);

/// Chains from noise at one temperature and at three, against the exact probabilities of all states.
template <class Sampler>
void check_histograms(const Sampler& sampler, std::size_t rounds) {
    for (const Machine& machine : discrete_machines())
        for (const bool mixed : {false, true}) {
            CAPTURE(kind(machine.visible));
            CAPTURE(mixed);
            const std::vector<double> betas = mixed ? std::vector<double>{1, 0.5, 1.75} : std::vector<double>{1};
            const std::size_t kinds = betas.size();
            Random random(212);
            auto chains = Chains::from_noise(machine, 1000 * kinds, random);
            if (mixed)
                for (std::size_t c = 0; c < chains.count(); ++c)
                    chains.beta.push_back(static_cast<float>(betas[c % kinds]));
            std::vector<std::vector<double>> counts(kinds, std::vector<double>(state_count(machine.visible)));
            std::vector<Moments> hidden(machine.hidden_count());
            for (std::size_t round = 0; round < rounds; ++round) {
                const StepReport report = sampler.step(machine, chains, random);
                CHECK(report.sweeps == sampler.steps);
                CHECK(report.acceptance > 0.1);
                CHECK(report.acceptance < 1);
                if (round == 0) continue;
                for (std::size_t c = 0; c < chains.count(); ++c)
                    counts[c % kinds][state_number(machine.visible, chains.visible.row(c))] += 1;
            }
            const auto exact = precise(machine);
            for (std::size_t k = 0; k < kinds; ++k) {
                CHECK(chi_square_p(counts[k], exact_probabilities(exact, betas[k])) > 1e-4);
                if (betas[k] >= 1) CHECK(chi_square_p(counts[k], exact_probabilities(exact, 0.25 * betas[k])) < 1e-4);
            }
        }
}

}  // namespace

TEST_SUITE_BEGIN("metropolis");

TEST_CASE("flips of single sites visit states as often as their probabilities say, at each row's temperature") {
    check_histograms(Metropolis{.steps = 20}, 4);
}

TEST_CASE("proposals by gradients visit states as often as their probabilities say, at each row's temperature") {
    check_histograms(GibbsWithGradients{.steps = 50}, 4);
}

TEST_CASE("every state leads to all others as often as detailed balance asks: p stays p in one step") {
    // A single proposal from exact draws: chains that settle slowly cannot hide behind mixing.
    for (const Machine& machine : discrete_machines()) {
        const auto probabilities = exact_probabilities(precise(machine));
        const auto states = all_states(machine.visible);
        const auto check = [&](const auto& sampler) {
            Random random(213);
            Chains chains = Chains::from_data(machine, exact_draws(states, probabilities, 40000), random);
            sampler.step(machine, chains, random);
            std::vector<double> counts(probabilities.size());
            for (std::size_t c = 0; c < chains.count(); ++c)
                counts[state_number(machine.visible, chains.visible.row(c))] += 1;
            CHECK(chi_square_p(counts, probabilities) > 1e-4);
        };
        check(GibbsWithGradients{.steps = 1});
        check(Metropolis{.steps = 1});
    }
}

TEST_CASE("hidden states belong to the visible ones, and their means are exact") {
    const auto machine = random_machine<float>("bernoulli", 5, "bernoulli", 3, 214);
    const auto exact = precise(machine);
    const auto probabilities = exact_probabilities(exact);
    const auto means = exact.hidden_mean(all_states(exact.visible));
    Random random(215);
    Chains chains = Chains::from_data(machine, exact_draws(all_states(machine.visible), probabilities, 20000), random);
    chains.hidden.fill(7);
    Metropolis{}.step(machine, chains, random);
    for (std::size_t j = 0; j < 3; ++j) {
        double expected = 0;
        for (std::size_t s = 0; s < 32; ++s) expected += probabilities[s] * means(s, j);
        Moments value;
        for (std::size_t c = 0; c < chains.count(); ++c) value.add(static_cast<double>(chains.hidden(c, j)));
        CHECK(std::abs(value.z(expected)) < 4);
    }
}

TEST_CASE("to a power of 2 Metropolis draws from p squared") {
    const auto machine = random_machine<float>("bernoulli", 5, "bernoulli", 4, 216);
    auto squared = exact_probabilities(precise(machine));
    double sum = 0;
    for (double& p : squared) sum += p *= p;
    for (double& p : squared) p /= sum;
    Random random(217);
    Chains chains = Chains::from_noise(machine, 6000, random);
    Metropolis{.steps = 40, .power = 2}.step(machine, chains, random);
    std::vector<double> counts(32);
    for (std::size_t c = 0; c < chains.count(); ++c) counts[state_number(machine.visible, chains.visible.row(c))] += 1;
    CHECK(chi_square_p(counts, squared) > 1e-4);
    CHECK(chi_square_p(counts, exact_probabilities(precise(machine))) < 1e-4);
}

TEST_CASE("Gaussian steps have the moments of the exact mixture of a Gaussian machine") {
    const auto machine = random_machine<float>("gaussian", 3, "bernoulli", 4, 218);
    for (const double beta : {1.0, 0.5}) {
        Random random(219);
        Chains chains = Chains::from_noise(machine, 4000, random);
        if (beta != 1) chains.beta.assign(chains.count(), static_cast<float>(beta));
        const StepReport report = Metropolis{.steps = 300, .step_size = 1.2}.step(machine, chains, random);
        CHECK(report.acceptance > 0.2);
        CHECK(report.acceptance < 0.7);
        check_moments(chains, exact_mixture(precise(machine), beta));
    }
}

TEST_CASE("an Ising ring of one's own: both samplers draw from exp(-beta E)") {
    constexpr std::size_t spins = 6;
    const IsingRing ring;
    const BasicSites<float> sites(ring.alphabet(), spins);
    Matrix states(64, spins);
    for (std::size_t s = 0; s < 64; ++s)
        for (std::size_t i = 0; i < spins; ++i) sites.put(states.row(s), i, s >> i & 1);
    for (const double beta : {1.0, 0.5}) {
        std::vector<double> probabilities(64);
        ring.energy(states, probabilities);
        double sum = 0;
        for (double& p : probabilities) sum += p = std::exp(-beta * p);
        for (double& p : probabilities) p /= sum;
        const auto check = [&](const auto& sampler) {
            Random random(220);
            Chains chains = Chains::from_states(Matrix(6000, spins));  // zeros are no spins, and become some
            chains.beta.assign(6000, static_cast<float>(beta));
            sampler.step(ring, chains, random);
            std::vector<double> counts(64);
            for (std::size_t c = 0; c < chains.count(); ++c) {
                std::size_t number = 0;
                for (std::size_t i = 0; i < spins; ++i) number += sites.letter_at(chains.visible.row(c), i) << i;
                counts[number] += 1;
            }
            CHECK(chi_square_p(counts, probabilities) > 1e-4);
        };
        check(Metropolis{.steps = 30});
        check(GibbsWithGradients{.steps = 120});
    }
}

TEST_CASE("sums of one row at a time and energies of whole states make the same chains") {
    struct Whole {  // the machine's free energy, without its short cut
        const BasicMarginal<double>& marginal;
        BasicSites<double> sites() const { return marginal.sites(); }
        void energy(MatrixView<const double> state, BetaOf<double> beta, std::span<double> out) const {
            marginal.energy(state, beta, out);
        }
    };
    static_assert(!LocalEnergy<Whole, double>);
    const auto machine = random_machine<double>("bernoulli", 12, "bernoulli", 9, 221);
    BasicWorkspace<double> workspace;
    const BasicMarginal<double> marginal(machine, workspace);
    Random first(222), second(222);
    auto chains = BasicChains<double>::from_noise(machine, 50, first),
         others = BasicChains<double>::from_noise(machine, 50, second);
    const StepReport fast = Metropolis{.steps = 4}.step(marginal, chains, first);
    const StepReport slow = Metropolis{.steps = 4}.step(Whole{marginal}, others, second);
    CHECK(chains.visible == others.visible);
    CHECK(fast.acceptance == doctest::Approx(slow.acceptance).epsilon(1e-9));
}

TEST_CASE("chains of both samplers are the same bytes for any number of threads") {
    const auto machine = random_machine<float>("bernoulli", 70, "bernoulli", 140, 223, 0.1);
    const auto run = [&](std::size_t count, const auto& sampler) {
        const ContextScope scope({.threads = count});
        Random random(224);
        auto chains = Chains::from_noise(machine, 150, random);
        const StepReport report = sampler.step(machine, chains, random);
        return std::pair(chains.visible, report.acceptance);
    };
    for (const std::size_t count : std::initializer_list<std::size_t>{2, 3}) {
        CHECK(run(count, Metropolis{.steps = 2}) == run(1, Metropolis{.steps = 2}));
        CHECK(run(count, GibbsWithGradients{.steps = 5}) == run(1, GibbsWithGradients{.steps = 5}));
    }
}

TEST_CASE("gradients are worth their cost: where few units can change, they find them") {
    // 60 units, of which 57 are all but frozen: at 0, or at 1.
    Machine machine(Bernoulli(60), Bernoulli(2));
    Matrix start(100, 60);
    for (std::size_t i = 0; i < 60; ++i) {
        location(machine.visible)[i] = i < 30 ? -12.0F : i < 57 ? 12.0F : 0.0F;
        for (std::size_t chain = 0; chain < 100; ++chain) start(chain, i) = i < 30 ? 0.0F : 1.0F;
    }
    Random random(225);
    Chains chains = Chains::from_states(start), others = chains;
    for (Chains* each : {&chains, &others}) each->hidden.resize(100, 2);
    const double by_chance = Metropolis{.steps = 2}.step(machine, chains, random).acceptance;
    const double by_gradient = GibbsWithGradients{.steps = 20}.step(machine, others, random).acceptance;
    CHECK(by_chance < 0.1);
    CHECK(by_gradient > 0.9);

    // Where the energy is linear, half its change weighs a proposal exactly: only the sums of the weights before and
    // after differ, by one of 60 terms.
    for (std::size_t i = 0; i < 60; ++i) location(machine.visible)[i] = i % 2 == 0 ? 1.5F : -1.5F;
    CHECK(GibbsWithGradients{.steps = 200}.step(machine, others, random).acceptance > 0.9);
}

TEST_CASE("Gaussian visible units have no letters to change") {
    const auto machine = random_machine<float>("gaussian", 3, "bernoulli", 2, 226);
    Random random(227);
    Chains chains = Chains::from_noise(machine, 2, random);
    CHECK_THROWS_WITH_AS(GibbsWithGradients{}.step(machine, chains, random), doctest::Contains("gaussian"),
                         Unsupported);
}

TEST_SUITE_END();
