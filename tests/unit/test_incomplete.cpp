// SPDX-License-Identifier: MIT
// Samples with missing values against sums over all states, and machines with units held against p(unknown | known).
#include <doctest/doctest.h>

#include <stdexcept>

#include "rbm/estimate/incomplete.h"
#include "rbm/kernels/error.h"
#include "tests/support/small_machines.h"

namespace rbm {
namespace {

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

/// -log of the sum of exp(-F) over all states of bits that agree with what is known.
double marginal_by_sum(const PreciseMachine& machine, std::span<const double> values) {
    const auto states = test::all_states(machine.visible);
    const auto free_energies = machine.free_energy(states);
    std::vector<double> terms;
    for (std::size_t s = 0; s < states.rows(); ++s) {
        bool agrees = true;
        for (std::size_t i = 0; i < values.size(); ++i) agrees &= std::isnan(values[i]) || values[i] == states(s, i);
        if (agrees) terms.push_back(-free_energies[s]);
    }
    return -log_sum_exp(terms);
}

MarginalFreeEnergy marginal(const Machine& machine, const std::vector<double>& values, MarginalSettings settings = {}) {
    Random random(3);
    const std::vector<float> narrow(values.begin(), values.end());
    return marginal_free_energy(machine, precise(machine), narrow, settings, random);
}

}  // namespace

TEST_SUITE("incomplete") {
    TEST_CASE("a machine with units held has the energies of the whole one") {
        for (const auto& kinds : test::unit_pairs) {
            const std::string &visible = kinds.first, &hidden = kinds.second;
            CAPTURE(visible);
            CAPTURE(hidden);
            const auto machine = test::random_machine<double>(visible, 6, hidden, 3, 31);
            const auto v = test::random_states(machine.visible, 1, 7);
            std::vector<double> values(v.row(0).begin(), v.row(0).end());
            const std::size_t columns = site_width(machine.visible);
            std::vector<std::size_t> unknown;
            for (const std::size_t site : {1U, 4U})
                for (std::size_t i = site * columns; i < (site + 1) * columns; ++i) unknown.push_back(i);
            for (const std::size_t i : unknown) values[i] = missing;
            const auto part = condition<double>(machine, values);
            REQUIRE(part.unknown == unknown);
            const auto other = test::random_states(part.machine.visible, 12, 8);
            BasicMatrix<double> whole = test::repeated(v, 0, 12);
            for (std::size_t b = 0; b < 12; ++b)
                for (std::size_t i = 0; i < unknown.size(); ++i) whole(b, unknown[i]) = other(b, i);
            const auto h = test::random_states(machine.hidden, 12, 9);
            const auto expected = machine.energy(whole, h), found = part.machine.energy(other, h);
            const auto expected_free = machine.free_energy(whole), found_free = part.machine.free_energy(other);
            for (std::size_t b = 0; b < 12; ++b) {
                CHECK(found[b] + part.energy == doctest::Approx(expected[b]).epsilon(1e-10));
                CHECK(found_free[b] + part.energy == doctest::Approx(expected_free[b]).epsilon(1e-10));
            }
        }
    }

    TEST_CASE("marginals of bits are sums over what is missing, whichever side is added up") {
        for (const std::size_t hidden : {3U, 30U}) {  // of 30 hidden units the missing bits are added up
            const auto machine = test::random_machine<float>("bernoulli", 7, "bernoulli", hidden, 5);
            for (const std::vector<double>& values :
                 {std::vector<double>{1, missing, 0, missing, missing, 1, 1},
                  std::vector<double>{missing, missing, missing, missing, missing, missing, missing},
                  std::vector<double>{0, 1, 1, 0, 0, 1, missing}, std::vector<double>{0, 1, 1, 0, 0, 1, 0}}) {
                const auto found = marginal(machine, values);
                CHECK(found.exact);
                CHECK(found.low == found.high);
                CHECK(found.spread == 0);
                CHECK(found.value == doctest::Approx(marginal_by_sum(precise(machine), values)).epsilon(1e-6));
            }
        }
    }

    TEST_CASE("marginals of spins and Potts sites are sums over what is missing") {
        for (const std::size_t hidden : {2U, 30U}) {
            for (const auto& kinds : test::unit_pairs) {
                const std::string& visible = kinds.first;
                if (visible == "gaussian" || kinds.second == "gaussian") continue;
                CAPTURE(visible);
                CAPTURE(kinds.second);
                const auto machine = test::random_machine<float>(visible, 5, kinds.second, hidden, 5, 0.3);
                const auto v = test::random_states(precise(machine).visible, 1, 9);
                std::vector<double> values(v.row(0).begin(), v.row(0).end());
                const std::size_t columns = site_width(machine.visible);
                for (const std::size_t site : {0U, 3U, 4U})
                    for (std::size_t i = site * columns; i < (site + 1) * columns; ++i) values[i] = missing;
                const auto found = marginal(machine, values);
                CHECK(found.exact);
                CHECK(found.value == doctest::Approx(marginal_by_sum(precise(machine), values)).epsilon(1e-6));
            }
        }
    }

    TEST_CASE("sites are known or not as a whole") {
        const auto machine = test::random_machine<double>("potts", 2, "bernoulli", 2, 1);
        CHECK_THROWS_AS(condition<double>(machine, std::vector<double>{0, 1, 0, 1, missing, 0}), InvalidArgument);
        CHECK_THROWS_AS(condition<double>(machine, std::vector<double>{missing, 1, 0, 1, 0, 0}), InvalidArgument);
    }

    TEST_CASE("marginals of real values are integrals") {
        const auto machine = test::random_machine<float>("gaussian", 3, "bernoulli", 4, 6);
        const std::vector<double> values = {0.4, missing, -0.7};
        const auto whole = precise(machine);
        double sum = 0;
        constexpr double step = 0.01;
        BasicMatrix<double> row(1, 3);
        row(0, 0) = static_cast<double>(0.4F), row(0, 2) = static_cast<double>(-0.7F);
        for (double x = -30; x < 30; x += step) {
            row(0, 1) = x;
            sum += step * std::exp(-whole.free_energy(row)[0]);
        }
        const auto found = marginal(machine, values);
        CHECK(found.exact);
        CHECK(found.value == doctest::Approx(-std::log(sum)).epsilon(1e-6));
    }

    TEST_CASE("intervals of annealing hold the sum") {
        // Too many of both sides to be added up: but two halves that do not see each other can be, one by one.
        const std::size_t half = 15;
        const auto first = test::random_machine<float>("bernoulli", half, "bernoulli", half, 11, 0.4);
        const auto second = test::random_machine<float>("bernoulli", half, "bernoulli", half, 12, 0.4);
        Machine both(Bernoulli(2 * half), Bernoulli(2 * half));
        for (std::size_t side = 0; side < 2; ++side) {
            const Machine& part = side == 0 ? first : second;
            const std::size_t at = side * half;
            for (std::size_t i = 0; i < half; ++i) {
                location(both.visible)[at + i] = location(part.visible)[i];
                location(both.hidden)[at + i] = location(part.hidden)[i];
                for (std::size_t j = 0; j < half; ++j) both.weights(at + i, at + j) = part.weights(i, j);
            }
        }
        std::vector<double> values(2 * half, missing);
        values[0] = 1, values[half] = 0, values[half + 1] = 1;
        std::vector<double> ours(values.begin(), values.begin() + half), theirs(values.begin() + half, values.end());
        const double exact = marginal(first, ours).value + marginal(second, theirs).value;
        const auto found = marginal(both, values, {100, 500});
        CHECK_FALSE(found.exact);
        CHECK(found.low < found.value);
        CHECK(found.low < exact);
        CHECK(exact < found.high);
        CHECK(found.high - found.low < 1);
    }

    TEST_CASE("rows of other lengths are refused") {
        const auto machine = test::random_machine<float>("bernoulli", 4, "bernoulli", 2, 1);
        CHECK_THROWS_AS(condition<float>(machine, std::vector<float>(3)), InvalidArgument);
    }
}

}  // namespace rbm
