// SPDX-License-Identifier: MIT
// Rankings against their definitions, pair by pair; attributions against free energies, one by one.
#include <doctest/doctest.h>

#include <stdexcept>

#include "rbm/estimate/attribution.h"
#include "rbm/estimate/monitor.h"
#include "rbm/estimate/ranking.h"
#include "rbm/kernels/error.h"
#include "tests/support/small_machines.h"

namespace rbm {
namespace {

/// Scores with many ties, and labels that follow them loosely.
void random_ranking(std::uint64_t seed, std::vector<double>& scores, std::vector<bool>& wanted) {
    const Stream stream{seed, 1, 0};
    scores.clear(), wanted.clear();
    for (std::size_t i = 0; i < 60; ++i) {
        scores.push_back(random_bits(stream, 0, i) % 12);
        wanted.push_back(scores.back() + random_bits(stream, 1, i) % 12 > 12);
    }
}

}  // namespace

TEST_SUITE("anomaly") {
    TEST_CASE("ROC AUC counts pairs, and average precision looks back from each wanted sample") {
        std::vector<double> scores;
        std::vector<bool> wanted;
        for (std::uint64_t seed = 0; seed < 20; ++seed) {
            random_ranking(seed, scores, wanted);
            double right = 0, pairs = 0, precision = 0, count = 0;
            for (std::size_t i = 0; i < scores.size(); ++i) {
                if (!wanted[i]) continue;
                double before = 0, before_wanted = 0;
                for (std::size_t k = 0; k < scores.size(); ++k) {
                    if (scores[k] >= scores[i]) ++before, before_wanted += wanted[k] ? 1 : 0;
                    if (wanted[k]) continue;
                    ++pairs;
                    right += scores[i] > scores[k] ? 1 : scores[i] == scores[k] ? 0.5 : 0;
                }
                precision += before_wanted / before;
                ++count;
            }
            CHECK(roc_auc(scores, wanted) == doctest::Approx(right / pairs).epsilon(1e-12));
            CHECK(average_precision(scores, wanted) == doctest::Approx(precision / count).epsilon(1e-12));
        }
    }

    TEST_CASE("rankings at their ends") {
        const std::vector<double> scores = {1, 2, 3, 4};
        CHECK(roc_auc(scores, {false, false, true, true}) == 1);
        CHECK(average_precision(scores, {false, false, true, true}) == 1);
        CHECK(roc_auc(scores, {true, true, false, false}) == 0);
        CHECK(roc_auc(std::vector<double>(4, 7.0), {true, false, false, true}) == 0.5);
        CHECK(std::isnan(roc_auc(scores, std::vector<bool>(4))));
        CHECK(std::isnan(average_precision(scores, std::vector<bool>(4))));
        CHECK_THROWS_AS(roc_auc(scores, {true}), InvalidArgument);
        CHECK_THROWS_AS(roc_auc(std::vector{1.0, std::nan("")}, {true, false}), InvalidArgument);
    }

    TEST_CASE("quantiles lie between neighbours") {
        CHECK(quantile({3, 1, 2, 4, 5}, 0.5) == 3);
        CHECK(quantile({1, 2}, 0.25) == 1.25);
        CHECK(quantile({1, 2, 3}, 1) == 3);
        CHECK(quantile({1, 2, 3}, 0) == 1);
        CHECK_THROWS_AS(quantile({}, 0.5), InvalidArgument);
        CHECK_THROWS_AS(quantile({1}, 1.5), InvalidArgument);
    }

    TEST_CASE("bits are blamed by -log p(v_i | all others), which add up to the pseudo-likelihood") {
        for (const std::string hidden : {"bernoulli", "gaussian"}) {
            const auto machine = test::random_machine<float>("bernoulli", 9, hidden, 4, 61);
            const Matrix states = test::random_states(machine.visible, 7, 62);
            Matrix found(7, 9);
            attribution(machine, states, found.view());
            const auto own = machine.free_energy(states);
            double total = 0;
            for (std::size_t b = 0; b < 7; ++b)
                for (std::size_t i = 0; i < 9; ++i) {
                    Matrix other = test::repeated(states, b, 1);
                    other(0, i) = 1 - other(0, i);
                    const double flipped = machine.free_energy(other)[0];
                    CHECK(static_cast<double>(found(b, i)) ==
                          doctest::Approx(std::log1p(std::exp(own[b] - flipped))).epsilon(1e-4));
                    total += static_cast<double>(found(b, i)) / 7;
                }
            const auto data = Dataset::from_floats(7, 9, {states.values().begin(), states.values().end()});
            CHECK(total == doctest::Approx(-exact_pseudo_likelihood(machine, data)).epsilon(1e-5));
        }
    }

    TEST_CASE("spins and Potts sites are blamed by -log p(v_i | all others)") {
        for (const std::string visible : {"spin", "potts"}) {
            for (const std::string hidden : {"bernoulli", "gaussian", "potts"}) {
                CAPTURE(visible);
                CAPTURE(hidden);
                const std::size_t sites = 6;
                const auto machine = test::random_machine<float>(visible, sites, hidden, 4, 65);
                const Matrix states = test::random_states(machine.visible, 7, 66),
                             letters = site_states(machine.visible);
                const std::size_t columns = site_width(machine.visible);
                Matrix found(7, sites);
                attribution(machine, states, found.view());
                const auto own = machine.free_energy(states);
                double total = 0;
                for (std::size_t b = 0; b < 7; ++b)
                    for (std::size_t s = 0; s < sites; ++s) {
                        double sum = 0;
                        for (std::size_t k = 0; k < letters.rows(); ++k) {
                            Matrix other = test::repeated(states, b, 1);
                            for (std::size_t c = 0; c < columns; ++c) other(0, s * columns + c) = letters(k, c);
                            sum += std::exp(own[b] - machine.free_energy(other)[0]);
                        }
                        CHECK(static_cast<double>(found(b, s)) == doctest::Approx(std::log(sum)).epsilon(1e-4));
                        total += static_cast<double>(found(b, s)) / 7;
                    }
                const auto data =
                    Dataset::from_floats(7, states.cols(), {states.values().begin(), states.values().end()});
                CHECK(total == doctest::Approx(-exact_pseudo_likelihood(machine, data)).epsilon(1e-5));
                Matrix wide(7, sites + 1);
                CHECK_THROWS_AS(attribution(machine, states, wide.view()), InvalidArgument);
            }
        }
    }

    TEST_CASE("real values are blamed by what mending them saves") {
        const auto machine = test::random_machine<float>("gaussian", 5, "bernoulli", 4, 63);
        const Matrix states = test::random_states(machine.visible, 3, 64);
        Matrix found(3, 5);
        attribution(machine, states, found.view());
        const Matrix means = machine.visible_mean(machine.hidden_mean(states));
        const auto own = machine.free_energy(states);
        for (std::size_t b = 0; b < 3; ++b)
            for (std::size_t i = 0; i < 5; ++i) {
                Matrix other = test::repeated(states, b, 1);
                other(0, i) = means(b, i);
                CHECK(static_cast<double>(found(b, i)) ==
                      doctest::Approx(own[b] - machine.free_energy(other)[0]).epsilon(1e-4).scale(1));
            }
    }
}

}  // namespace rbm
