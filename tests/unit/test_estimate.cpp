// SPDX-License-Identifier: MIT
// Exact log Z, and the numbers that are watched while a machine learns, against brute force.
#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <boost/random/uniform_int_distribution.hpp>
#include <numbers>
#include <numeric>
#include <stdexcept>

#include "rbm/estimate/exact.h"
#include "rbm/estimate/monitor.h"
#include "rbm/kernels/backend.h"
#include "rbm/kernels/context.h"
#include "rbm/kernels/error.h"
#include "rbm/kernels/reference.h"
#include "rbm/kernels/threads.h"
#include "tests/support/small_machines.h"
#include "tests/support/statistics.h"

using namespace rbm;
using namespace rbm::test;

namespace {

/// log of the sum over both sides of exp(-beta E), from energies alone.
double joint_log_partition(const PreciseMachine& machine, double beta) {
    const auto visible = all_states(machine.visible), hidden = all_states(machine.hidden);
    std::vector<double> terms;
    for (std::size_t v = 0; v < visible.rows(); ++v)
        for (const double energy : machine.energy(repeated(visible, v, hidden.rows()), hidden))
            terms.push_back(-beta * energy);
    return log_sum_exp(terms);
}

/// The same with one Gaussian unit on one side, by quadrature over its line.
double line_log_partition(const PreciseMachine& machine, double beta) {
    const bool gaussian_visible = !is_discrete(machine.visible);
    const auto letters = all_states(gaussian_visible ? machine.hidden : machine.visible);
    constexpr double reach = 30, spacing = 0.005;
    std::vector<double> terms;
    for (double x = -reach; x < reach; x += spacing) {
        BasicMatrix<double> line(letters.rows(), 1);
        line.fill(x);
        for (const double energy : gaussian_visible ? machine.energy(line, letters) : machine.energy(letters, line))
            terms.push_back(-beta * energy);
    }
    return log_sum_exp(terms) + std::log(spacing);
}

/// All states at once, one logarithm per unit.
double plain_log_partition(const PreciseMachine& machine, Side side, double beta) {
    const bool by_hidden = side == Side::hidden;
    const auto& units = by_hidden ? machine.hidden : machine.visible;
    const auto& others = by_hidden ? machine.visible : machine.hidden;
    const auto states = all_states(units);
    BasicWorkspace<double> workspace;
    BasicMatrix<double> field(states.rows(), width(others));
    if (by_hidden)
        machine.visible_field(states, workspace, field);
    else
        machine.hidden_field(states, workspace, field);
    std::vector<double> terms(states.rows());
    const std::vector<double> betas(states.rows(), beta);
    add_energy(units, states, std::span<double>(terms));
    for (double& term : terms) term *= -beta;
    if (const auto* bits = std::get_if<BasicBernoulli<double>>(&others))
        reference::add_softplus_sums(MatrixView<const double>(field), std::span<const double>(bits->bias),
                                     std::span<const double>(betas), std::span<double>(terms));
    else
        add_log_normalizer(others, field, BetaOf<double>(betas), terms);
    return log_sum_exp(terms);
}

Dataset dataset(const Matrix& states) {
    return Dataset::from_floats(states.rows(), states.cols(), {states.values().begin(), states.values().end()});
}

}  // namespace

TEST_SUITE_BEGIN("estimate");

TEST_CASE("exact log Z is the sum over both sides, for every pair of kinds, at every temperature") {
    for (const double beta : {1.0, 0.37, 2.0}) {
        for (const std::size_t hidden : std::initializer_list<std::size_t>{3, 8}) {
            const auto machine = random_machine<float>("bernoulli", 6, "bernoulli", hidden, 150);
            const double expected = joint_log_partition(precise(machine), beta);
            CHECK(exact_log_partition(machine, beta) == doctest::Approx(expected).epsilon(1e-12));
            CHECK(exact_log_partition(machine, Side::visible, beta) == doctest::Approx(expected).epsilon(1e-12));
            CHECK(exact_log_partition(machine, Side::hidden, beta) == doctest::Approx(expected).epsilon(1e-12));
        }
        for (const auto& [visible_kind, hidden_kind] : unit_pairs) {
            const bool line = visible_kind == "gaussian" || hidden_kind == "gaussian";
            const auto machine = random_machine<float>(visible_kind, visible_kind == "gaussian" ? 1 : 4, hidden_kind,
                                                       hidden_kind == "gaussian" ? 1 : 3, 151);
            const auto exact = precise(machine);
            const double expected = line ? line_log_partition(exact, beta) : joint_log_partition(exact, beta);
            CHECK(exact_log_partition(machine, beta) == doctest::Approx(expected).epsilon(line ? 1e-9 : 1e-12));
        }
    }
}

