// SPDX-License-Identifier: MIT
// The path from a factorial base to the machine: its densities against the definition, its draws against the machine
// that stands at the same place of the path.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "rbm/estimate/ais.h"
#include "rbm/estimate/exact.h"
#include "rbm/kernels/backend.h"
#include "rbm/kernels/closed_state.h"
#include "rbm/kernels/context.h"
#include "rbm/kernels/error.h"
#include "rbm/model/bridge.h"
#include "tests/support/small_machines.h"
#include "tests/support/statistics.h"

using namespace rbm;
using namespace rbm::test;

namespace {

/// A base whose parameters are not those of the machine.
BasicUnits<double> some_base(const PreciseMachine& machine, std::uint64_t seed) {
    return random_machine<double>(std::string(kind(machine.visible)), site_count(machine.visible), "bernoulli", 1, seed)
        .visible;
}

/// The definition: minus (1 - beta) times the base's energy, minus beta times the machine's.
double log_density(const PreciseMachine& machine, const BasicUnits<double>& visible_base,
                   const BasicUnits<double>& hidden_base, double beta, const BasicMatrix<double>& v,
                   const BasicMatrix<double>& h) {
    double base = 0;
    add_energy(visible_base, v, std::span(&base, 1));
    add_energy(hidden_base, h, std::span(&base, 1));
    return -(1 - beta) * base - beta * machine.energy(v, h)[0];
}

}  // namespace

TEST_SUITE_BEGIN("bridge");

TEST_CASE("between two places of the path, log densities change as the definition says") {
    for (const auto& pair : unit_pairs) {
        const std::string &visible_kind = pair.first, &hidden_kind = pair.second;
        CAPTURE(visible_kind);
        CAPTURE(hidden_kind);
        if (hidden_kind == "gaussian") continue;  // the hidden sum below is over states
        const auto machine = random_machine<double>(visible_kind, 5, hidden_kind, 4, 1);
        const auto base = some_base(machine, 2);
        const BasicUnits<double> hidden_base = make_units<double>(hidden_kind, 4, potts_states);
        const BasicBridge<double> bridge(machine, base);
        const auto v = random_states(machine.visible, 6, 3);
        const auto hs = all_states(machine.hidden);
        BasicMatrix<double> field(6, machine.hidden_count());
        bridge.hidden_field(v, field);
        const std::vector<double> from{0, 0, 0.2, 0.7, 1, 0.5}, to{1, 0.1, 0.25, 0.3, 0, 0.5};
        std::vector<double> found(6, 123.0);
        bridge.log_ratios(v, field, from, to, found);
        for (std::size_t b = 0; b < 6; ++b) {
            std::vector<double> before, after;
            for (std::size_t s = 0; s < hs.rows(); ++s) {
                const auto row = repeated(v, b, 1), hidden = repeated(hs, s, 1);
                before.push_back(log_density(machine, base, hidden_base, from[b], row, hidden));
                after.push_back(log_density(machine, base, hidden_base, to[b], row, hidden));
            }
            CHECK(found[b] == doctest::Approx(log_sum_exp(after) - log_sum_exp(before)).epsilon(1e-10));
        }
    }
}

TEST_CASE("adding up the base's density times the ratio gives the machine's Z") {
    for (const auto& pair : unit_pairs) {
        const std::string &visible_kind = pair.first, &hidden_kind = pair.second;
        CAPTURE(visible_kind);
        CAPTURE(hidden_kind);
        if (visible_kind == "gaussian") continue;  // on a grid, below
        const auto machine = random_machine<double>(visible_kind, 6, hidden_kind, 4, 5);
        const auto base = some_base(machine, 6);
        const BasicBridge<double> bridge(machine, base);
        const auto v = all_states(machine.visible);
        BasicMatrix<double> field(v.rows(), machine.hidden_count());
        bridge.hidden_field(v, field);
        std::vector<double> logs(v.rows()), energies(v.rows());
        bridge.log_ratios(v, field, std::vector<double>(v.rows(), 0.0), std::vector<double>(v.rows(), 1.0), logs);
        add_energy(base, v, energies);
        std::vector<double> base_logs(v.rows());
        for (std::size_t s = 0; s < logs.size(); ++s) {
            base_logs[s] = -energies[s];
            logs[s] -= energies[s];
        }
        // The base's hidden factor of Z is what base_log_partition() has beside the visible one.
        const double hidden_part = bridge.base_log_partition() - log_sum_exp(base_logs);
        const auto free_energies = machine.free_energy(v);
        std::vector<double> exact;
        for (const double f : free_energies) exact.push_back(-f);
        CHECK(log_sum_exp(logs) + hidden_part == doctest::Approx(log_sum_exp(exact)).epsilon(1e-10));
    }
}

