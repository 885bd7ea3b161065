// SPDX-License-Identifier: MIT
// Greedy descent and simulated annealing: minima that are minima, and low ones.
#include <doctest/doctest.h>

#include <set>

#include "rbm/model/marginal.h"
#include "rbm/sampler/descent.h"
#include "rbm/sampler/simulated_annealing.h"
#include "tests/support/sampled.h"

using namespace rbm;
using namespace rbm::test;

namespace {

/// A ring of states 0, 1, 2 that are one number each; neighbours want to differ by one.
struct Ring {
    std::vector<double> alphabet() const { return {0, 1, 2}; }
    void energy(MatrixView<const double> state, std::span<double> out) const {
        for (std::size_t b = 0; b < state.rows; ++b) {
            out[b] = 0;
            for (std::size_t i = 0; i < state.cols; ++i)
                out[b] += std::abs(std::abs(state.row(b)[i] - state.row(b)[(i + 1) % state.cols]) - 1) +
                          0.01 * state.row(b)[i];
        }
    }
};

/// Wells at -1 and, deeper, at +1.
struct Wells {
    void energy(MatrixView<const double> state, std::span<double> out) const {
        for (std::size_t b = 0; b < state.rows; ++b) {
            const double x = state.row(b)[0];
            out[b] = 4 * (x * x - 1) * (x * x - 1) - 0.5 * x;
        }
    }
    void energy_and_gradient(MatrixView<const double> state, std::span<double> out, MatrixView<double> gradient) const {
        energy(state, out);
        for (std::size_t b = 0; b < state.rows; ++b) {
            const double x = state.row(b)[0];
            gradient.row(b)[0] = 16 * x * (x * x - 1) - 0.5;
        }
    }
};

std::set<std::size_t> visited(const Machine& machine, const Chains& chains) {
    std::set<std::size_t> numbers;
    for (std::size_t c = 0; c < chains.count(); ++c)
        numbers.insert(state_number(machine.visible, chains.visible.row(c)));
    return numbers;
}

}  // namespace

TEST_SUITE_BEGIN("descent");

TEST_CASE("from every state of a discrete machine descent ends in a local minimum of the free energy") {
    for (const auto& [visible_kind, hidden_kind] : unit_pairs) {
        const auto machine = random_machine<float>(visible_kind, 6, hidden_kind, 5, 251, 1.5);
        const auto found = sites(machine.visible);
        if (found.empty()) continue;
        Chains chains = Chains::from_states(all_states(machine.visible));
        const auto before = machine.free_energy(chains.visible);
        const DescentReport report = Descent{}.descend(machine, chains);
        const auto after = machine.free_energy(chains.visible);
        CHECK(report.settled == chains.count());
        CHECK(report.sweeps > 1);
        const auto energies = machine.free_energy(all_states(machine.visible));
        for (std::size_t c = 0; c < chains.count(); ++c) {
            CHECK(after[c] <= before[c] + 1e-4);
            Matrix changed(1, chains.visible.cols());
            for (std::size_t site = 0; site < found.count(); ++site)
                for (std::size_t letter = 0; letter < found.letters(); ++letter) {
                    std::copy(chains.visible.row(c).begin(), chains.visible.row(c).end(), changed.data());
                    found.put(changed.row(0), site, letter);
                    CHECK(energies[state_number(machine.visible, changed.row(0))] >= after[c] - 2e-4);
                }
        }
        const std::size_t lowest =
            static_cast<std::size_t>(std::min_element(energies.begin(), energies.end()) - energies.begin());
        CHECK(visited(machine, chains).contains(lowest));
        CHECK(visited(machine, chains).size() < chains.count() / 8);
    }
}

