// SPDX-License-Identifier: MIT
// Spin and Potts units: against the Bernoulli machines that they are, the Ising ring, and limits.
#include <doctest/doctest.h>

#include <limits>
#include <numeric>
#include <stdexcept>

#include "rbm/estimate/exact.h"
#include "rbm/estimate/monitor.h"
#include "rbm/kernels/backend.h"
#include "rbm/kernels/context.h"
#include "rbm/kernels/error.h"
#include "rbm/model/bridge.h"
#include "rbm/sampler/block_gibbs.h"
#include "tests/support/small_machines.h"
#include "tests/support/statistics.h"

using namespace rbm;
using namespace rbm::test;

namespace {

template <class Real>
std::vector<Real> values_of(std::span<const Real> values) {
    return {values.begin(), values.end()};
}

/// The Bernoulli machine of a spin machine under x = 2 v - 1, and what its energies lack.
struct Twin {
    PreciseMachine machine;
    double constant = 0;
};

Twin bernoulli_twin(const PreciseMachine& spins) {
    // -a x - x W y with x = 2 v - 1, y = 2 h - 1: weights 4 W, biases 2 a - 2 sum W, constant sum a + sum b - sum W.
    const std::size_t rows = spins.visible_count(), columns = spins.hidden_count();
    Twin twin{PreciseMachine(BasicBernoulli<double>(rows), BasicBernoulli<double>(columns))};
    const auto a = location(spins.visible), b = location(spins.hidden);
    for (std::size_t i = 0; i < rows; ++i) {
        location(twin.machine.visible)[i] += 2 * a[i];
        twin.constant += a[i];
        for (std::size_t j = 0; j < columns; ++j) {
            const double weight = spins.weights(i, j);
            twin.machine.weights(i, j) = 4 * weight;
            location(twin.machine.visible)[i] -= 2 * weight;
            location(twin.machine.hidden)[j] -= 2 * weight;
            twin.constant -= weight;
        }
    }
    for (std::size_t j = 0; j < columns; ++j) {
        location(twin.machine.hidden)[j] += 2 * b[j];
        twin.constant += b[j];
    }
    return twin;
}

BasicMatrix<double> bits_of(const BasicMatrix<double>& spins) {
    BasicMatrix<double> bits = spins;
    for (double& value : bits.values()) value = (value + 1) / 2;
    return bits;
}

/// The Bernoulli machine of a Potts machine with two states a site: unit i is on where the site's second state is.
Twin bernoulli_gauge(const PreciseMachine& potts) {
    const std::size_t rows = site_count(potts.visible), columns = site_count(potts.hidden);
    Twin twin{PreciseMachine(BasicBernoulli<double>(rows), BasicBernoulli<double>(columns))};
    const auto a = location(potts.visible), b = location(potts.hidden);
    const auto w = [&](std::size_t i, std::size_t k, std::size_t j, std::size_t l) {
        return potts.weights(2 * i + k, 2 * j + l);
    };
    for (std::size_t i = 0; i < rows; ++i) {
        location(twin.machine.visible)[i] += a[2 * i + 1] - a[2 * i];
        twin.constant -= a[2 * i];
        for (std::size_t j = 0; j < columns; ++j) {
            twin.machine.weights(i, j) = w(i, 1, j, 1) - w(i, 0, j, 1) - w(i, 1, j, 0) + w(i, 0, j, 0);
            location(twin.machine.visible)[i] += w(i, 1, j, 0) - w(i, 0, j, 0);
            location(twin.machine.hidden)[j] += w(i, 0, j, 1) - w(i, 0, j, 0);
            twin.constant -= w(i, 0, j, 0);
        }
    }
    for (std::size_t j = 0; j < columns; ++j) {
        location(twin.machine.hidden)[j] += b[2 * j + 1] - b[2 * j];
        twin.constant -= b[2 * j];
    }
    return twin;
}

BasicMatrix<double> second_states(const BasicMatrix<double>& one_hot) {
    BasicMatrix<double> bits(one_hot.rows(), one_hot.cols() / 2);
    for (std::size_t r = 0; r < bits.rows(); ++r)
        for (std::size_t i = 0; i < bits.cols(); ++i) bits(r, i) = one_hot(r, 2 * i + 1);
    return bits;
}

PreciseMachine random_two_states(std::size_t visible, std::size_t hidden, std::uint64_t seed) {
    PreciseMachine machine(BasicPotts<double>(visible, 2), BasicPotts<double>(hidden, 2));
    std::size_t parameter = 0;
    machine.each_parameter([&](std::string_view, std::span<double> values) {
        for (std::size_t i = 0; i < values.size(); ++i)
            values[i] = static_cast<double>(normal_at(Stream{seed, 1, 0}, parameter, i));
        ++parameter;
    });
    return machine;
}

/// Kinds that have no formulas of their own.
struct PlainBits : LetterUnits<PlainBits, double> {
    static constexpr std::string_view name = "plain-bits";
    static constexpr UnitFacts facts{.states = "0 or 1", .energy = biased_energy};
    static constexpr std::array letters{0.0, 1.0};
    using LetterUnits::LetterUnits;
};
struct PlainSpins : LetterUnits<PlainSpins, double> {
    static constexpr std::string_view name = "plain-spins";
    static constexpr UnitFacts facts{.states = "-1 or 1", .energy = biased_energy};
    static constexpr std::array letters{-1.0, 1.0};
    using LetterUnits::LetterUnits;
};
struct UnevenLetters : LetterUnits<UnevenLetters, double> {
    static constexpr std::string_view name = "uneven";
    static constexpr UnitFacts facts{.states = "-1, 0.5 or 4", .energy = biased_energy};
    static constexpr std::array letters{-1.0, 0.5, 4.0};
    using LetterUnits::LetterUnits;
};
static_assert(UnitKind<PlainBits, double> && UnitKind<PlainSpins, double> && UnitKind<UnevenLetters, double>);

/// All functions but sample() of two kinds that should be one.
template <class Bank, class Plain>
void compare_with_letters() {
    constexpr std::size_t rows = 4, units = 5;
    Bank bank(units);
    Plain plain(units);
    BasicMatrix<double> field(rows, units);
    std::vector<double> betas(rows);
    for (std::size_t b = 0; b < rows; ++b) {
        betas[b] = 0.4 + static_cast<double>(b);
        for (std::size_t i = 0; i < units; ++i)
            field(b, i) = 2 * static_cast<double>(normal_at(Stream{430, 1, 0}, b, i));
    }
    for (std::size_t i = 0; i < units; ++i)
        plain.bias[i] = bank.bias[i] = static_cast<double>(normal_at(Stream{430, 2, 0}, 0, i));
    const auto same = [](std::span<const double> found, std::span<const double> expected) {
        REQUIRE(found.size() == expected.size());
        for (std::size_t i = 0; i < found.size(); ++i)
            CHECK(found[i] == doctest::Approx(expected[i]).epsilon(1e-10).scale(1));
    };
    CHECK(plain.site_states() == bank.site_states());
    const MatrixView<const double> x = field;
    BasicMatrix<double> means(rows, units), plain_means(rows, units), slopes(rows, units), bends(rows, units);
    BasicMatrix<double> plain_slopes(rows, units), plain_bends(rows, units);
    bank.mean(x, betas, means);
    plain.mean(x, betas, plain_means);
    same(plain_means.values(), means.values());
    bank.mean_slopes(means, slopes, bends);
    plain.mean_slopes(means, plain_slopes, plain_bends);
    same(plain_slopes.values(), slopes.values());
    same(plain_bends.values(), bends.values());
    std::vector<double> sums(rows), plain_sums(rows);
    bank.add_log_normalizer(x, betas, sums);
    plain.add_log_normalizer(x, betas, plain_sums);
    same(plain_sums, sums);
    BasicMatrix<double> states(rows, units);
    bank.sample(x, betas, Stream{430, 3, 0}, states);
    bank.add_log_probability(states, means, sums);
    plain.add_log_probability(states, means, plain_sums);
    same(plain_sums, sums);

    const Bank start = bank;
    const Plain plain_start = plain;
    std::vector<double> wanted(means.row(0).begin(), means.row(0).end());
    wanted[1] = plain.letters.back();  // never seen otherwise
    bank.fit_marginals(wanted, {}, 20);
    plain.fit_marginals(wanted, {}, 20);
    same(plain.bias, bank.bias);
    typename Bank::Path path;
    typename Plain::Path plain_path;
    path.set(start, bank);
    plain_path.set(plain_start, plain);
    const std::vector<double> from(rows, 0.2);
    path.add_normalizer_change(x, from, betas, sums);
    plain_path.add_normalizer_change(x, from, betas, plain_sums);
    same(plain_sums, sums);
}

/// How often each letter is drawn, by the bank and half way on a path that begins and ends at it, against exp(t l).
template <class Plain>
void check_draws() {
    constexpr std::size_t rows = 20'000;
    Plain plain(1);
    plain.bias = {0.4};
    typename Plain::Path path;
    path.set(plain, plain);
    const double beta = 0.5, input = -0.9;
    const std::vector<double> betas(rows, beta);
    BasicMatrix<double> field(rows, 1), states(rows, 1);
    field.fill(input);
    const auto check = [&](double t) {
        double normalizer = 0;
        for (const double letter : plain.letters) normalizer += std::exp(t * letter);
        for (const double letter : plain.letters) {
            const double p = std::exp(t * letter) / normalizer;
            const auto count = static_cast<double>(std::ranges::count(states.values(), letter));
            CHECK(count / rows == doctest::Approx(p).scale(1).epsilon(4 * std::sqrt(p * (1 - p) / rows)));
        }
    };
    plain.sample(field, betas, Stream{431, 1, 0}, states);
    check(beta * (0.4 + input));
    path.sample(field, betas, Stream{431, 2, 0}, states);
    check(0.4 + beta * input);
}

/// A ring of Ising spins as a machine: hidden unit i couples its neighbours i and i + 1 with cosh(2 w) = exp(2
/// coupling).
Machine ising_machine(std::size_t spins, double coupling) {
    Machine machine{Spin(spins), Spin(spins)};
    const auto weight = static_cast<float>(std::acosh(std::exp(2 * coupling)) / 2);
    for (std::size_t i = 0; i < spins; ++i) machine.weights(i, i) = machine.weights((i + 1) % spins, i) = weight;
    return machine;
}

}  // namespace

