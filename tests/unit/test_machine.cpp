// SPDX-License-Identifier: MIT
// Every identity of the model, for every pair of unit kinds, against enumeration, quadrature and finite differences.
#include <doctest/doctest.h>

#include <numbers>
#include <stdexcept>

#include "rbm/estimate/exact.h"
#include "rbm/kernels/backend.h"
#include "rbm/kernels/context.h"
#include "rbm/kernels/error.h"
#include "tests/support/small_machines.h"

using namespace rbm;
using namespace rbm::test;

namespace {

/// -log of the sum over h of exp(-beta E(v, h)); quadrature over one Gaussian hidden unit at a time is exact enough.
double enumerated_free_energy(const PreciseMachine& machine, const BasicMatrix<double>& visible, std::size_t row,
                              double beta) {
    const auto hidden = all_states(machine.hidden);
    std::vector<double> terms = machine.energy(repeated(visible, row, hidden.rows()), hidden);
    for (double& term : terms) term *= -beta;
    return -log_sum_exp(terms);
}

/// Integrates exp(-beta E) over the two hidden units of a machine with Gaussian hidden units, on a grid.
double integrated_free_energy(const PreciseMachine& machine, const BasicMatrix<double>& visible, std::size_t row,
                              double beta) {
    REQUIRE(machine.hidden_count() == 2);
    constexpr std::size_t points = 400;
    constexpr double reach = 24, step = 2 * reach / points;
    BasicMatrix<double> hidden(points * points, 2);
    for (std::size_t i = 0; i < points; ++i)
        for (std::size_t j = 0; j < points; ++j) {
            hidden(i * points + j, 0) = -reach + (static_cast<double>(i) + 0.5) * step;
            hidden(i * points + j, 1) = -reach + (static_cast<double>(j) + 0.5) * step;
        }
    std::vector<double> terms = machine.energy(repeated(visible, row, hidden.rows()), hidden);
    for (double& term : terms) term *= -beta;
    return -log_sum_exp(terms) - 2 * std::log(step);
}

/// Checks `gradient` against central differences of loss(machine).
template <class Loss>
void check_gradient(PreciseMachine machine, const PreciseMachine& gradient, Loss loss, double tolerance = 1e-6) {
    constexpr double step = 1e-5;
    each_pair(machine, gradient, [&](std::string_view name, std::span<double> values, std::span<const double> slopes) {
        for (std::size_t i = 0; i < values.size(); ++i) {
            const double kept = values[i];
            values[i] = kept + step;
            const double above = loss(machine);
            values[i] = kept - step;
            const double below = loss(machine);
            values[i] = kept;
            INFO(name, "[", i, "]");
            CHECK(slopes[i] == doctest::Approx((above - below) / (2 * step)).epsilon(tolerance).scale(1));
        }
    });
}

}  // namespace

TEST_SUITE_BEGIN("machine");

TEST_CASE("free energy is -log sum exp(-beta E) over hidden states") {
    for (const auto& [visible_kind, hidden_kind] : unit_pairs)
        for (const double beta : {1.0, 0.3, 2.0}) {
            const std::string kinds = visible_kind + "-" + hidden_kind;
            const bool continuous = hidden_kind == "gaussian";
            const auto machine = random_machine<double>(visible_kind, 5, hidden_kind, continuous ? 2 : 6, 1);
            const auto visible = random_states(machine.visible, 4, 2);
            const std::vector<double> betas(4, beta);
            const auto free_energy = machine.free_energy(visible, betas);
            for (std::size_t b = 0; b < 4; ++b) {
                const double expected = continuous ? integrated_free_energy(machine, visible, b, beta)
                                                   : enumerated_free_energy(machine, visible, b, beta);
                INFO(kinds, " beta ", beta);
                CHECK(free_energy[b] == doctest::Approx(expected).epsilon(1e-10).scale(1));
            }
        }
}

