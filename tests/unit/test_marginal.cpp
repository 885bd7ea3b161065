// SPDX-License-Identifier: MIT
// What samplers ask of a machine: its free energy, gradient and changes of single sites, against the machine's own
// functions and finite differences.
#include <doctest/doctest.h>

#include <stdexcept>

#include "rbm/kernels/error.h"
#include "rbm/model/joint.h"
#include "rbm/model/marginal.h"
#include "tests/support/small_machines.h"

using namespace rbm;
using namespace rbm::test;

namespace {

const std::vector<double> betas = {1, 0.5, 2};

}  // namespace

TEST_SUITE_BEGIN("marginal");

TEST_CASE("the gradient over v is the slope of the free energy, for every pair of unit kinds and temperature") {
    for (const auto& [visible_kind, hidden_kind] : unit_pairs) {
        const auto machine = random_machine<double>(visible_kind, 6, hidden_kind, 5, 201);
        BasicWorkspace<double> workspace;
        const BasicMarginal<double> marginal(machine, workspace);
        const auto states = random_states(machine.visible, 3, 202);
        std::vector<double> energies(3), expected = machine.free_energy(states, betas);
        BasicMatrix<double> gradient(3, machine.visible_count());
        marginal.energy_and_gradient(states, betas, energies, gradient);
        for (std::size_t b = 0; b < 3; ++b) {
            CHECK(energies[b] == doctest::Approx(expected[b]));
            for (std::size_t i = 0; i < machine.visible_count(); ++i) {
                CAPTURE(kind(machine.visible));
                constexpr double nudge = 1e-5;
                auto up = states, down = states;
                up(b, i) += nudge;
                down(b, i) -= nudge;
                const double slope =
                    (machine.free_energy(up, betas)[b] - machine.free_energy(down, betas)[b]) / (2 * nudge);
                CHECK(gradient(b, i) == doctest::Approx(slope).epsilon(1e-6));
            }
        }
    }
}

TEST_CASE("changes of one site cost the difference of two free energies, one after the other") {
    for (const auto& [visible_kind, hidden_kind] : unit_pairs) {
        const auto machine = random_machine<double>(visible_kind, 6, hidden_kind, 5, 203);
        const auto found = sites(machine.visible);
        if (found.empty()) continue;
        BasicWorkspace<double> workspace;
        const BasicMarginal<double> marginal(machine, workspace);
        auto states = random_states(machine.visible, 3, 204);
        found.settle(states);
        marginal.begin_rows(states, betas);
        for (std::size_t b = 0; b < 3; ++b) {
            auto row = marginal.row(b);
            std::vector<double> steps(found.columns());
            for (std::size_t n = 0; n < 2 * found.count(); ++n) {
                const std::size_t site = n % found.count(), from = found.letter_at(states.row(b), site),
                                  to = (from + 1) % found.letters();
                const double before = machine.free_energy(states, betas)[b];
                found.step(from, to, steps);
                const double change = row.change(site * found.columns(), steps);
                auto changed = states;
                found.put(changed.row(b), site, to);
                CHECK(change == doctest::Approx(machine.free_energy(changed, betas)[b] - before));
                if (n % 3 == 0) continue;  // what is not kept is forgotten
                row.keep();
                states = changed;
            }
        }
    }
}

TEST_CASE("given hidden states the energy is E(v, h) less the hidden part, and its gradient the slope of that") {
    for (const auto& [visible_kind, hidden_kind] : unit_pairs) {
        const auto machine = random_machine<double>(visible_kind, 6, hidden_kind, 5, 205);
        BasicWorkspace<double> workspace;
        const BasicJoint<double> joint(machine, workspace);
        const auto visible = random_states(machine.visible, 3, 206), hidden = random_states(machine.hidden, 3, 207);
        std::vector<double> own(3), energies(3);
        add_energy(machine.hidden, hidden.view(), own);
        BasicMatrix<double> gradient(3, machine.visible_count());
        joint.given_hidden(hidden).energy_and_gradient(visible, betas, energies, gradient);
        const auto expected = [&](const BasicMatrix<double>& states, std::size_t b) {
            return betas[b] * (machine.energy(states, hidden)[b] - own[b]);
        };
        for (std::size_t b = 0; b < 3; ++b) {
            CHECK(energies[b] == doctest::Approx(expected(visible, b)));
            for (std::size_t i = 0; i < machine.visible_count(); ++i) {
                auto up = visible, down = visible;
                up(b, i) += 1e-5;
                down(b, i) -= 1e-5;
                CHECK(gradient(b, i) == doctest::Approx((expected(up, b) - expected(down, b)) / 2e-5).epsilon(1e-6));
            }
        }
    }
}

TEST_CASE("sites: letters of one column and of several, the nearest of them, and what is no alphabet") {
    const BasicSites<float> spins(std::vector<float>{-1, 1}, 3);
    CHECK(spins.count() == 3);
    CHECK(spins.columns() == 1);
    CHECK(spins.letters() == 2);
    Matrix state(1, 3);
    state(0, 0) = -0.2F, state(0, 1) = 5, state(0, 2) = 1;
    spins.settle(state);
    CHECK(std::vector<float>(state.values().begin(), state.values().end()) == std::vector<float>{-1, 1, 1});

    Matrix one_hot(3, 3);
    for (std::size_t k = 0; k < 3; ++k) one_hot(k, k) = 1;
    const BasicSites<float> three(one_hot, 2);
    Matrix potts(1, 6);
    three.put(potts.row(0), 1, 2);
    three.put(potts.row(0), 0, 1);
    CHECK(std::vector<float>(potts.values().begin(), potts.values().end()) == std::vector<float>{0, 1, 0, 0, 0, 1});
    CHECK(three.letter_at(potts.row(0), 0) == 1);
    CHECK(three.letter_at(potts.row(0), 1) == 2);
    std::vector<float> steps(3);
    three.step(1, 0, steps);
    CHECK(steps == std::vector<float>{1, -1, 0});

    CHECK(BasicSites<float>().empty());
    CHECK(sites(make_units<float>("gaussian", 4)).empty());
    CHECK(sites(make_units<float>("bernoulli", 4)).count() == 4);
    CHECK_THROWS_AS(BasicSites<float>(std::vector<float>{1}, 3), InvalidArgument);
    CHECK_THROWS_AS(BasicSites<float>(Matrix(1, 3), 3), InvalidArgument);
}

TEST_SUITE_END();