TEST_CASE("with Gaussian visible units, the same on a grid") {
    const auto machine = random_machine<double>("gaussian", 1, "bernoulli", 3, 7);
    const auto base = some_base(machine, 8);
    const BasicBridge<double> bridge(machine, base);
    constexpr std::size_t points = 8001;
    BasicMatrix<double> v(points, 1), field(points, 3);
    for (std::size_t s = 0; s < points; ++s) v(s, 0) = -20 + 0.005 * static_cast<double>(s);
    bridge.hidden_field(v, field);
    std::vector<double> logs(points), energies(points);
    bridge.log_ratios(v, field, std::vector<double>(points, 0.0), std::vector<double>(points, 1.0), logs);
    add_energy(base, v, energies);
    std::vector<double> base_logs(points);
    for (std::size_t s = 0; s < points; ++s) {
        base_logs[s] = -energies[s];
        logs[s] -= energies[s];
    }
    const double step = std::log(0.005);
    CHECK(log_sum_exp(base_logs) + step + 3 * std::log(2) ==
          doctest::Approx(bridge.base_log_partition()).epsilon(1e-9));
    std::vector<double> exact;
    for (const double f : machine.free_energy(v)) exact.push_back(-f);
    CHECK(log_sum_exp(logs) + 3 * std::log(2) == doctest::Approx(log_sum_exp(exact)).epsilon(1e-9));
}

TEST_CASE("the machine in the middle of the path: energies up to a constant, ends as they should be") {
    for (const auto& pair : unit_pairs) {
        const std::string &visible_kind = pair.first, &hidden_kind = pair.second;
        CAPTURE(visible_kind);
        CAPTURE(hidden_kind);
        const auto machine = random_machine<double>(visible_kind, 5, hidden_kind, 4, 9);
        const auto base = some_base(machine, 10);
        const BasicBridge<double> bridge(machine, base);
        const auto v = random_states(machine.visible, 2, 11);
        BasicMatrix<double> field(2, machine.hidden_count());
        bridge.hidden_field(v, field);
        std::vector<double> ratios(2);
        bridge.log_ratios(v, field, std::vector<double>(2, 0.3), std::vector<double>(2, 0.8), ratios);
        const auto before = bridge.at(0.3).free_energy(v), after = bridge.at(0.8).free_energy(v);
        CHECK(ratios[1] - ratios[0] == doctest::Approx((after[0] - before[0]) - (after[1] - before[1])).epsilon(1e-10));
        const auto start = bridge.at(0);
        const auto parameter = location(start.visible), expected_parameter = location(base);
        for (std::size_t i = 0; i < parameter.size(); ++i)
            CHECK(parameter[i] == doctest::Approx(expected_parameter[i]).epsilon(1e-12));
        for (const double weight : start.weights.values()) CHECK(weight == 0);
        const auto end = bridge.at(1).free_energy(v), expected = machine.free_energy(v);
        for (std::size_t b = 0; b < 2; ++b) CHECK(end[b] == doctest::Approx(expected[b]).epsilon(1e-10));
    }
}