TEST_CASE("the energy is the contract's formula, written out") {
    const auto bernoulli = random_machine<double>("bernoulli", 3, "bernoulli", 2, 4);
    const auto gaussian = random_machine<double>("gaussian", 3, "bernoulli", 2, 4);
    const auto visible = random_states(gaussian.visible, 1, 5);
    BasicMatrix<double> hidden(1, 2);
    hidden(0, 1) = 1;
    const auto& a = std::get<BasicBernoulli<double>>(bernoulli.visible).bias;
    const auto& b = std::get<BasicBernoulli<double>>(bernoulli.hidden).bias;
    BasicMatrix<double> bits(1, 3);
    bits(0, 0) = bits(0, 2) = 1;
    CHECK(bernoulli.energy(bits, hidden)[0] ==
          doctest::Approx(-a[0] - a[2] - b[1] - bernoulli.weights(0, 1) - bernoulli.weights(2, 1)).epsilon(1e-12));
    const auto& units = std::get<BasicGaussian<double>>(gaussian.visible);
    double expected = -std::get<BasicBernoulli<double>>(gaussian.hidden).bias[1];
    for (std::size_t i = 0; i < 3; ++i) {
        const double variance = std::exp(2 * units.log_sigma[i]), v = visible(0, i);
        expected += std::pow(v - units.center[i], 2) / (2 * variance) - v / variance * gaussian.weights(i, 1);
    }
    CHECK(gaussian.energy(visible, hidden)[0] == doctest::Approx(expected).epsilon(1e-12));
}

TEST_CASE("probabilities sum to 1, and conditionals follow from the joint energy") {
    const auto machine = random_machine<double>("bernoulli", 4, "bernoulli", 3, 6);
    const double log_partition = [&] {
        const auto visible = all_states(machine.visible);
        std::vector<double> terms;
        for (std::size_t v = 0; v < visible.rows(); ++v)
            terms.push_back(-machine.free_energy(repeated(visible, v, 1))[0]);
        return log_sum_exp(terms);
    }();
    double total = 0;
    const auto visible = all_states(machine.visible);
    const auto hidden = all_states(machine.hidden);
    BasicMatrix<double> mean_of_hidden(visible.rows(), 3);
    for (std::size_t v = 0; v < visible.rows(); ++v) {
        const auto energies = machine.energy(repeated(visible, v, hidden.rows()), hidden);
        double marginal = 0;
        for (std::size_t h = 0; h < hidden.rows(); ++h) {
            const double p = std::exp(-energies[h] - log_partition);
            marginal += p;
            for (std::size_t j = 0; j < 3; ++j) mean_of_hidden(v, j) += p * hidden(h, j);
        }
        for (std::size_t j = 0; j < 3; ++j) mean_of_hidden(v, j) /= marginal;
        total += marginal;
    }
    CHECK(total == doctest::Approx(1).epsilon(1e-12));
    const auto means = machine.hidden_mean(visible);
    for (std::size_t i = 0; i < means.values().size(); ++i)
        CHECK(means.values()[i] == doctest::Approx(mean_of_hidden.values()[i]).epsilon(1e-10));
}

TEST_CASE("enumerating either side gives one log Z") {
    for (const double beta : {1.0, 0.4}) {
        const auto machine = random_machine<float>("bernoulli", 9, "bernoulli", 7, 8);
        const double by_visible = exact_log_partition(machine, Side::visible, beta);
        const double by_hidden = exact_log_partition(machine, Side::hidden, beta);
        CHECK(by_visible == doctest::Approx(by_hidden).epsilon(1e-10));
    }
}

TEST_CASE("log Z of Gaussian machines: closed form over h, and quadrature over v") {
    const auto machine = random_machine<float>("gaussian", 2, "bernoulli", 3, 9);
    const auto exact = precise(machine);
    const double by_hidden = exact_log_partition(machine);
    constexpr std::size_t points = 800;
    constexpr double reach = 14, step = 2 * reach / points;
    BasicMatrix<double> grid(points * points, 2);
    for (std::size_t i = 0; i < points; ++i)
        for (std::size_t j = 0; j < points; ++j) {
            grid(i * points + j, 0) = -reach + (static_cast<double>(i) + 0.5) * step;
            grid(i * points + j, 1) = -reach + (static_cast<double>(j) + 0.5) * step;
        }
    std::vector<double> terms = exact.free_energy(grid);
    for (double& term : terms) term = -term;
    CHECK(by_hidden == doctest::Approx(log_sum_exp(terms) + 2 * std::log(step)).epsilon(1e-9));
    // W = 0: a product of Gaussians and coins.
    auto independent = random_machine<float>("gaussian", 4, "bernoulli", 3, 10);
    independent.weights.fill(0);
    double expected = 0;
    for (const float s : std::get<Gaussian>(independent.visible).log_sigma)
        expected += static_cast<double>(s) + 0.5 * std::log(2 * std::numbers::pi);
    for (const float b : std::get<Bernoulli>(independent.hidden).bias) expected += softplus(static_cast<double>(b));
    CHECK(exact_log_partition(independent) == doctest::Approx(expected).epsilon(1e-10));
}