TEST_SUITE_BEGIN("units");

TEST_CASE("a spin machine is a Bernoulli machine under x = 2 v - 1") {
    const auto spins = random_machine<double>("spin", 5, "spin", 4, 401);
    const auto [twin, constant] = bernoulli_twin(spins);
    const auto visible = all_states(spins.visible), hidden = random_states(spins.hidden, 32, 402);
    const auto found = spins.energy(visible, hidden), expected = twin.energy(bits_of(visible), bits_of(hidden));
    for (std::size_t r = 0; r < found.size(); ++r)
        CHECK(found[r] == doctest::Approx(expected[r] + constant).epsilon(1e-12).scale(1));
    const auto free = spins.free_energy(visible), free_expected = twin.free_energy(bits_of(visible));
    for (std::size_t r = 0; r < free.size(); ++r)
        CHECK(free[r] == doctest::Approx(free_expected[r] + constant).epsilon(1e-12).scale(1));
    const auto means = spins.hidden_mean(visible), means_expected = twin.hidden_mean(bits_of(visible));
    for (std::size_t i = 0; i < means.values().size(); ++i)
        CHECK(means.values()[i] == doctest::Approx(2 * means_expected.values()[i] - 1).epsilon(1e-12).scale(1));
}

TEST_CASE("a Potts machine of two states is a Bernoulli machine, whatever the gauge") {
    const auto potts = random_two_states(4, 3, 403);
    const auto [twin, constant] = bernoulli_gauge(potts);
    const auto visible = all_states(potts.visible), hidden = random_states(potts.hidden, 16, 404);
    REQUIRE(visible.rows() == 16);
    const auto found = potts.energy(visible, hidden);
    const auto expected = twin.energy(second_states(visible), second_states(hidden));
    for (std::size_t r = 0; r < found.size(); ++r)
        CHECK(found[r] == doctest::Approx(expected[r] + constant).epsilon(1e-12).scale(1));
    const auto free = potts.free_energy(visible), free_expected = twin.free_energy(second_states(visible));
    for (std::size_t r = 0; r < free.size(); ++r)
        CHECK(free[r] == doctest::Approx(free_expected[r] + constant).epsilon(1e-12).scale(1));
    const auto means = second_states(potts.hidden_mean(visible));
    const auto means_expected = twin.hidden_mean(second_states(visible));
    for (std::size_t i = 0; i < means.values().size(); ++i)
        CHECK(means.values()[i] == doctest::Approx(means_expected.values()[i]).epsilon(1e-12).scale(1));
    // Gauge: what all states of a site share changes no probability.
    auto shifted = potts;
    for (std::size_t k = 0; k < 2; ++k) {
        location(shifted.visible)[2 + k] += 3;
        shifted.weights(4 + k, 1) -= 5;
        shifted.weights(4 + k, 0) -= 5;
    }
    const auto before = exact_probabilities(potts), after = exact_probabilities(shifted);
    for (std::size_t s = 0; s < before.size(); ++s) CHECK(after[s] == doctest::Approx(before[s]).epsilon(1e-10));
}