TEST_CASE("more states than a block, and any number of threads, give one log Z") {
    const auto machine = random_machine<float>("bernoulli", 13, "bernoulli", 12, 153, 0.4);
    const auto log_partition = [&](std::size_t count) {
        const ContextScope scope({.threads = count});
        return exact_log_partition(machine);
    };
    const double first = log_partition(1);
    CHECK(exact_log_partition(machine, Side::visible) == doctest::Approx(first).epsilon(1e-12));
    for (const std::size_t count : std::initializer_list<std::size_t>{2, 3, 4})
        CHECK(std::bit_cast<std::uint64_t>(log_partition(count)) == std::bit_cast<std::uint64_t>(first));
}

TEST_CASE("log Z by tables of fields is that of the plain sum to 1e-12, for few and many states and units") {
    for (const auto& [visible_kind, hidden_kind] : unit_pairs)
        for (const auto& [visible, hidden] :
             std::initializer_list<std::pair<std::size_t, std::size_t>>{{1, 1}, {60, 3}, {9, 13}, {13, 9}, {3000, 10}})
            for (const double size : {0.02, 0.7, 20.0})
                for (const Side side : {Side::visible, Side::hidden}) {
                    const auto machine = random_machine<float>(visible_kind, visible, hidden_kind, hidden, 160, size);
                    const auto& units = side == Side::hidden ? machine.hidden : machine.visible;
                    // The Gaussians' widths follow the size: at 20, some are 1e-7 and energies beyond all meaning.
                    const auto& others = side == Side::hidden ? machine.visible : machine.hidden;
                    const double work = static_cast<double>(state_count(units)) * static_cast<double>(width(others));
                    if (work == 0 || work > 4e6 || (size > 1 && (!is_discrete(units) || !is_discrete(others))))
                        continue;
                    for (const double beta : {1.0, 0.37}) {
                        const double expected = plain_log_partition(precise(machine), side, beta);
                        CHECK(exact_log_partition(machine, side, beta) == doctest::Approx(expected).epsilon(1e-12));
                    }
                }
    Machine off{Bernoulli(200), Bernoulli(11)};  // nothing but tails
    std::ranges::fill(location(off.visible), -20.0F);
    std::ranges::fill(location(off.hidden), -15.0F);
    const double expected = 200 * std::log1p(std::exp(-20.0)) + 11 * std::log1p(std::exp(-15.0));
    CHECK(exact_log_partition(off) == doctest::Approx(expected).epsilon(1e-9));
}

TEST_CASE("a long enumeration can be ended from outside") {
    const auto machine = random_machine<float>("bernoulli", 20, "bernoulli", 12, 161);
    const ContextScope alone({nullptr, 1});  // other threads only count
    std::uint64_t blocks = 0;
    Control control;
    control.progress = [&](const ProgressReport& report) { CHECK((report.done == ++blocks && report.total == 16)); };
    const double whole = exact_log_partition(machine, Side::hidden, 1, control);
    CHECK(whole == exact_log_partition(machine, Side::hidden));
    CHECK(blocks == 16);
    control.cancelled = [] { return true; };
    CHECK_THROWS_AS((void)exact_log_partition(machine, Side::hidden, 1, control), Cancelled);
}

TEST_CASE("probabilities from log Z sum to 1") {
    const auto machine = random_machine<float>("bernoulli", 10, "bernoulli", 7, 154);
    const double log_partition = exact_log_partition(machine);
    const auto free_energy = precise(machine).free_energy(precise(ConstView(all_states(machine.visible))));
    double total = 0;
    for (const double f : free_energy) total += std::exp(-f - log_partition);
    CHECK(total == doctest::Approx(1).epsilon(1e-12));
}

