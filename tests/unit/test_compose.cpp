// SPDX-License-Identifier: MIT
// Products of machines against the products of their probabilities, written out.
#include <doctest/doctest.h>

#include <stdexcept>

#include "rbm/kernels/error.h"
#include "rbm/model/compose.h"
#include "tests/support/small_machines.h"

namespace rbm {
namespace {

using test::random_machine;

std::vector<PreciseMachine> some_machines(const std::string& visible, const std::string& hidden) {
    return {random_machine<double>(visible, 5, hidden, 3, 21), random_machine<double>(visible, 5, hidden, 2, 22),
            random_machine<double>(visible, 5, hidden, 4, 23)};
}

/// The number that has to be added to all of `found` to give `expected`; checks that it is one number.
double constant_between(const std::vector<double>& found, const std::vector<double>& expected) {
    REQUIRE(found.size() == expected.size());
    const double constant = expected[0] - found[0];
    for (std::size_t i = 0; i < found.size(); ++i)
        CHECK(found[i] + constant == doctest::Approx(expected[i]).epsilon(1e-10));
    return constant;
}

}  // namespace

TEST_SUITE("compose") {
    TEST_CASE("the joint energy is the weighted sum of energies") {
        const std::vector<double> betas = {0.4, 1.7, 1.0};
        for (const auto& kinds : test::unit_pairs) {
            const std::string &visible = kinds.first, &hidden = kinds.second;
            CAPTURE(visible);
            CAPTURE(hidden);
            const auto machines = some_machines(visible, hidden);
            const auto product = compose<double>(machines, betas);
            REQUIRE(product.hidden_count() == 9 * site_width(product.hidden));
            const auto v = test::random_states(product.visible, 40, 5);
            const auto h = test::random_states(product.hidden, 40, 6);
            std::vector<double> sums(40);
            std::size_t first = 0;
            for (std::size_t k = 0; k < 3; ++k) {
                BasicMatrix<double> own(40, machines[k].hidden_count());
                for (std::size_t b = 0; b < 40; ++b)
                    for (std::size_t j = 0; j < own.cols(); ++j) own(b, j) = h(b, first + j);
                const auto energies = machines[k].energy(v, own);
                for (std::size_t b = 0; b < 40; ++b) sums[b] += betas[k] * energies[b];
                first += own.cols();
            }
            const double constant = constant_between(product.energy(v, h), sums);
            if (is_discrete(product.visible)) CHECK(constant == doctest::Approx(0).scale(1));
        }
    }

    TEST_CASE("probabilities are the product of the machines', by enumeration") {
        const std::vector<double> betas = {0.5, 2.0, 1.3};
        for (const std::string kind_of_units : {"bernoulli", "spin", "potts"}) {
            CAPTURE(kind_of_units);
            const auto machines = some_machines(kind_of_units, kind_of_units);
            const auto product = compose<double>(machines, betas);
            const auto states = test::all_states(product.visible);
            // sum over h_k of exp(-beta E_k(v, h_k)), state by state and term by term.
            std::vector<double> expected(states.rows(), 1.0);
            double total = 0;
            for (std::size_t s = 0; s < states.rows(); ++s) {
                for (std::size_t k = 0; k < 3; ++k) {
                    const auto hidden = test::all_states(machines[k].hidden);
                    const auto energies = machines[k].energy(test::repeated(states, s, hidden.rows()), hidden);
                    double sum = 0;
                    for (const double energy : energies) sum += std::exp(-betas[k] * energy);
                    expected[s] *= sum;
                }
                total += expected[s];
            }
            const auto found = test::exact_probabilities(product);
            for (std::size_t s = 0; s < states.rows(); ++s)
                CHECK(found[s] == doctest::Approx(expected[s] / total).epsilon(1e-10));
        }
    }

    TEST_CASE("one machine composed is itself, and a machine with itself is the machine at beta 2") {
        const auto machine = random_machine<float>("bernoulli", 6, "bernoulli", 3, 4);
        CHECK(compose<float>(std::span(&machine, 1)) == machine);
        const std::vector<Machine> twice = {machine, machine};
        const auto v = test::random_states(machine.visible, 20, 3);
        const std::vector<float> two(20, 2.0F), one;
        const auto product = compose<float>(twice).free_energy(v);
        const auto alone = machine.free_energy(v);
        for (std::size_t b = 0; b < 20; ++b) CHECK(product[b] == doctest::Approx(2 * alone[b]).epsilon(1e-6));
    }

    TEST_CASE("what does not fit is refused") {
        const auto bits = random_machine<float>("bernoulli", 4, "bernoulli", 2, 1);
        const auto wide = random_machine<float>("bernoulli", 5, "bernoulli", 2, 1);
        const auto reals = random_machine<float>("gaussian", 4, "bernoulli", 2, 1);
        const auto normal = random_machine<float>("bernoulli", 4, "gaussian", 2, 1);
        const Machine three(make_units<float>("potts", 4, 3), make_units<float>("potts", 2, 3));
        const Machine six(make_units<float>("potts", 2, 6), three.hidden);
        const Machine of_six(three.visible, make_units<float>("potts", 1, 6));
        CHECK_THROWS_AS(compose<float>(std::vector{three, six}), InvalidArgument);
        CHECK_THROWS_AS(compose<float>(std::vector{three, of_six}), Unsupported);
        CHECK_THROWS_AS(compose<float>({}), InvalidArgument);
        CHECK_THROWS_AS(compose<float>(std::vector{bits, wide}), InvalidArgument);
        CHECK_THROWS_AS(compose<float>(std::vector{bits, reals}), InvalidArgument);
        CHECK_THROWS_AS(compose<float>(std::vector{bits, normal}), Unsupported);
        CHECK_THROWS_AS(compose<float>(std::vector{bits, bits}, std::vector{1.0}), InvalidArgument);
        CHECK_THROWS_AS(compose<float>(std::vector{bits, bits}, std::vector{1.0, 0.0}), InvalidArgument);
    }
}

}  // namespace rbm