TEST_CASE("draws have the means and variances of the machine at that place of the path, row by row") {
    constexpr std::size_t rows = 4000;
    for (const auto name : available_backends()) {
        const ContextScope scope({.backend = &backend_named(name)});
        for (const auto& pair : unit_pairs) {
            const std::string &visible_kind = pair.first, &hidden_kind = pair.second;
            INFO(std::string(name));
            CAPTURE(visible_kind);
            CAPTURE(hidden_kind);
            const auto machine = random_machine<float>(visible_kind, 5, hidden_kind, 7, 12);
            const Units base = random_machine<float>(visible_kind, 5, "bernoulli", 1, 13).visible;
            const Bridge bridge(machine, base);
            for (const float beta : {0.0F, 0.4F, 1.0F}) {
                // Half of the rows stand elsewhere: each must obey its own beta.
                std::vector<float> betas(rows, beta);
                for (std::size_t r = 1; r < rows; r += 2) betas[r] = 0.9F;
                const Machine here = bridge.at(static_cast<double>(beta));
                const auto v = repeated(random_states(machine.visible, 1, 14), 0, rows);
                const auto h = repeated(random_states(machine.hidden, 1, 15), 0, rows);
                Matrix hidden(rows, machine.hidden_count()), visible(rows, machine.visible_count());
                bridge.hidden_field(v, hidden);
                bridge.sample_hidden(hidden.view(), betas, Stream{1, 2, 0}, hidden);
                bridge.visible_field(h, visible);
                bridge.sample_visible(visible.view(), betas, Stream{1, 3, 0}, visible);
                Random random(16);
                const auto check = [&](const Matrix& found, const Matrix& mean, const Matrix& drawn) {
                    for (std::size_t i = 0; i < found.cols(); ++i) {
                        Moments moments, squares, expected_squares;
                        for (std::size_t r = 0; r < rows; r += 2) {
                            const double m = static_cast<double>(mean(0, i));
                            moments.add(static_cast<double>(found(r, i)));
                            squares.add(std::pow(static_cast<double>(found(r, i)) - m, 2));
                            expected_squares.add(std::pow(static_cast<double>(drawn(r, i)) - m, 2));
                        }
                        CHECK(std::abs(moments.mean() - static_cast<double>(mean(0, i))) <
                              4.5 * moments.standard_error() + 1e-3);  // states too rare to turn up
                        CHECK(std::abs(squares.mean() - expected_squares.mean()) <
                              4.5 * std::hypot(squares.standard_error(), expected_squares.standard_error()) + 1e-6);
                    }
                };
                check(hidden, here.hidden_mean(v), here.sample_hidden(v, random));
                check(visible, here.visible_mean(h), here.sample_visible(h, random));
            }
        }
    }
}

TEST_CASE("a machine at another temperature is a machine of its own") {
    for (const auto& pair : unit_pairs)
        for (const double beta : {0.3, 1.0, 2.5}) {
            const auto machine = random_machine<double>(pair.first, 5, pair.second, 4, 17);
            const auto other = tempered(machine, beta);
            const auto v = random_states(machine.visible, 3, 18), h = random_states(machine.hidden, 3, 19);
            const auto found = other.energy(v, h), expected = machine.energy(v, h);
            for (std::size_t b = 0; b < 3; ++b) CHECK(found[b] == doctest::Approx(beta * expected[b]).epsilon(1e-10));
        }
    const auto bernoulli = random_machine<double>("bernoulli", 5, "bernoulli", 4, 20);
    CHECK(tempered(bernoulli, -1.0).weights(0, 0) == -bernoulli.weights(0, 0));
    CHECK_THROWS_AS(tempered(random_machine<double>("gaussian", 2, "bernoulli", 2, 1), 0.0), InvalidArgument);
}

TEST_CASE("a bridge that follows a machine is one built anew") {
    for (const auto& pair : unit_pairs) {
        const auto before = random_machine<float>(pair.first, 40, pair.second, 30, 23, 0.3);
        const auto after = random_machine<float>(pair.first, 40, pair.second, 30, 24, 0.3);
        const Units base = random_machine<float>(pair.first, 40, "bernoulli", 1, 25).visible;
        Bridge following(before, base);
        following.follow(after);
        const Bridge anew(after, base);
        const auto v = random_states(after.visible, 9, 26);
        const std::vector<float> from(9, 0.2F), to(9, 0.7F);
        const auto run = [&](const Bridge& bridge) {
            Matrix hidden(9, after.hidden_count()), visible(9, after.visible_count());
            std::vector<double> ratios(9);
            bridge.hidden_field(v, hidden);
            bridge.log_ratios(v, hidden, from, to, ratios);
            bridge.sample_hidden(hidden.view(), to, Stream{1, 2, 0}, hidden);
            bridge.visible_field(hidden, visible);
            bridge.sample_visible(visible.view(), to, Stream{1, 3, 0}, visible);
            return std::pair(ratios, visible);
        };
        CHECK(run(following) == run(anew));
        CHECK(run(following) != run(Bridge(before, base)));
        CHECK(following.at(1) == anew.at(1));
        CHECK(following.base_log_partition() == anew.base_log_partition());
    }
}