TEST_CASE("energies of spin and Potts machines, written out") {
    const auto spins = random_machine<double>("spin", 2, "spin", 2, 405);
    const auto state = [](std::initializer_list<double> values) {
        BasicMatrix<double> row(1, values.size());
        std::ranges::copy(values, row.values().begin());
        return row;
    };
    const auto a = location(spins.visible), b = location(spins.hidden);
    const auto& w = spins.weights;
    CHECK(spins.energy(state({-1, 1}), state({1, -1}))[0] ==
          doctest::Approx(a[0] - a[1] - b[0] + b[1] + w(0, 0) - w(0, 1) - w(1, 0) + w(1, 1)).epsilon(1e-12));
    const auto potts = random_machine<double>("potts", 2, "bernoulli", 1, 406);
    const auto c = location(potts.visible), d = location(potts.hidden);
    CHECK(potts.energy(state({0, 0, 1, 1, 0, 0}), state({1}))[0] ==
          doctest::Approx(-c[2] - c[3] - d[0] - potts.weights(2, 0) - potts.weights(3, 0)).epsilon(1e-12));
}

TEST_CASE("log Z and entropy of the Ising ring, from its transfer matrix") {
    for (const double coupling : {0.2, 0.5, 1.1}) {
        constexpr std::size_t spins = 12;
        const Machine machine = ising_machine(spins, coupling);
        // Summing a hidden spin gives 2 cosh(w (x + y)) = 2 exp(coupling) exp(coupling x y).
        const double ring =
            std::log(std::pow(2 * std::cosh(coupling), spins) + std::pow(2 * std::sinh(coupling), spins));
        const double expected = ring + spins * (std::log(2) + coupling);
        CHECK(exact_log_partition(machine, Side::visible) == doctest::Approx(expected).epsilon(1e-6));
        CHECK(exact_log_partition(machine, Side::hidden) == doctest::Approx(expected).epsilon(1e-6));
    }
}