TEST_CASE("W = 0 at a hundred thousand visible units: log Z is known to 1e-10") {
    constexpr std::size_t visible = 100000, hidden = 5;
    Machine bits{Bernoulli(visible), Bernoulli(hidden)};
    long double expected = 0;
    for (std::size_t i = 0; i < visible; ++i) {
        location(bits.visible)[i] = 3 * normal_at({155, 0, 0}, 0, i);
        expected += std::log1p(std::exp(static_cast<long double>(location(bits.visible)[i])));
    }
    for (std::size_t j = 0; j < hidden; ++j) {
        location(bits.hidden)[j] = normal_at({155, 0, 0}, 1, j);
        expected += std::log1p(std::exp(static_cast<long double>(location(bits.hidden)[j])));
    }
    CHECK(exact_log_partition(bits) == doctest::Approx(static_cast<double>(expected)).epsilon(1e-10));
    std::ranges::fill(location(bits.hidden), 0.0F);
    std::ranges::fill(location(bits.visible), 0.0F);
    CHECK(exact_log_partition(bits) == doctest::Approx((visible + hidden) * std::numbers::ln2).epsilon(1e-10));

    Machine reals{Gaussian(visible), Bernoulli(hidden)};
    double volume = hidden * std::numbers::ln2;
    for (std::size_t i = 0; i < visible; ++i) {
        const float log_sigma = 0.1F * normal_at({156, 0, 0}, 0, i);
        std::get<Gaussian>(reals.visible).log_sigma[i] = log_sigma;
        volume += static_cast<double>(log_sigma) + 0.5 * std::log(2 * std::numbers::pi);
    }
    CHECK(exact_log_partition(reals) == doctest::Approx(volume).epsilon(1e-10));
}

TEST_CASE("what cannot be enumerated is refused, naming sizes and kinds") {
    CHECK(enumerable_side(Machine(Bernoulli(30), Bernoulli(25))) == Side::hidden);
    CHECK(enumerable_side(Machine(Bernoulli(6), Bernoulli(25))) == Side::visible);
    CHECK(enumerable_side(Machine(Gaussian(3), Bernoulli(25))) == Side::hidden);
    CHECK(enumerable_side(Machine(Bernoulli(25), Gaussian(2))) == Side::visible);
    CHECK_THROWS_WITH_AS((void)exact_log_partition(Machine(Bernoulli(26), Bernoulli(40))),
                         "exact log Z: 26 bernoulli visible and 40 bernoulli hidden units, expected at most 25 "
                         "discrete units on one side",
                         Unsupported);
    CHECK_THROWS_AS((void)enumerable_side(Machine(Gaussian(2), Bernoulli(26))), Unsupported);
    CHECK_THROWS_AS((void)exact_log_partition(Machine(Gaussian(2), Bernoulli(3)), Side::visible), Unsupported);
    CHECK_THROWS_AS((void)exact_log_partition(Machine(Bernoulli(30), Bernoulli(3)), Side::visible), Unsupported);
}

TEST_CASE("free energies of a dataset are the machine's, whatever the storage and the temperature") {
    for (const char* kind : {"bernoulli", "gaussian"})
        for (const double beta : {1.0, 0.5}) {
            const auto machine = random_machine<float>(kind, 30, "bernoulli", 20, 157, 0.2);
            const Matrix states = random_states(machine.visible, 2500, 158);  // more than two blocks
            const std::vector<float> betas(2500, static_cast<float>(beta));
            const auto expected = precise(machine).free_energy(precise(states), std::vector<double>(2500, beta));
            const auto found = free_energies(machine, dataset(states), {}, beta);
            CHECK(found == machine.free_energy(states, beta == 1 ? Beta{} : Beta(betas)));
            double worst = 0;
            for (std::size_t r = 0; r < 2500; ++r) worst = std::max(worst, std::abs(found[r] - expected[r]));
            CHECK(worst < 2e-4);
            if (std::string_view(kind) == "bernoulli") {
                const auto bits = dataset(states).prepared({Binarize::threshold, 0.5F, {}, {}}, StateForm::bits());
                CHECK(free_energies(machine, bits, {}, beta) == found);
            }
        }
}

