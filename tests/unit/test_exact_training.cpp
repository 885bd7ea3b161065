// SPDX-License-Identifier: MIT
// Exact gradients against finite differences, and the optima they lead to against what is known of them.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

#include "rbm/data/generate.h"
#include "rbm/estimate/exact.h"
#include "rbm/kernels/context.h"
#include "rbm/kernels/error.h"
#include "rbm/kernels/ops.h"
#include "rbm/trainer/exact_training.h"
#include "tests/support/small_machines.h"

using namespace rbm;
using namespace rbm::test;

namespace {

constexpr std::size_t every_value = 1;

/// The largest difference between `gradient` and central differences of value(machine), of every `stride`-th parameter.
template <class Value>
double worst_slope(PreciseMachine machine, const PreciseMachine& gradient, const Value& value,
                   std::size_t stride = every_value) {
    double worst = 0;
    each_pair(machine, gradient, [&](std::string_view, std::span<double> parameters, std::span<const double> slopes) {
        for (std::size_t i = 0; i < parameters.size(); i += stride) {
            constexpr double step = 1e-5;
            const double before = parameters[i];
            parameters[i] = before + step;
            const double above = value(machine);
            parameters[i] = before - step;
            const double below = value(machine);
            parameters[i] = before;
            worst = std::max(worst, std::abs((above - below) / (2 * step) - slopes[i]));
        }
    });
    return worst;
}

Machine shape_of(const std::string& visible_kind, std::size_t visible, std::size_t hidden) {
    return Machine(make_units<float>(visible_kind, visible), Bernoulli(hidden));
}

ExactSettings restarts(std::size_t count) {
    ExactSettings settings;
    settings.restarts = count;
    return settings;
}

Dataset rows_of(const Matrix& rows) {
    return Dataset::from_floats(rows.rows(), rows.cols(), {rows.values().begin(), rows.values().end()});
}

TEST_SUITE_BEGIN("exact_training");

TEST_CASE("the gradient of log Z matches finite differences, by either side") {
    for (const auto& [visible_kind, hidden_kind] : unit_pairs)
        for (const Side side : {Side::visible, Side::hidden}) {
            const PreciseMachine machine = random_machine<double>(visible_kind, 5, hidden_kind, 4, 7);
            if (!is_discrete(side == Side::visible ? machine.visible : machine.hidden)) {
                CHECK_THROWS_AS(StateSum(machine, side), Unsupported);
                continue;
            }
            PreciseMachine gradient = machine.zeros_like();
            const double value = StateSum(machine, side).add_gradient(gradient);
            CHECK(value == doctest::Approx(StateSum(machine, side).log_partition()).epsilon(1e-12));
            CHECK(worst_slope(machine, gradient,
                              [&](const PreciseMachine& near) { return StateSum(near, side).log_partition(); }) < 1e-8);
        }
}

TEST_CASE("many blocks of states, and weights far apart, give the gradient that the other side gives") {
    for (const double size : {0.3, 8.0}) {
        const PreciseMachine machine = random_machine<double>("bernoulli", 3, "bernoulli", 14, 9, size);
        PreciseMachine by_hidden = machine.zeros_like(), by_visible = machine.zeros_like();
        const double first = StateSum(machine, Side::hidden).add_gradient(by_hidden);
        const double second = StateSum(machine, Side::visible).add_gradient(by_visible);
        CHECK(first == doctest::Approx(second).epsilon(1e-11));
        each_pair(by_hidden, by_visible, [](std::string_view, std::span<double> a, std::span<double> b) {
            for (std::size_t i = 0; i < a.size(); ++i) CHECK(std::abs(a[i] - b[i]) < 1e-10);
        });
    }
    const PreciseMachine machine = random_machine<double>("gaussian", 2, "bernoulli", 13, 10, 0.5);
    PreciseMachine gradient = machine.zeros_like();
    StateSum(machine, Side::hidden).add_gradient(gradient);
    const auto log_partition = [](const PreciseMachine& near) { return StateSum(near, Side::hidden).log_partition(); };
    CHECK(worst_slope(machine, gradient, log_partition, 5) < 1e-7);
}

TEST_CASE("the gradient of the likelihood matches finite differences, with sample weights and many rows") {
    for (const auto& [visible_kind, hidden_kind] : unit_pairs) {
        const Machine machine = random_machine<float>(visible_kind, 6, hidden_kind, 4, 12, 0.5);
        const Dataset data = rows_of(random_states(machine.visible, 700, 3));
        std::vector<float> weights(700);
        for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = static_cast<float>(i % 4);
        const ExactLikelihood likelihood(machine, data, weights);
        const PreciseMachine at = precise(machine);
        PreciseMachine gradient;
        const double value = likelihood(at, &gradient);
        CHECK(value == doctest::Approx(likelihood(at)).epsilon(1e-12));
        CHECK(worst_slope(at, gradient, [&](const PreciseMachine& near) { return likelihood(near); }) < 1e-8);

        double expected = 0, total = 0;
        const auto rows = random_states(precise(machine).visible, 700, 3);
        const std::vector<double> free_energies = at.free_energy(rows);
        for (std::size_t i = 0; i < weights.size(); ++i) {
            expected -= static_cast<double>(weights[i]) * free_energies[i];
            total += static_cast<double>(weights[i]);
        }
        CHECK(value == doctest::Approx(expected / total - exact_log_partition(machine)).epsilon(1e-6));
    }
}

TEST_CASE("a row that lies there twice is one of weight 2, and both have the same bound") {
    const Machine shape = shape_of("bernoulli", 3, 2);
    const Dataset twice = Dataset::from_floats(4, 3, {1, 0, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1});
    const Dataset once = Dataset::from_floats(4, 3, {1, 0, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0});
    const std::vector<float> weights{2, 1, 1, 0};
    const ExactLikelihood first(shape, twice), second(shape, once, weights);
    CHECK(first.distinct_rows() == 3);
    CHECK(second.distinct_rows() == 3);
    const PreciseMachine machine = random_machine<double>("bernoulli", 3, "bernoulli", 2, 1);
    CHECK(first(machine) == doctest::Approx(second(machine)).epsilon(1e-14));
    CHECK(first.bound() == doctest::Approx(-1.5 * std::log(2)).epsilon(1e-14));
    CHECK(second.bound() == first.bound());
    CHECK(std::isinf(ExactLikelihood(shape_of("gaussian", 3, 2), once).bound()));
    for (const std::size_t side : {2UL, 3UL, 4UL}) {
        const ToySet set = bars_and_stripes(side);
        CHECK(ExactLikelihood(shape_of("bernoulli", side * side, 2), set.data).bound() ==
              doctest::Approx(set.log_likelihood_bound).epsilon(1e-12));
    }
}

TEST_CASE("the work of an evaluation is that of the side with fewer states, and of the rows that differ") {
    const auto cost = [](std::size_t visible, std::size_t hidden, std::size_t rows) {
        return ExactLikelihood(shape_of("bernoulli", visible, hidden),
                               Dataset::from_floats(rows, visible, std::vector<float>(rows * visible)))
            .cost();
    };
    CHECK(cost(16, 3, 1) == 8 * 16 + 3 * (1 + 16 / 8.0));
    CHECK(cost(8, 10, 1) == 256 * 10 + 10 * (1 + 8 / 8.0));
    CHECK(cost(8, 10, 5) == cost(8, 10, 1));
}

TEST_CASE("what has no exact likelihood is refused") {
    const Dataset data = Dataset::from_floats(2, 3, {1, 0, 0, 0, 1, 1});
    CHECK_THROWS_AS(ExactLikelihood(shape_of("bernoulli", 4, 2), data), InvalidArgument);
    CHECK_THROWS_AS(ExactLikelihood(shape_of("gaussian", 3, 26), data), Unsupported);
    const std::vector<float> weights{1};
    CHECK_THROWS_AS(ExactLikelihood(shape_of("bernoulli", 3, 2), data, weights), InvalidArgument);
    const Dataset grey = Dataset::from_floats(2, 3, {1, 0, 0, 0, 0.25F, 1});
    CHECK_THROWS_WITH_AS(ExactLikelihood(shape_of("bernoulli", 3, 2), grey),
                         doctest::Contains("row 2, column 2: found 0.25"), DataError);
    const Dataset drawn = grey.prepared({Binarize::sample, 0.5F, {}, {}}, StateForm::bits());
    CHECK_THROWS_AS(ExactLikelihood(shape_of("bernoulli", 3, 2), drawn), Unsupported);
    ExactSettings settings;
    settings.restarts = 0;
    CHECK_THROWS_AS(train_exactly(shape_of("bernoulli", 3, 2), data, settings, 1), InvalidArgument);
    settings = {};
    settings.minimum_sigma = {0};
    CHECK_THROWS_AS(train_exactly(shape_of("bernoulli", 3, 2), data, settings, 1), InvalidArgument);
}

TEST_CASE("L-BFGS finds a minimum in a curved valley, at a bound, and never rises") {
    const LbfgsFunction valley = [](std::span<const double> x, std::span<double> gradient) {
        const double across = x[1] - x[0] * x[0];
        gradient[0] = -400 * across * x[0] - 2 * (1 - x[0]);
        gradient[1] = 200 * across;
        return 100 * across * across + (1 - x[0]) * (1 - x[0]);
    };
    std::vector<double> x{-1.2, 1};
    double last = std::numeric_limits<double>::infinity();
    LbfgsSettings settings;
    const LbfgsEnd end = minimize(x, valley, settings, [&](const LbfgsStep& step) {
        CHECK(step.value < last);
        last = step.value;
        return true;
    });
    CHECK((end == LbfgsEnd::gradient || end == LbfgsEnd::change));
    CHECK(x[0] == doctest::Approx(1).epsilon(1e-6));
    CHECK(x[1] == doctest::Approx(1).epsilon(1e-6));

    settings.low = {-2, 0.5};
    settings.high = {0.4, 2};
    x = {0.1, 1};
    CHECK(minimize(x, valley, settings) != LbfgsEnd::iterations);
    CHECK(x[0] == 0.4);
    CHECK(x[1] == 0.5);

    settings = {};
    settings.iterations = 3;
    x = {-1.2, 1};
    CHECK(minimize(x, valley, settings) == LbfgsEnd::iterations);
    CHECK(minimize(x, valley, settings, [](const LbfgsStep&) { return false; }) == LbfgsEnd::stopped);
}

TEST_CASE("where a direction from memory leads nowhere, L-BFGS goes down the slope, and gives up when that fails too") {
    std::size_t evaluations = 0, blind_until = 80;
    const LbfgsFunction bowl = [&](std::span<const double> x, std::span<double> gradient) {
        double value = 0;
        for (std::size_t i = 0; i < x.size(); ++i) {
            const double steep = static_cast<double>(i * i + 1);
            gradient[i] = steep * x[i];
            value += 0.5 * steep * x[i] * x[i];
        }
        const bool blind = ++evaluations > 12 && evaluations <= blind_until;  // a line search tries 60 steps
        return blind ? std::numeric_limits<double>::infinity() : value;
    };
    std::vector<double> x(10, 1.0);
    CHECK(minimize(x, bowl, {}) == LbfgsEnd::gradient);
    CHECK(evaluations > 80);
    for (const double one : x) CHECK(std::abs(one) < 1e-8);
    x.assign(10, 1.0);
    evaluations = 0, blind_until = 1000;
    CHECK(minimize(x, bowl, {}) == LbfgsEnd::stuck);
    CHECK(evaluations < 140);
}

TEST_CASE("restarts reach the best likelihoods that are known, and none beyond the bound") {
    const struct {
        ToySet set;
        std::size_t hidden, restarts;
        double best;
    } cases[] = {{bars_and_stripes(2), 4, 8, -1.732868},
                 {bars_and_stripes(3), 4, 40, -3.119162},
                 {bars_and_stripes(3), 5, 16, -2.599302},
                 {bars_and_stripes(3), 9, 4, -2.599302},
                 {shifting_bar(9, 1), 4, 16, -2.197225}};
    for (const auto& one : cases) {
        const Dataset& data = one.set.data;
        const Machine shape = shape_of("bernoulli", data.cols(), one.hidden);
        const ExactRestart best = train_exactly(shape, data, restarts(one.restarts), 1);
        CAPTURE(data.name);
        CHECK(best.log_likelihood == doctest::Approx(one.best).epsilon(1e-6));
        CHECK(best.log_likelihood <= one.set.log_likelihood_bound + 1e-9);
        CHECK(best.reached_bound == (one.hidden != 4 || data.name != "bars-and-stripes" || data.cols() == 4));
        CHECK(best.steps.back().log_likelihood == doctest::Approx(best.log_likelihood).epsilon(1e-6));
    }
}

TEST_CASE("each restart is the same, whatever the threads and wherever the work begins") {
    const Dataset data = bars_and_stripes(3).data;
    const Machine shape = shape_of("bernoulli", 9, 3);
    const auto all = [&](std::size_t threads_to_use, std::size_t first) {
        const ContextScope scope({.threads = threads_to_use});
        std::vector<Machine> machines;
        ExactObserver observer;
        observer.on_restart = [&](ExactRestart& restart) {
            CHECK(restart.number == first + machines.size());
            machines.push_back(restart.machine);
        };
        exact_restarts(shape, data, {}, restarts(9), 5, first, observer);
        return machines;
    };
    const auto one = all(1, 0), three = all(3, 0), late = all(2, 6);
    CHECK(one.size() == 9);
    CHECK(one == three);
    CHECK(late == std::vector<Machine>(one.begin() + 6, one.end()));
    CHECK(!(one[0] == one[1]));

    ExactObserver observer;
    std::size_t done = 0;
    observer.on_restart = [&](ExactRestart&) { ++done; };
    const Control after_two{{}, [&] { return done >= 2; }};
    CHECK_THROWS_AS(exact_restarts(shape, data, {}, restarts(9), 5, 0, observer, after_two), Cancelled);
    CHECK(done == 2);
    const Control at_once{{}, [] { return true; }};
    CHECK_THROWS_AS(exact_restarts(shape, data, {}, restarts(9), 5, 0, observer, at_once), Cancelled);
    CHECK(done == 2);
}

TEST_CASE("no restart is begun after one that reached the bound") {
    const Dataset data = Dataset::from_floats(2, 2, {0, 0, 1, 1});
    std::size_t done = 0;
    ExactObserver observer;
    observer.on_restart = [&](ExactRestart& restart) {
        ++done;
        CHECK(restart.reached_bound == (restart.log_likelihood > -std::log(2) - 1e-6));
    };
    exact_restarts(shape_of("bernoulli", 2, 2), data, {}, restarts(50), 1, 0, observer);
    CHECK(done < 50);
}

TEST_CASE("Gaussian machines: the bounds of sigma hold, weight decay shrinks, and Laplace sources beat a Gaussian") {
    Random random(3);
    const Dataset data = laplace_sources(2000, random).data;
    const Machine shape = shape_of("gaussian", 2, 4);
    const ExactRestart best = train_exactly(shape, data, restarts(4), 1);
    CHECK(best.log_likelihood > -2.78);  // a Gaussian of unit variance: -2.838
    CHECK(best.log_likelihood < -2.69);  // the sources themselves: -2.693
    CHECK(best.end != LbfgsEnd::iterations);

    ExactSettings bounded = restarts(1);
    bounded.minimum_sigma = {0.95F};
    const Machine wide = train_exactly(shape, data, bounded, 1).machine;
    std::vector<float> variance;
    REQUIRE(location_variance(wide.visible, variance));
    for (const float value : variance) CHECK(value >= 0.95F * 0.95F * 0.9999F);
    CHECK(*std::min_element(variance.begin(), variance.end()) < 0.95F * 0.95F * 1.0001F);

    ExactSettings decayed = restarts(1);
    decayed.weight_decay = 10;
    const Machine small = train_exactly(shape, data, decayed, 1).machine;
    for (const float weight : small.weights.values()) CHECK(std::abs(weight) < 1e-3F);
}

TEST_CASE("the fast logistic of doubles is the plain one, at the ends of the line and for NaN too") {
    const double infinity = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
    std::vector<double> values{0, -0.0, 1e-300, 40, -40, 700, -700, 800, -800, infinity, -infinity, nan};
    for (int i = 0; i < 101; ++i) values.push_back(-5 + 0.1 * i);
    const std::vector<double> bias(values.size()), betas{0.5};
    std::vector<double> out(values.size());
    vectorized::logistic({values.data(), 1, values.size()}, bias, betas, {out.data(), 1, out.size()});
    for (std::size_t i = 0; i < values.size(); ++i) {
        CAPTURE(values[i]);
        const double expected = logistic(0.5 * values[i]);
        CHECK((std::isnan(expected) ? std::isnan(out[i]) : std::abs(out[i] - expected) <= 1e-15 * expected));
    }
}

TEST_SUITE_END();

}  // namespace