TEST_CASE("W = 0: log Z is a product over sites, and the best biases are those of the marginals") {
    auto machine = random_machine<float>("spin", 5, "potts", 4, 407);
    machine.weights.fill(0);
    double expected = 0;
    for (const float b : location(machine.visible)) expected += std::log(2 * std::cosh(static_cast<double>(b)));
    for (std::size_t site = 0; site < 4; ++site) {
        double sum = 0;
        for (std::size_t k = 0; k < potts_states; ++k)
            sum += std::exp(static_cast<double>(location(machine.hidden)[site * potts_states + k]));
        expected += std::log(sum);
    }
    CHECK(exact_log_partition(machine) == doctest::Approx(expected).epsilon(1e-10));

    BasicUnits<double> of_any_kind = BasicSpin<double>(3);
    fit_marginals(of_any_kind, std::vector<double>{-1, 0.6, 1}, {}, 100);
    const auto& spin = std::get<BasicSpin<double>>(of_any_kind);
    CHECK(std::tanh(spin.bias[1]) == doctest::Approx(0.6).epsilon(1e-12));
    CHECK(spin.bias[2] == doctest::Approx(0.5 * std::log(100.0)));
    CHECK(spin.bias[0] == -spin.bias[2]);
    BasicPotts<double> potts(2, 3);
    potts.fit_marginals(std::vector<double>{0.2, 0.5, 0.3, 1, 0, 0}, {}, 100);
    BasicMatrix<double> field(1, 6), mean(1, 6);
    potts.mean(field, {}, mean);
    for (const auto& [column, p] : std::initializer_list<std::pair<std::size_t, double>>{{0, 0.2}, {1, 0.5}, {2, 0.3}})
        CHECK(mean(0, column) == doctest::Approx(p).epsilon(1e-12));
    CHECK(mean(0, 4) / mean(0, 3) == doctest::Approx(1 / 200.0).epsilon(1e-12));
    CHECK(std::accumulate(potts.bias.begin() + 3, potts.bias.end(), 0.0) == doctest::Approx(0).scale(1));
    potts.fit_marginals(std::vector<double>{0.2, 0.5, 0.3, 0.1, 0.6, 0.3}, {}, 100);
    for (const std::ptrdiff_t first : {0, 3})  // each site on its own
        CHECK(std::accumulate(potts.bias.begin() + first, potts.bias.begin() + first + 3, 0.0) ==
              doctest::Approx(0).scale(1));
}