TEST_CASE("a row's free energy does not depend on the rows around it") {
    for (const auto name : available_backends()) {
        const ContextScope scope({.backend = &backend_named(name)});
        for (const auto& [visible, hidden] : std::vector<std::pair<std::size_t, std::size_t>>{{30, 20}, {784, 33}}) {
            const auto machine = random_machine<float>("bernoulli", visible, "bernoulli", hidden, 159, 0.1);
            const std::size_t rows = 1100;
            const Matrix states = random_states(machine.visible, rows, 160);
            const auto whole = free_energies(machine, dataset(states));
            Matrix reversed(rows, visible);
            for (std::size_t r = 0; r < rows; ++r) std::ranges::copy(states.row(r), reversed.row(rows - 1 - r).begin());
            auto backwards = free_energies(machine, dataset(reversed));
            std::ranges::reverse(backwards);
            std::size_t alone = 0;
            for (std::size_t r = 0; r < rows; r += 37)
                alone += machine.free_energy(states.rows_from(r, 1))[0] != whole[r];
            CHECK(backwards == whole);
            CHECK(alone == 0);
        }
    }
}

TEST_CASE("the free-energy gap is the difference of the means") {
    const auto machine = random_machine<float>("bernoulli", 8, "bernoulli", 5, 161);
    const Matrix training = random_states(machine.visible, 40, 162), held_out = random_states(machine.visible, 7, 163);
    const auto mean = [&](const Matrix& states) {
        const auto values = precise(machine).free_energy(precise(states));
        return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
    };
    CHECK(free_energy_gap(machine, dataset(training), dataset(held_out)) ==
          doctest::Approx(mean(held_out) - mean(training)).epsilon(1e-5));
    CHECK(free_energy_gap(machine, dataset(training), dataset(training)) == 0);
    std::size_t done = 0;
    const Control control{[&](const ProgressReport& report) {
                              CHECK(report.total == 47);
                              done = static_cast<std::size_t>(report.done);
                          },
                          {}};
    free_energy_gap(machine, dataset(training), dataset(held_out), control);
    CHECK(done == 47);
}

TEST_CASE("the reconstruction error, written out") {
    Machine machine{Bernoulli(2), Bernoulli(1)};
    machine.weights(0, 0) = 1;
    machine.weights(1, 0) = -2;
    location(machine.visible)[0] = 0.5F;
    location(machine.hidden)[0] = 0.25F;
    double expected = 0;
    const double rows[2][2] = {{1, 0}, {0, 1}};
    for (const auto& row : rows) {
        const double h = logistic(0.25 + row[0] - 2 * row[1]);
        expected += std::pow(row[0] - logistic(0.5 + h), 2) + std::pow(row[1] - logistic(-2 * h), 2);
    }
    const auto data = Dataset::from_floats(2, 2, {1, 0, 0, 1});
    CHECK(reconstruction_error(machine, data) == doctest::Approx(expected / 4).epsilon(1e-6));
    // Gaussian: v - (c + W h), in units of the prepared data.
    Machine reals{Gaussian(1), Bernoulli(1)};
    reals.weights(0, 0) = 2;
    std::get<Gaussian>(reals.visible).center[0] = 0.5F;
    std::get<Gaussian>(reals.visible).log_sigma[0] = std::log(2.0F);
    const double h = logistic(3.0 / 4 * 2);
    CHECK(reconstruction_error(reals, Dataset::from_floats(1, 1, {3})) ==
          doctest::Approx(std::pow(3 - 0.5 - 2 * h, 2)).epsilon(1e-5));
}