TEST_CASE("on a Gaussian machine descent ends where the gradient is 0 and every neighbour is higher") {
    for (const float beta : {1.0F, 3.0F}) {
        const auto machine = random_machine<float>("gaussian", 4, "bernoulli", 5, 252, 1.5);
        Random random(253);
        Chains chains = Chains::from_noise(machine, 50, random);
        chains.beta.assign(50, beta);
        const DescentReport report = Descent{}.descend(machine, chains);
        CHECK(report.settled == 50);
        CHECK(report.sweeps < 1000);
        const auto minima = machine.free_energy(chains.visible, chains.beta);
        for (std::size_t i = 0; i < 4; ++i)
            for (const float nudge : {-0.05F, 0.05F}) {
                Matrix moved = chains.visible;
                for (std::size_t c = 0; c < 50; ++c) moved(c, i) += nudge;
                const auto higher = machine.free_energy(moved, chains.beta);
                for (std::size_t c = 0; c < 50; ++c) CHECK(higher[c] > minima[c]);
            }
    }
}

TEST_CASE("descent stops when it has taken its steps, and says who is not there yet") {
    const auto machine = random_machine<float>("gaussian", 4, "bernoulli", 5, 254, 1.5);
    Random random(255);
    Chains chains = Chains::from_noise(machine, 50, random);
    const DescentReport report = Descent{.steps = 1}.descend(machine, chains);
    CHECK(report.sweeps == 1);
    CHECK(report.settled < 50);
}

TEST_CASE("energies of one's own: letters by whole states, and two wells by gradients") {
    auto chains = BasicChains<double>::from_states(BasicMatrix<double>(1, 6));
    const DescentReport report = Descent{}.descend(Ring{}, chains);
    CHECK(report.settled == 1);
    std::vector<double> energy(1);
    Ring{}.energy(chains.visible, energy);
    CHECK(energy[0] == doctest::Approx(0.03));  // 0 1 0 1 0 1

    auto wells = BasicChains<double>::from_states(BasicMatrix<double>(2, 1));
    wells.visible(0, 0) = -1.3, wells.visible(1, 0) = 0.2;
    CHECK(Descent{}.descend(Wells{}, wells).settled == 2);
    CHECK(wells.visible(0, 0) == doctest::Approx(-0.98399).epsilon(1e-3));
    CHECK(wells.visible(1, 0) == doctest::Approx(1.01527).epsilon(1e-3));
}

TEST_CASE("powers rise geometrically from the first to the last") {
    const SimulatedAnnealing annealing{.steps = 5, .first_power = 0.1, .last_power = 10};
    CHECK(annealing.power(0) == doctest::Approx(0.1));
    CHECK(annealing.power(2) == doctest::Approx(1));
    CHECK(annealing.power(4) == doctest::Approx(10));
    CHECK(SimulatedAnnealing{.steps = 1}.power(0) == 10);
}

TEST_CASE("annealing finds lower minima than descent alone does, on a machine and in two wells") {
    const auto machine = random_machine<float>("bernoulli", 10, "bernoulli", 8, 256, 2.5);
    const auto energies = machine.free_energy(all_states(machine.visible));
    const double lowest = *std::min_element(energies.begin(), energies.end());
    const auto share_at_lowest = [&](bool anneal) {
        Random random(257);
        Chains chains = Chains::from_states(random_states(machine.visible, 500, 258));
        if (anneal) SimulatedAnnealing{.steps = 150, .first_power = 0.05}.step(machine, chains, random);
        Descent{}.descend(machine, chains);
        double count = 0;
        for (const double found : machine.free_energy(chains.visible)) count += found < lowest + 1e-3 ? 1 : 0;
        return count / 500;
    };
    const double greedy = share_at_lowest(false), annealed = share_at_lowest(true);
    CHECK(annealed > 0.8);
    CHECK(annealed > greedy + 0.1);

    const auto in_deeper_well = [&](bool anneal) {
        Random random(259);
        auto chains = BasicChains<double>::from_states(BasicMatrix<double>(400, 1));
        for (std::size_t c = 0; c < 400; ++c) chains.visible(c, 0) = c % 2 == 0 ? -1 : 1;
        if (anneal) SimulatedAnnealing{.steps = 300}.step(Wells{}, chains, random);
        Descent{}.descend(Wells{}, chains);
        double count = 0;
        for (const double x : chains.visible.values()) count += x > 0 ? 1 : 0;
        return count / 400;
    };
    CHECK(in_deeper_well(false) == doctest::Approx(0.5));
    CHECK(in_deeper_well(true) > 0.62);
}

TEST_SUITE_END();