TEST_CASE("chains of every pair of kinds visit every state as often as its probability says") {
    for (const auto& pair : unit_pairs) {
        const std::string &visible_kind = pair.first, &hidden_kind = pair.second;
        CAPTURE(visible_kind);
        CAPTURE(hidden_kind);
        const auto machine = random_machine<float>(visible_kind, 4, hidden_kind, 3, 408, 0.6);
        const auto exact = precise(machine);
        for (const double beta : {1.0, 0.5}) {
            Random random(409);
            auto chains = Chains::from_noise(machine, 4000, random);
            if (beta != 1) chains.beta.assign(chains.count(), static_cast<float>(beta));
            BlockGibbs{40}.step(machine, chains, random);
            const auto check = [&](const Units& units, const Matrix& states, bool by_visible) {
                if (!is_discrete(units)) return;
                const auto all = all_states(by_visible ? exact.visible : exact.hidden);
                const std::vector<double> betas(all.rows(), beta);
                auto logs = by_visible ? exact.free_energy(all, betas) : exact.hidden_free_energy(all, betas);
                for (double& value : logs) value = -value;
                const double total = log_sum_exp(logs);
                for (double& value : logs) value = std::exp(value - total);
                std::vector<double> counts(all.rows());
                for (std::size_t c = 0; c < states.rows(); ++c)
                    counts[rbm::state_number(site_states(units), states.row(c))] += 1;
                CHECK(chi_square_p(counts, logs) > 1e-4);
                for (double& p : logs) p = 1 / static_cast<double>(logs.size());
                CHECK(chi_square_p(counts, logs) < 1e-4);  // teeth
            };
            check(machine.visible, chains.visible, true);
            check(machine.hidden, chains.hidden, false);
        }
    }
}