TEST_CASE("exact pseudo-likelihood is the product of the conditionals, counted out") {
    const auto machine = random_machine<float>("bernoulli", 6, "bernoulli", 4, 164);
    const auto exact = precise(machine);
    const Matrix states = random_states(machine.visible, 9, 165);
    const auto every = all_states(exact.visible);
    const auto log_weights = exact.free_energy(every);
    const auto number = [](std::span<const float> row) {
        std::size_t result = 0;
        for (std::size_t i = 0; i < row.size(); ++i) result |= row[i] == 1 ? std::size_t{1} << i : 0;
        return result;
    };
    double expected = 0;
    for (std::size_t r = 0; r < 9; ++r)
        for (std::size_t i = 0; i < 6; ++i) {
            const std::size_t s = number(states.row(r)), other = s ^ (std::size_t{1} << i);
            expected -= std::log1p(std::exp(log_weights[s] - log_weights[other])) / 9;
        }
    CHECK(exact_pseudo_likelihood(machine, dataset(states)) == doctest::Approx(expected).epsilon(1e-5));
    // Independent units: the likelihood itself.
    auto independent = machine;
    independent.weights.fill(0);
    double mean = 0;
    for (const double f : precise(independent).free_energy(precise(states))) mean -= f / 9;
    CHECK(exact_pseudo_likelihood(independent, dataset(states)) ==
          doctest::Approx(mean - exact_log_partition(independent)).epsilon(1e-5));
}

TEST_CASE("one random unit per row averages to the exact pseudo-likelihood") {
    const auto machine = random_machine<float>("bernoulli", 8, "bernoulli", 4, 166);
    const Dataset data = dataset(random_states(machine.visible, 60, 167));
    const double expected = exact_pseudo_likelihood(machine, data);
    Moments found;
    Random random(168);
    for (std::size_t t = 0; t < 300; ++t) found.add(pseudo_likelihood(machine, data, random.fork(t)).value);
    CHECK(found.variance() > 0);
    CHECK(std::abs(found.z(expected)) < 4);
    CHECK(found.standard_error() < 0.02 * std::abs(expected));
    // One of them, worked out: log p(v_i | rest) = -log(1 + exp(F(v) - F(v with unit i flipped))).
    Random choice = random.fork(7);
    static_cast<void>(choice.next());
    boost::random::uniform_int_distribution<std::size_t> unit(0, 7);
    double sum = 0;
    for (std::size_t r = 0; r < data.rows(); ++r) {
        BasicMatrix<double> states(2, 8);
        const std::size_t i = unit(choice);
        for (std::size_t c = 0; c < 8; ++c) states(0, c) = states(1, c) = static_cast<double>(data.value(r, c));
        states(1, i) = 1 - states(0, i);
        const auto free_energy = precise(machine).free_energy(states);
        sum -= std::log1p(std::exp(free_energy[0] - free_energy[1]));
    }
    CHECK(pseudo_likelihood(machine, data, random.fork(7)).value == doctest::Approx(sum / 60 * 8).epsilon(1e-5));
    const Machine reals{Gaussian(2), Bernoulli(2)};
    CHECK_THROWS_AS((void)pseudo_likelihood(reals, Dataset::from_floats(1, 2, {0, 1}), random), Unsupported);
    CHECK_THROWS_AS((void)exact_pseudo_likelihood(reals, Dataset::from_floats(1, 2, {0, 1})), Unsupported);
}