TEST_CASE("gradients of energy and free energy match finite differences") {
    for (const auto& [visible_kind, hidden_kind] : unit_pairs) {
        const std::string kinds = visible_kind + "-" + hidden_kind;
        CAPTURE(kinds);
        const auto machine = random_machine<double>(visible_kind, 4, hidden_kind, 3, 11);
        const auto visible = random_states(machine.visible, 5, 12);
        const auto hidden = random_states(machine.hidden, 5, 13);
        const std::vector<double> weights = {0.5, -1, 2, 0.25, 1};
        const auto weighted = [&](const std::vector<double>& values) {
            double sum = 0;
            for (std::size_t b = 0; b < values.size(); ++b) sum += weights[b] * values[b];
            return sum;
        };
        check_gradient(machine, machine.free_energy_gradient(visible, weights),
                       [&](const PreciseMachine& m) { return weighted(m.free_energy(visible)); });
        check_gradient(machine, machine.energy_gradient(visible, hidden, weights),
                       [&](const PreciseMachine& m) { return weighted(m.energy(visible, hidden)); });
    }
}

TEST_CASE("the gradient of log Z is minus the model's mean of dF") {
    const auto machine = random_machine<double>("bernoulli", 5, "bernoulli", 4, 14);
    auto probabilities = exact_probabilities(machine);
    for (double& p : probabilities) p = -p;
    check_gradient(machine, machine.free_energy_gradient(all_states(machine.visible), probabilities),
                   [](const PreciseMachine& m) {
                       std::vector<double> terms = m.free_energy(all_states(m.visible));
                       for (double& term : terms) term = -term;
                       return log_sum_exp(terms);
                   });
}

TEST_CASE("the score is the slope of log p(v); Bernoulli units have none") {
    const auto machine = random_machine<double>("gaussian", 4, "bernoulli", 3, 15);
    auto visible = random_states(machine.visible, 3, 16);
    const auto score = machine.score(visible);
    constexpr double step = 1e-5;
    for (std::size_t b = 0; b < 3; ++b)
        for (std::size_t i = 0; i < 4; ++i) {
            const double kept = visible(b, i);
            visible(b, i) = kept + step;
            const double above = machine.free_energy(visible)[b];
            visible(b, i) = kept - step;
            const double below = machine.free_energy(visible)[b];
            visible(b, i) = kept;
            CHECK(score(b, i) == doctest::Approx((below - above) / (2 * step)).epsilon(1e-7).scale(1));
        }
    const auto binary = random_machine<float>("bernoulli", 4, "bernoulli", 3, 15);
    CHECK_THROWS_AS(binary.score(random_states(binary.visible, 1, 1)), Unsupported);
}

TEST_CASE("a Gaussian machine with W = 0 is best at the sample mean and variance") {
    auto machine = random_machine<double>("gaussian", 3, "bernoulli", 2, 17);
    machine.weights.fill(0);
    const auto data = random_states(machine.visible, 200, 18);
    std::vector<double> means(3), variances(3);
    for (std::size_t i = 0; i < 3; ++i) {
        for (std::size_t b = 0; b < data.rows(); ++b) means[i] += data(b, i) / 200;
        for (std::size_t b = 0; b < data.rows(); ++b) variances[i] += std::pow(data(b, i) - means[i], 2) / 200;
    }
    fit_marginals(machine.visible, means, variances, 200);
    // Mean dF over the data plus d log Z; for W = 0, d log Z/d log_sigma is 1 and d log Z/d center is 0.
    const std::vector<double> even(200, 1.0 / 200);
    const auto gradient = machine.free_energy_gradient(data, even);
    for (const double slope : std::get<BasicGaussian<double>>(gradient.visible).center) CHECK(std::abs(slope) < 1e-10);
    for (const double slope : std::get<BasicGaussian<double>>(gradient.visible).log_sigma)
        CHECK(slope + 1 == doctest::Approx(0).scale(1).epsilon(1e-10));
}

TEST_CASE("both marginals agree on the joint: sum over v of exp(-F(v)) equals sum over h of exp(-F(h))") {
    const auto machine = random_machine<double>("bernoulli", 6, "bernoulli", 5, 19);
    auto by_visible = machine.free_energy(all_states(machine.visible));
    auto by_hidden = machine.hidden_free_energy(all_states(machine.hidden));
    for (double& value : by_visible) value = -value;
    for (double& value : by_hidden) value = -value;
    CHECK(log_sum_exp(by_visible) == doctest::Approx(log_sum_exp(by_hidden)).epsilon(1e-12));
}