TEST_CASE("log probabilities of states are the energies', for every kind on the hidden side") {
    for (const auto& pair : unit_pairs) {
        const std::string &visible_kind = pair.first, &hidden_kind = pair.second;
        CAPTURE(visible_kind);
        CAPTURE(hidden_kind);
        const auto machine = random_machine<double>(visible_kind, 4, hidden_kind, 3, 410);
        const auto visible = random_states(machine.visible, 6, 411), hidden = random_states(machine.hidden, 6, 412);
        auto found = machine.energy(visible, hidden);
        const auto mean = machine.hidden_mean(visible);
        add_log_probability(machine.hidden, hidden, mean, found);
        const auto expected = machine.free_energy(visible);
        for (std::size_t r = 0; r < found.size(); ++r)
            CHECK(found[r] == doctest::Approx(expected[r]).epsilon(1e-10).scale(1));
    }
}

TEST_CASE("pseudo-likelihood is taken by sites: the sum of log p(site | rest)") {
    for (const std::string visible_kind : {"bernoulli", "spin", "potts"}) {
        CAPTURE(visible_kind);
        const auto machine = random_machine<float>(visible_kind, 3, "spin", 4, 413);
        const auto exact = precise(machine);
        const Matrix states = all_states(machine.visible);
        const auto data = Dataset::from_floats(states.rows(), states.cols(), values_of(std::as_const(states).values()));
        const auto p = exact_probabilities(exact);
        const auto letters = static_cast<std::size_t>(site_states(machine.visible).rows());
        double expected = 0;
        for (std::size_t s = 0; s < p.size(); ++s)
            for (std::size_t site = 0, place = 1; site < 3; ++site, place *= letters) {
                const std::size_t base = s - s / place % letters * place;
                double sum = 0;
                for (std::size_t k = 0; k < letters; ++k) sum += p[base + k * place];
                expected += std::log(p[s] / sum);
            }
        expected /= static_cast<double>(p.size());
        CHECK(exact_pseudo_likelihood(machine, data) == doctest::Approx(expected).epsilon(1e-5));
        Moments estimates;
        for (std::uint64_t seed = 0; seed < 200; ++seed)
            estimates.add(pseudo_likelihood(machine, data, Random(seed)).value);
        CHECK(std::abs(estimates.z(expected)) < 4);
    }
}

TEST_CASE("strong fields decide, and what is not a number stays so") {
    const BasicPotts<float> potts(2, 3);
    const BasicSpin<float> spin(6);
    Matrix field(1, 6), out(1, 6);
    std::ranges::copy(std::initializer_list<float>{-1e30F, 1e30F, 0, 80, -120, 79}, field.values().begin());
    potts.mean(field, {}, out);
    CHECK(out(0, 0) == 0);
    CHECK(out(0, 1) == 1);
    CHECK(out(0, 3) == doctest::Approx(logistic(1.0F)));
    std::vector<double> sum(1);
    potts.add_log_normalizer(field, {}, sum);
    CHECK(sum[0] == doctest::Approx(1e30 + 80 + softplus(-1.0)));
    potts.sample(field, {}, Stream{1, 1, 0}, out);
    CHECK(out(0, 1) == 1);
    CHECK(out(0, 4) == 0);
    spin.mean(field, {}, out);
    CHECK(out(0, 0) == -1);
    CHECK(out(0, 1) == 1);
    CHECK(out(0, 2) == 0);
    std::ranges::copy(std::initializer_list<float>{-1e4F, 1e4F, 0, 50, -50, 0.25F}, field.values().begin());
    sum[0] = 0;
    spin.add_log_normalizer(field, {}, sum);
    CHECK(sum[0] == doctest::Approx(20100 + std::log(2.0) + std::log(2 * std::cosh(0.25))).epsilon(1e-7));
    field(0, 4) = std::numeric_limits<float>::quiet_NaN();
    for (const bool sampled : {false, true}) {
        const auto run = [&](const auto& units) {
            sampled ? units.sample(field, {}, Stream{1, 1, 0}, out) : units.mean(field, {}, out);
            return std::isnan(out(0, 4)) && !std::isnan(out(0, 0));
        };
        CHECK(run(potts));
        CHECK(run(spin));
    }
    CHECK_THROWS_AS(BasicPotts<float>(3, 1), InvalidArgument);
    CHECK_THROWS_AS(make_units<float>("potts", 3), InvalidArgument);
    CHECK_THROWS_WITH_AS(make_units<float>("relu", 3),
                         doctest::Contains("unit kind 'relu': expected bernoulli, gaussian, spin"), InvalidArgument);
}