TEST_CASE("some rows and a site of each: right on average, with the error that they have, and other ones each time") {
    const auto machine = random_machine<float>("bernoulli", 8, "bernoulli", 4, 169);
    const Dataset data = dataset(random_states(machine.visible, 400, 170));
    const double expected = exact_pseudo_likelihood(machine, data);
    Moments found, squared_errors;
    for (std::uint64_t seed = 0; seed < 400; ++seed) {
        const MeanOfRows one = pseudo_likelihood(machine, data, 40, {}, Random(seed));
        found.add(one.value);
        squared_errors.add(one.standard_error * one.standard_error);
    }
    CHECK(std::abs(found.z(expected)) < 4);
    CHECK(squared_errors.mean() > 0.7 * found.variance());
    CHECK(squared_errors.mean() < 1.5 * found.variance());
    // Whichever rows and weights: sites of independent units whose rows differ tell which rows they were.
    Machine independent{Bernoulli(1), Bernoulli(1)};
    location(independent.visible)[0] = 2;
    const double of_one = -std::log1p(std::exp(-2)), of_zero = -std::log1p(std::exp(2));
    std::vector<float> bits(30, 0), weights(30, 1);
    std::fill(bits.begin() + 20, bits.end(), 1.0F);
    const Dataset rows = Dataset::from_floats(30, 1, bits);
    CHECK(pseudo_likelihood(independent, rows, 30, {}, Random(1)).value ==
          doctest::Approx((20 * of_zero + 10 * of_one) / 30));
    CHECK(pseudo_likelihood(independent, rows, 99, {}, Random(1)).value ==
          doctest::Approx((20 * of_zero + 10 * of_one) / 30));
    std::fill(weights.begin() + 20, weights.end(), 4.0F);  // of 60 in all, 40
    CHECK(pseudo_likelihood(independent, rows, 30, weights, Random(1)).value ==
          doctest::Approx((of_zero + 2 * of_one) / 3));
    std::fill(weights.begin(), weights.begin() + 20, 0.0F);
    CHECK(pseudo_likelihood(independent, rows, 5, weights, Random(1)).value == doctest::Approx(of_one));
    bool zero_seen = false, one_seen = false;
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        const MeanOfRows one = pseudo_likelihood(independent, rows, 1, {}, Random(seed));
        CHECK(std::isnan(one.standard_error));
        (one.value < -1 ? zero_seen : one_seen) = true;
    }
    CHECK(zero_seen);
    CHECK(one_seen);
    const Machine reals{Gaussian(2), Bernoulli(2)};
    CHECK_THROWS_AS((void)pseudo_likelihood(reals, Dataset::from_floats(1, 2, {0, 1}), 1, {}, Random(0)), Unsupported);
}

TEST_CASE("the label error is the share of rows whose likeliest label is another") {
    // One column decides: off is class 0, on is class 2; nothing is ever class 1.
    Machine machine{Bernoulli(4), Bernoulli(1)};
    location(machine.visible)[1] = 3;
    location(machine.hidden)[0] = -8;
    machine.weights(0, 0) = 8;
    machine.weights(3, 0) = 6;
    // The first two rows have the right label.
    const std::vector<float> rows = {0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 1, 0, 1, 0, 1, 1, 0, 0};
    const Dataset data = Dataset::from_floats(5, 4, rows);
    CHECK(label_error(machine, data, 3) == doctest::Approx(0.6));
    CHECK(label_error(machine, data.slice(0, 2), 3) == 0);
    CHECK(label_error(machine, data.slice(2, 3), 3) == 1);
}

TEST_CASE("grey data that are drawn are watched with the same draws each time, so that epochs compare") {
    Matrix grey(300, 6);
    grey.fill(0.5F);
    Preparation sampled;
    sampled.binarize = Binarize::sample;
    const Dataset data = dataset(grey).prepared(sampled, StateForm::bits()), other = data.spread(100);
    const auto machine = random_machine<float>("bernoulli", 6, "bernoulli", 4, 162);
    // The rows of one stream, written down: data that no call can draw anew.
    const auto drawn = [](const Dataset& from, const Stream& stream) {
        Matrix rows(from.rows(), from.cols());
        from.fill(0, stream, rows);
        return dataset(rows);
    };
    const Dataset fixed = drawn(data, {}), fixed_other = drawn(other, {});
    CHECK(free_energies(machine, data) == free_energies(machine, fixed));
    CHECK(free_energies(machine, data, Stream{1, 2, 3}) == free_energies(machine, drawn(data, {1, 2, 3})));
    CHECK(free_energies(machine, data) != free_energies(machine, data, Stream{1, 2, 3}));
    CHECK(free_energy_gap(machine, data, other) == free_energy_gap(machine, fixed, fixed_other));
    CHECK(free_energy_gap(machine, data, other) != 0);
    CHECK(reconstruction_error(machine, data) == reconstruction_error(machine, fixed));
    for (const std::uint64_t seed : {0U, 1U})
        CHECK(pseudo_likelihood(machine, data, Random(seed)).value ==
              pseudo_likelihood(machine, drawn(data, Random(seed).next()), Random(seed)).value);
    CHECK(pseudo_likelihood(machine, data, Random(0)).value != pseudo_likelihood(machine, data, Random(1)).value);
}

TEST_SUITE_END();