TEST_CASE("bases") {
    const auto machine = random_machine<float>("bernoulli", 3, "bernoulli", 2, 21);
    const std::vector<double> means{0, 0.5, 1}, variances{0, 0.25, 0};
    const auto base = std::get<Bernoulli>(base_of_marginals<float>(machine, means, variances));
    CHECK(base.bias[0] == doctest::Approx(-std::log(20.0)));
    CHECK(base.bias[1] == doctest::Approx(0));
    CHECK(base.bias[2] == doctest::Approx(std::log(20.0)));
    CHECK(std::get<Bernoulli>(uniform_base(machine)).bias == std::vector<float>(3, 0.0F));
    CHECK_THROWS_AS(uniform_base(random_machine<float>("gaussian", 3, "bernoulli", 2, 22)), Unsupported);
    CHECK_THROWS_AS(Bridge(machine, make_units<float>("bernoulli", 4)), InvalidArgument);
    CHECK_THROWS_AS(Bridge(machine, make_units<float>("gaussian", 3)), InvalidArgument);
    CHECK_THROWS_AS(base_of_marginals<float>(machine, std::vector<double>(2), std::vector<double>(2)), InvalidArgument);
}

TEST_CASE("states that sites do not have count nowhere, whatever the temperature and the base") {
    constexpr std::size_t sites = 3, states = 3, hidden = 2;
    const std::size_t used[sites] = {3, 2, 2};
    Machine machine(Potts(sites, states), Bernoulli(hidden));
    Random random(5);
    for (float& weight : machine.weights.values()) weight = static_cast<float>(random() % 2000) / 1000 - 1;
    for (float& bias : location(machine.visible)) bias = static_cast<float>(random() % 2000) / 1000 - 1;
    for (std::size_t s = 0; s < sites; ++s)
        for (std::size_t k = used[s]; k < states; ++k) location(machine.visible)[s * states + k] = closed_bias;
    // The sum over the states that there are.
    const auto log_sum = [&](double beta) {
        double sum = 0;
        for (std::size_t a = 0; a < used[0]; ++a)
            for (std::size_t b = 0; b < used[1]; ++b)
                for (std::size_t c = 0; c < used[2]; ++c) {
                    Matrix row(1, sites * states);
                    row(0, a) = row(0, states + b) = row(0, 2 * states + c) = 1;
                    const std::vector<float> betas = {static_cast<float>(beta)};
                    sum += std::exp(-machine.free_energy(row.view(), betas)[0]);
                }
        return std::log(sum);
    };
    for (const double beta : {1.0, 0.5, 0.01, 1e-4}) {
        CAPTURE(beta);
        CHECK(exact_log_partition(machine, Side::visible, beta) == doctest::Approx(log_sum(beta)).epsilon(1e-6));
        CHECK(exact_log_partition(machine, Side::hidden, beta) == doctest::Approx(log_sum(beta)).epsilon(1e-6));
    }
    CHECK(exact_log_partition(machine, Side::hidden, 0) == doctest::Approx(std::log(12 * 4)).epsilon(1e-6));
    CHECK(exact_log_partition(tempered(machine, 0), Side::hidden) == doctest::Approx(std::log(12 * 4)).epsilon(1e-6));
    const std::vector<double> means(sites * states, 1.0 / states), variances(sites * states, 0.2);
    for (const Units& base : {uniform_base(machine), base_of_marginals(machine, means, variances),
                              make_units<float>("potts", sites, states)}) {
        const Bridge bridge(machine, base);
        CHECK(bridge.base_log_partition() == doctest::Approx(std::log(12 * 4)).epsilon(1e-6));
        std::vector<float> betas(200);
        for (std::size_t i = 0; i < betas.size(); ++i) betas[i] = static_cast<float>(i) / 199;
        std::vector<double> weights;
        annealed_log_partition(bridge, betas, 400, random, &weights);
        CHECK(std::ranges::all_of(weights, [](double weight) { return std::abs(weight) < 100; }));
        const PartitionEstimate found = annealed_log_partition(bridge, betas, 400, random);
        CHECK(found.value == doctest::Approx(log_sum(1)).epsilon(0.02));
    }
    Matrix drawn(1000, sites * states);
    std::vector<float> hot(1000, 0.0F);
    const Matrix start(1000, hidden);
    drawn = machine.sample_visible(start.view(), random, hot);
    for (std::size_t s = 0; s < sites; ++s)
        for (std::size_t k = used[s]; k < states; ++k)
            for (std::size_t r = 0; r < drawn.rows(); ++r) CHECK(drawn(r, s * states + k) == 0);
}

TEST_SUITE_END();