TEST_CASE("draws of a site are the same for any number of threads and wherever its row stands") {
    const auto machine = random_machine<float>("potts", 90, "spin", 70, 414, 0.2);
    const Matrix hidden = random_states(machine.hidden, 500, 415);
    std::vector<Matrix> results;
    for (const std::size_t count : std::initializer_list<std::size_t>{1, 3}) {
        const ContextScope scope({.threads = count});
        Random random(416);
        results.push_back(machine.sample_visible(hidden, random));
    }
    CHECK(results[0] == results[1]);
    const auto& units = std::get<Potts>(machine.visible);
    const Matrix field(500, 270);
    Matrix all(500, 270), part(100, 270);
    units.sample(field, {}, Stream{7, 3, 0}, all);
    units.sample(field.rows_from(400, 100), {}, Stream{7, 3, 0}.rows_from(400), part);
    CHECK(std::ranges::equal(part.values(), std::span(all.data() + 400 * 270, 100 * 270)));
}

TEST_CASE("states are numbered, found, and told from what is none") {
    for (const UnitRow& row : unit_rows()) {
        if (!row.discrete) continue;
        const Units units = make_units<float>(row.name, 4, potts_states);
        const Matrix states = all_states(units), letters = site_states(units);
        for (std::size_t s = 0; s < states.rows(); ++s) {
            CHECK(rbm::state_number(letters, states.row(s)) == s);
            CHECK(find_no_state(letters, states.row(s)) == states.cols());
        }
        Matrix wrong = states;
        wrong(3, wrong.cols() - 1) = 0.25F;
        CHECK(find_no_state(letters, std::as_const(wrong).row(3)) == wrong.cols() - letters.cols());
    }
    const Units real = make_units<float>("gaussian", 2);
    const Matrix numbers(1, 2);
    CHECK(find_no_state(site_states(real), numbers.row(0)) == 2);
    CHECK(state_count(make_units<float>("potts", 15, 3)) == 14348907);
    CHECK(state_count(make_units<float>("potts", 16, 3)) == 0);
}

TEST_CASE("what follows from letters is what Bernoulli and spin units do") {
    compare_with_letters<BasicBernoulli<double>, PlainBits>();
    compare_with_letters<BasicSpin<double>, PlainSpins>();
    check_draws<PlainBits>();
    check_draws<PlainSpins>();
    check_draws<UnevenLetters>();
}

TEST_CASE("letters at uneven distances: means, their slopes and fitted biases by differences") {
    UnevenLetters units(1);
    const auto mean_at = [&](double t) {
        BasicMatrix<double> out(1, 1);
        out(0, 0) = t;
        units.mean(out, {}, out);
        return out(0, 0);
    };
    const auto normalizer_at = [&](double t) {
        BasicMatrix<double> field(1, 1);
        field(0, 0) = t;
        double out = 0;
        units.add_log_normalizer(field, {}, std::span(&out, 1));
        return out;
    };
    constexpr double step = 1e-4;
    for (const double t : {-3.0, -0.2, 0.0, 0.7, 2.0}) {
        const double mean = mean_at(t);
        CHECK(mean == doctest::Approx((normalizer_at(t + step) - normalizer_at(t - step)) / (2 * step)).epsilon(1e-6));
        BasicMatrix<double> means(1, 1), first(1, 1), second(1, 1);
        means(0, 0) = mean;
        units.mean_slopes(means, first, second);
        CHECK(first(0, 0) == doctest::Approx((mean_at(t + step) - mean_at(t - step)) / (2 * step)).epsilon(1e-6));
        CHECK(
            second(0, 0) ==
            doctest::Approx((mean_at(t + step) - 2 * mean + mean_at(t - step)) / (step * step)).epsilon(1e-5).scale(1));
        units.fit_marginals(std::span(&mean, 1), {}, 100'000'000);
        CHECK(units.bias[0] == doctest::Approx(t).epsilon(1e-8).scale(1));
        units.bias[0] = 0;
    }
    const double never = 4;
    units.fit_marginals(std::span(&never, 1), {}, 32);
    CHECK(units.bias[0] == doctest::Approx(std::log(32.0) / 5));
    BasicMatrix<double> nothing(1, 1);
    nothing(0, 0) = std::numeric_limits<double>::quiet_NaN();
    units.sample(nothing, {}, Stream{432, 1, 0}, nothing);
    CHECK(std::isnan(nothing(0, 0)));
}