TEST_CASE("float machines on every backend agree with the double oracle") {
    for (const auto name : available_backends()) {
        const ContextScope scope({.backend = &backend_named(name)});
        for (const auto& [visible_kind, hidden_kind] : unit_pairs) {
            const auto machine = random_machine<float>(visible_kind, 40, hidden_kind, 30, 20, 0.2);
            const auto oracle = precise(machine);
            const auto visible = random_states(machine.visible, 7, 21);
            const auto wide = precise(visible);
            const auto fast = machine.free_energy(visible);
            const auto exact = oracle.free_energy(wide);
            for (std::size_t b = 0; b < fast.size(); ++b) CHECK(fast[b] == doctest::Approx(exact[b]).epsilon(1e-5));
            const std::vector<float> even(7, 1.0F / 7);
            const std::vector<double> even_wide(7, 1.0 / 7);
            const auto fast_gradient = machine.free_energy_gradient(visible, even);
            const auto exact_gradient = oracle.free_energy_gradient(wide, even_wide);
            each_pair(fast_gradient, exact_gradient, [&](std::string_view parameter, auto found, auto expected) {
                INFO(parameter);
                for (std::size_t i = 0; i < found.size(); ++i)
                    CHECK(static_cast<double>(found[i]) == doctest::Approx(expected[i]).epsilon(1e-4).scale(1));
            });
        }
    }
}

TEST_CASE("wrong shapes and impossible pairs are refused by name") {
    const Machine machine(Bernoulli(4), Bernoulli(3));
    CHECK_THROWS_WITH_AS(machine.free_energy(Matrix(2, 5)),
                         "Machine::free_energy: visible has 5 columns, the machine has 4 visible units",
                         InvalidArgument);
    CHECK_THROWS_AS(machine.visible_mean(Matrix(2, 4)), InvalidArgument);
    const std::vector<float> one_beta(1, 1.0F);
    Random random;
    CHECK_THROWS_AS(machine.hidden_mean(Matrix(2, 4), one_beta), InvalidArgument);
    CHECK_THROWS_AS(machine.visible_mean(Matrix(2, 3), one_beta), InvalidArgument);
    CHECK_THROWS_AS(machine.sample_hidden(Matrix(2, 4), random, one_beta), InvalidArgument);
    CHECK_THROWS_AS(machine.sample_visible(Matrix(2, 3), random, one_beta), InvalidArgument);
    CHECK_THROWS_AS(machine.free_energy(Matrix(2, 4), one_beta), InvalidArgument);
    CHECK_THROWS_AS(machine.hidden_free_energy(Matrix(2, 3), one_beta), InvalidArgument);
    CHECK_THROWS_AS(machine.hidden_mean(Matrix(2, 3)), InvalidArgument);
    CHECK_THROWS_AS(machine.sample_hidden(Matrix(2, 3), random), InvalidArgument);
    CHECK_THROWS_AS(machine.sample_visible(Matrix(2, 4), random), InvalidArgument);
    CHECK_THROWS_AS(machine.hidden_free_energy(Matrix(2, 4)), InvalidArgument);
    CHECK_THROWS_AS(machine.energy(Matrix(2, 3), Matrix(2, 3)), InvalidArgument);
    CHECK_THROWS_AS(machine.energy(Matrix(2, 4), Matrix(2, 4)), InvalidArgument);
    CHECK_THROWS_AS(machine.energy(Matrix(2, 4), Matrix(3, 3)), InvalidArgument);
    const std::vector<float> two_weights(2, 1.0F);
    CHECK_THROWS_AS(machine.free_energy_gradient(Matrix(2, 5), two_weights), InvalidArgument);
    CHECK_THROWS_AS(machine.free_energy_gradient(Matrix(3, 4), two_weights), InvalidArgument);
    CHECK_THROWS_AS(machine.energy_gradient(Matrix(2, 5), Matrix(2, 3), two_weights), InvalidArgument);
    CHECK_THROWS_AS(machine.energy_gradient(Matrix(2, 4), Matrix(2, 4), two_weights), InvalidArgument);
    CHECK_THROWS_AS(machine.energy_gradient(Matrix(2, 4), Matrix(3, 3), two_weights), InvalidArgument);
    CHECK_THROWS_AS(machine.energy_gradient(Matrix(3, 4), Matrix(3, 3), two_weights), InvalidArgument);
    CHECK_THROWS_AS(Machine(Gaussian(2), Bernoulli(2)).score(Matrix(1, 3)), InvalidArgument);
    CHECK_THROWS_AS(Machine(Gaussian(2), Gaussian(2)), Unsupported);
    CHECK_THROWS_AS(exact_log_partition(Machine(Bernoulli(30), Bernoulli(40))), Unsupported);
}

TEST_SUITE_END();