TEST_CASE("gradients take the rows that they are given, and nothing that lies behind") {
    for (const UnitRow& row : unit_rows()) {
        CAPTURE(row.name);
        const Units units = make_units<float>(row.name, 2, 3);
        const std::size_t columns = width(units);
        const auto gradient_with = [&](float behind) {
            Matrix state(4, columns), along(4, columns);
            for (std::size_t i = 0; i < 3 * columns; ++i)
                state.data()[i] = 0.1F * static_cast<float>(i), along.data()[i] = 1 - 0.2F * static_cast<float>(i);
            for (Matrix* one : {&state, &along}) std::ranges::fill(one->row(3), behind);
            std::vector<float> values;
            std::visit(
                [&](const auto& bank) {
                    auto gradient = bank;
                    gradient.add_gradient(state.rows_from(0, 3), std::vector<float>(3, 1), gradient);
                    if constexpr (requires { bank.add_score_gradient(state.view(), along.view(), {}, gradient); })
                        bank.add_score_gradient(state.rows_from(0, 3), along.rows_from(0, 3),
                                                std::vector<double>(columns, 1), gradient);
                    each_parameter(Units(gradient), [&](auto, std::span<const float> part) {
                        values.insert(values.end(), part.begin(), part.end());
                    });
                },
                units);
            return values;
        };
        CHECK(gradient_with(0) == gradient_with(1e6F));
    }
}

TEST_CASE("what a kind's row says is what its banks do") {
    for (const UnitRow& row : unit_rows()) {
        CAPTURE(row.name);
        const Units units = make_units<float>(row.name, 2, 3);
        CHECK(kind(units) == row.name);
        CHECK(&unit_row(units) == &row);
        CHECK(&unit_row(row.name) == &row);
        CHECK(is_discrete(units) == row.discrete);
        CHECK(is_bounded(units) == row.bounded);
        CHECK(row.has_states == (site_width(units) == 3));
        CHECK((row.bounded || !row.discrete));
        CHECK_FALSE(row.states.empty());
        CHECK_FALSE(row.energy.empty());
        bool log_scale = false;
        std::size_t parameters = 0;
        each_parameter(units, [&](const Parameter& parameter, std::span<const float> values) {
            ++parameters;
            CHECK(values.size() == width(units));
            CHECK(parameter.name.size() <= longest_parameter_name);
            if (parameter.role == Role::log_scale) log_scale = true;
            CHECK((parameter.role != Role::log_scale || parameter.name.starts_with("log_")));
        });
        CHECK(row.has_log_scale == log_scale);
        CHECK(parameters <= most_unit_parameters);
        if (row.bounded)
            CHECK_NOTHROW(Machine(units, make_units<float>("gaussian", 2)));
        else
            CHECK_THROWS_AS(Machine(units, make_units<float>("gaussian", 2)), Unsupported);
    }
    CHECK(unit_rows().size() == std::variant_size_v<Units>);
    CHECK_THROWS_WITH_AS(unit_row("relu"), doctest::Contains((" or " + std::string(unit_rows().back().name)).c_str()),
                         InvalidArgument);
    CHECK(unit_row("gaussian").has_log_scale);
    CHECK_FALSE(unit_row("gaussian").bounded);
    CHECK(unit_row("potts").has_states);
    CHECK_FALSE(unit_row("spin").has_states);
}

TEST_SUITE_END();
