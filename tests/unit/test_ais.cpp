// SPDX-License-Identifier: MIT
// Estimates of log Z against enumeration: their intervals must cover it as often as they promise.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <numeric>
#include <stdexcept>

#include "rbm/estimate/acceptance_ratio.h"
#include "rbm/estimate/exact.h"
#include "rbm/estimate/sandwich.h"
#include "rbm/estimate/verdict.h"
#include "rbm/kernels/backend.h"
#include "rbm/kernels/context.h"
#include "rbm/kernels/error.h"
#include "tests/support/small_machines.h"
#include "tests/support/statistics.h"

using namespace rbm;
using namespace rbm::test;

namespace {

/// Machine i of a series: up to 20 units, every pair of kinds, weights from small to large.
Machine machine_of(std::size_t i) {
    const auto& [visible_kind, hidden_kind] = unit_pairs[i % unit_pairs.size()];
    const std::size_t visible = 2 + i % 9, hidden = 2 + (i / 3) % 9;
    return random_machine<float>(visible_kind, visible, hidden_kind, hidden, 100 + i,
                                 0.2 + 0.1 * static_cast<double>(i % 10));
}

/// A base that fits no machine: discrete units half on, real ones of mean 0 and variance 1, or the machine's own bank.
Units base_of(const Machine& machine, std::size_t i) {
    if (i % 2 == 0) return machine.visible;
    const std::size_t count = machine.visible_count();
    if (is_discrete(machine.visible)) return uniform_base(machine);
    return base_of_marginals<float>(machine, std::vector<double>(count, 0.0), std::vector<double>(count, 1.0));
}

struct Coverage {
    std::size_t covered = 0, all = 0;
    Moments errors;
    void add(double low, double value, double high, double exact) {
        ++all;
        covered += low <= exact && exact <= high;
        CHECK(low <= high);
        errors.add(value - exact);
    }
};

}  // namespace

TEST_SUITE_BEGIN("ais");

TEST_CASE("spacings of betas: ends, order, length and the paper's shares") {
    for (const std::size_t steps : std::initializer_list<std::size_t>{1, 2, 3, 10, 145, 14500})
        for (const auto& betas : {linear_betas(steps), salakhutdinov_murray_betas(steps)}) {
            CAPTURE(steps);
            CHECK(betas.size() == steps + 1);
            CHECK(betas.front() == 0);
            CHECK(betas.back() == 1);
            for (std::size_t i = 1; i < betas.size(); ++i) CHECK(betas[i] > betas[i - 1]);
        }
    const auto betas = salakhutdinov_murray_betas(14500);
    CHECK(betas[500] == 0.5F);
    CHECK(betas[250] == doctest::Approx(0.25F));
    CHECK(betas[4500] == 0.9F);
    CHECK(betas[9500] == doctest::Approx(0.95F));
    for (std::size_t steps = 4; steps < 100; ++steps) {  // with and without a step below 0.5
        CAPTURE(steps);
        const auto few = salakhutdinov_murray_betas(steps);
        const auto first = static_cast<std::size_t>(std::ranges::find(few, 0.5F) - few.begin());
        const std::size_t begin = first < few.size() && steps > 14 ? first : 0;
        for (std::size_t i = begin + 2; i < few.size() && few[i] <= 0.9F; ++i)
            CHECK(few[i] - few[i - 1] == doctest::Approx(few[i - 1] - few[i - 2]).epsilon(1e-4));
    }
    CHECK_THROWS_AS(linear_betas(0), InvalidArgument);
    CHECK_THROWS_AS(salakhutdinov_murray_betas(0), InvalidArgument);
}

TEST_CASE("adaptive spacing: dense where the path is long") {
    PathLength path;
    path.betas = {0, 0.5, 1};
    path.length = {0, 1, 4};
    const auto betas = path.equal_steps(44);
    CHECK(betas.size() == 45);
    for (std::size_t i = 1; i < betas.size(); ++i) CHECK(betas[i] > betas[i - 1]);
    // A tenth is spread evenly: 1.2 of 4.4 lie below one half.
    CHECK(betas[12] == doctest::Approx(0.5F));
    Random random(1);
    const Machine machine = random_machine<float>("bernoulli", 8, "bernoulli", 8, 1, 2);
    const Bridge bridge(machine, uniform_base(machine));
    const auto measured = PathLength::measure(bridge, 100, 50, random);
    CHECK(measured.betas.size() == 41);
    CHECK(measured.betas.back() == 1);
    for (std::size_t k = 1; k < measured.length.size(); ++k) CHECK(measured.length[k] >= measured.length[k - 1]);
    CHECK(measured.length.back() > 0.01);
}

TEST_CASE("betas that a pilot spaces are not those of even steps, and spread the log weights less") {
    // Units that turn on together: the path is long where they do.
    Machine machine(Bernoulli(8), Bernoulli(8));
    machine.weights.fill(2);
    std::get<Bernoulli>(machine.visible).bias.assign(8, -8.0F);
    std::get<Bernoulli>(machine.hidden).bias.assign(8, -8.0F);
    const Bridge bridge(machine, uniform_base(machine));
    AisSettings settings;
    settings.chains = 2000;
    settings.betas = 60;
    std::size_t told = 0;
    const Control control{[&](const ProgressReport& report) { CHECK(report.done == ++told); }, {}};
    const auto spread_of = [&](BetaSpacing spacing, const std::vector<float>& expected) {
        settings.spacing = spacing;
        Random random(11);
        told = 0;
        const auto betas = spaced_betas(bridge, settings, random, control);
        CHECK(told == pilot_steps(settings));
        CHECK(betas == expected);
        return annealed_log_partition(bridge, betas, settings.chains, random).spread;
    };
    Random random(11);
    const PathLength path = PathLength::measure(bridge, 50, 100, random);
    CHECK(path.length.front() == 0);
    CHECK(path.length_at(0) == 0);
    const auto measured = path.equal_steps(60);
    const double even = spread_of(BetaSpacing::linear, linear_betas(60));
    const double adapted = spread_of(BetaSpacing::adaptive, measured);
    static_cast<void>(spread_of(BetaSpacing::salakhutdinov_murray, salakhutdinov_murray_betas(60)));
    CHECK(adapted < 0.9 * even);
    double furthest = 0;
    for (std::size_t i = 0; i < measured.size(); ++i)
        furthest = std::max(furthest, std::abs(static_cast<double>(measured[i]) - static_cast<double>(i) / 60));
    CHECK(furthest > 0.1);
}

TEST_CASE("the interval of tempering is as wide as its errors are") {
    // Sixty estimates of one machine: their own spread says how large the error is.
    const Machine machine = random_machine<float>("bernoulli", 6, "bernoulli", 5, 12, 0.8);
    const double exact = exact_log_partition(machine);
    const Bridge bridge(machine, uniform_base(machine));
    Moments values, squared_errors;
    for (std::size_t i = 0; i < 60; ++i) {
        Random random(500 + i);
        TemperingSettings settings;
        settings.ladders = 8;
        settings.settling = 20;
        settings.steps = 100;
        const PartitionEstimate found = tempering_log_partition(bridge, settings, random).estimate;
        CHECK(found.samples == 400);
        CHECK(found.effective_samples > 20);
        values.add(found.value);
        squared_errors.add(found.standard_error * found.standard_error);
        CHECK(found.high - found.value == doctest::Approx(3 * found.standard_error));
        CHECK(found.value - found.low == doctest::Approx(3 * found.standard_error));
    }
    CHECK(std::abs(values.z(exact)) < 4);
    CHECK(squared_errors.mean() > 0.5 * values.variance());
    CHECK(squared_errors.mean() < 3 * values.variance());
}

TEST_CASE("lengths of the way there and of the way back add up place by place") {
    PathLength there, back;
    there.betas = {0, 0.5, 1}, there.length = {0, 1, 4};
    back.betas = {0, 0.25, 1},
    back.length = {0, 8, 9};  // the first quarter of the way back is the last of the way there
    CHECK(there.length_at(0.25) == doctest::Approx(0.5));
    CHECK(there.length_at(0.75) == doctest::Approx(2.5));
    const auto sum = PathLength::both_ways(there, back);
    CHECK(sum.betas == std::vector<double>{0, 0.5, 0.75, 1});
    REQUIRE(sum.length.size() == 4);
    for (std::size_t k = 0; k < 4; ++k)
        CHECK(sum.length[k] == doctest::Approx(std::vector<double>{0, 1 + 2.0 / 3, 3.5, 13}[k]));
}

TEST_CASE("log of a mean of weights, worked out by hand") {
    const std::vector<double> same(10, -700.0);
    const auto flat = mean_of_weights(same);
    CHECK(flat.value == doctest::Approx(-700));
    CHECK(flat.standard_error < 1e-7);
    CHECK(flat.effective_samples == doctest::Approx(10));
    CHECK(flat.spread == doctest::Approx(0));
    const std::vector<double> two{std::log(1.0), std::log(3.0)};
    const auto estimate = mean_of_weights(two);
    CHECK(estimate.value == doctest::Approx(std::log(2.0)));
    CHECK(estimate.standard_error == doctest::Approx(std::sqrt(2.0 / 2) / 2));  // sd sqrt 2, of 2 draws, over the mean
    CHECK(estimate.low == doctest::Approx(std::log(2.0) - 1.5));
    const double s = std::log(3.0) / std::sqrt(2.0);
    CHECK(estimate.high == doctest::Approx(std::log(3.0) / 2 + s * s / 2 + 3 * s * std::sqrt((1 + s * s / 2) / 2)));
    CHECK(estimate.effective_samples == doctest::Approx(16.0 / 10));
    CHECK(estimate.spread == doctest::Approx(std::log(3.0) / std::sqrt(2.0)));
}

TEST_CASE("acceptance ratio: unequal numbers of draws, and far apart") {
    // f_a = N(0, 1) unnormalised, f_b = exp(offset) N(1, 1): the log ratio is the offset.
    Random random(2);
    const auto draws = [&](std::size_t count, double mean) {
        const Stream stream = random.next();
        std::vector<double> x(count);
        for (std::size_t i = 0; i < count; ++i) x[i] = mean + static_cast<double>(normal_at(stream, 0, i));
        return x;
    };
    Moments errors;
    for (std::size_t i = 0; i < 60; ++i) {
        const double offset = 1.7 * static_cast<double>(i) - 50;
        std::vector<double> up = draws(10000, 0), down = draws(i % 2 == 0 ? 10000 : 2000, 1);
        const double log_odds = i % 2 == 0 ? 0 : std::log(5.0);
        for (double& x : up) x = offset + x - 0.5;
        for (double& x : down) x = -(offset + x - 0.5);
        const double ratio = acceptance_ratio(up, down);
        errors.add(ratio - offset);
        // It solves the equation, each time.
        double excess = 0;
        for (const double x : up) excess += logistic(x - ratio - log_odds);
        for (const double x : down) excess -= logistic(x + ratio + log_odds);
        CHECK(std::abs(excess) < 1e-5);
    }
    CHECK(std::abs(errors.z(0)) < 4);
    CHECK(errors.standard_error() < 0.02);
    CHECK(acceptance_ratio(std::vector<double>{500}, std::vector<double>{-500}) == doctest::Approx(500));
    CHECK(acceptance_ratio(std::vector<double>{-900}, std::vector<double>{-900}) == doctest::Approx(0));
    CHECK_THROWS_AS(acceptance_ratio({}, std::vector<double>{1}), InvalidArgument);
}

TEST_CASE("an acceptance ratio's error is that of many, and its draws that overlap are counted") {
    Random random(12);
    const auto draws = [&](std::size_t count, double mean) {
        const Stream stream = random.next();
        std::vector<double> x(count);
        for (std::size_t i = 0; i < count; ++i) x[i] = mean + static_cast<double>(normal_at(stream, 0, i));
        return x;
    };
    // f_a = N(0, 1), f_b = N(distance, 1), both normalised.
    double last = 1e9;
    for (const double distance : {0.0, 1.0, 2.0, 4.0}) {
        CAPTURE(distance);
        Moments values, squared_errors, effective;
        for (std::size_t i = 0; i < 200; ++i) {
            std::vector<double> up = draws(150, 0), down = draws(300, distance);
            for (double& x : up) x = distance * (x - distance / 2);
            for (double& x : down) x = -distance * (x - distance / 2);
            const AcceptanceRatio found = weighed_acceptance_ratio(up, down);
            CHECK(found.value == acceptance_ratio(up, down));
            values.add(found.value);
            squared_errors.add(found.standard_error * found.standard_error);
            effective.add(found.effective_draws);
        }
        if (distance == 0)
            CHECK(values.mean() == doctest::Approx(0));
        else
            CHECK(std::abs(values.z(0)) < 4);
        CHECK(squared_errors.mean() <= 1.5 * values.variance() + 1e-12);
        CHECK(squared_errors.mean() >= 0.6 * values.variance());
        if (distance == 0) CHECK(effective.mean() == doctest::Approx(150));
        CHECK(effective.mean() < last);
        last = effective.mean();
    }
    const AcceptanceRatio apart =
        weighed_acceptance_ratio(std::vector<double>(50, -900), std::vector<double>(50, -900));
    CHECK(apart.value == doctest::Approx(0));
    CHECK(apart.effective_draws < 1e-6);
}

TEST_CASE("intervals of every method cover log Z on random machines of up to 20 units") {
    const char* wanted = std::getenv("RBM_COVERAGE_MACHINES");
    const std::size_t machines = wanted != nullptr && *wanted != '\0' ? std::stoul(wanted) : 100;
    Coverage forward, reverse, sandwich, tempering;
    for (std::size_t i = 0; i < machines; ++i) {
        const Machine machine = machine_of(i);
        const double exact = exact_log_partition(machine);
        const Bridge bridge(machine, base_of(machine, i));
        Random random(1000 + i);
        SandwichSettings settings;
        settings.annealing.chains = 60;
        settings.annealing.betas = 100;
        settings.annealing.spacing = static_cast<BetaSpacing>(i % 3);
        settings.tempering.ladders = 6;
        settings.tempering.settling = 50;
        settings.tempering.steps = 400;
        const Sandwich both = sandwich_log_partition(bridge, settings, {}, random);
        CAPTURE(i);
        forward.add(both.forward->low, both.forward->value, both.forward->high, exact);
        reverse.add(both.from_tempering.low, both.from_tempering.value, both.from_tempering.high, exact);
        sandwich.add(both.low, both.value, both.high, exact);
        const PartitionEstimate& t = both.tempering.estimate;
        tempering.add(t.low, t.value, t.high, exact);
        CHECK(both.low <= both.value);
        CHECK(both.value <= both.high);
    }
    for (const Coverage* method : {&forward, &reverse, &sandwich, &tempering}) {
        const bool both_ways = method == &sandwich || method == &tempering;
        MESSAGE(method->covered << " of " << method->all << " intervals cover log Z; errors " << method->errors.mean()
                                << " +- " << std::sqrt(method->errors.variance()));
        CHECK(static_cast<double>(method->covered) >= 0.95 * static_cast<double>(method->all));
        CHECK(std::sqrt(method->errors.variance()) < (both_ways ? 0.3 : 1.5));  // some of these machines are hard
    }
}

TEST_CASE("no weights, no work: Gaussian and Bernoulli machines with W = 0 are exact") {
    for (const std::string kind : {"gaussian", "bernoulli"}) {
        Machine machine = random_machine<float>(kind, 4, "bernoulli", 3, 5);
        machine.weights.fill(0);
        const Bridge bridge(machine, machine.visible);
        Random random(1);
        const auto estimate = annealed_log_partition(bridge, linear_betas(10), 5, random);
        CHECK(estimate.value == doctest::Approx(exact_log_partition(machine)).epsilon(1e-5));
        CHECK(estimate.spread < 1e-4);
    }
}

TEST_CASE("the same bytes for any number of threads, and only for the same seed") {
    const Machine machine = random_machine<float>("bernoulli", 300, "bernoulli", 90, 6, 0.1);
    const Bridge bridge(machine, uniform_base(machine));
    SandwichSettings settings;
    settings.annealing.chains = 50;
    settings.annealing.betas = 60;
    settings.tempering.ladders = 2;
    settings.tempering.settling = 10;
    settings.tempering.steps = 20;
    const Matrix data(50, 300);
    const auto run = [&](std::size_t count, std::uint64_t seed) {
        const ContextScope scope({.threads = count});
        Random random(seed);
        const Sandwich all = sandwich_log_partition(bridge, settings, data, random);
        return std::vector<double>{
            all.value, all.low, all.high, all.forward->value, all.tempering.estimate.value, all.from_data->value};
    };
    const auto one = run(1, 7), other = run(1, 8);
    CHECK(run(2, 7) == one);
    CHECK(run(5, 7) == one);
    CHECK(other != one);
}

TEST_CASE("progress counts to what was announced, and may stop the work") {
    const Machine machine = random_machine<float>("bernoulli", 5, "bernoulli", 5, 9);
    const Bridge bridge(machine, uniform_base(machine));
    SandwichSettings settings;
    settings.annealing.chains = 4;
    settings.annealing.betas = 30;
    settings.tempering.ladders = 2;
    settings.tempering.settling = 3;
    settings.tempering.steps = 20;
    for (const bool with_data : {false, true}) {
        std::size_t last = 0;
        Control control;
        control.progress = [&](const ProgressReport& report) {
            CHECK(report.done == last + 1);
            CHECK(report.total == sandwich_steps(settings, with_data));
            ++last;
        };
        Random random(1);
        const Matrix data(with_data ? 4 : 0, 5);
        sandwich_log_partition(bridge, settings, data, random, control);
        CHECK(last == sandwich_steps(settings, with_data));
    }
    const Control throwing{[](const ProgressReport&) { throw std::runtime_error("stop"); }, {}};
    Random random(1);
    CHECK_THROWS_AS(sandwich_log_partition(bridge, settings, {}, random, throwing), std::runtime_error);
    CHECK_THROWS_AS(annealed_log_partition(bridge, linear_betas(3), 1, random), InvalidArgument);
    CHECK_THROWS_AS(tempering_log_partition(bridge, TemperingSettings{.steps = 4}, random), InvalidArgument);
}

TEST_CASE("a machine whose chains cannot mix is told so, and a naive way back shows why") {
    // Two modes, all on and all off, of very different weight: few chains find the heavy one by annealing, and samples
    // from the light one alone give a wrong upper end.
    Machine machine(Bernoulli(12), Bernoulli(4));
    machine.weights.fill(3);
    std::get<Bernoulli>(machine.visible).bias.assign(12, -5.5F);
    std::get<Bernoulli>(machine.hidden).bias.assign(4, -18.0F);
    const double exact = exact_log_partition(machine);
    const Bridge bridge(machine, machine.visible);
    Random random(3);
    const auto betas = linear_betas(100);
    const auto off = reverse_log_partition(bridge, betas, Matrix(50, 12), random);
    CHECK(off.high < exact - 1);  // no bound at all, though its own error is tiny
    CHECK(off.standard_error < 0.2);
    // The same against a forward estimate that knows the heavy mode: no bound is claimed.
    SandwichSettings settings;
    settings.annealing.chains = 50;
    settings.annealing.betas = 100;
    settings.annealing.spacing = BetaSpacing::linear;
    settings.tempering.ladders = 4;
    settings.tempering.steps = 400;
    const Bridge wide(machine, uniform_base(machine));
    const Sandwich fooled = sandwich_log_partition(wide, settings, Matrix(50, 12), random);
    CHECK(std::abs(fooled.tempering.estimate.value - exact) < 4 * fooled.tempering.estimate.standard_error);
    CHECK(!fooled.bounds);
    CHECK(fooled.low <= exact);
    CHECK(exact <= fooled.high);
    CHECK(sandwich_verdict(fooled).text == "chains do not mix: no bound is claimed");
    // Without the misleading start it is a bound.
    const Sandwich fair = sandwich_log_partition(wide, settings, {}, random);
    CHECK(fair.bounds);
    CHECK(fair.low <= exact);
    CHECK(exact <= fair.high);
}

TEST_CASE("verdicts: a spread above 2, few effective chains, a wide sandwich") {
    PartitionEstimate good{.value = 5,
                           .low = 4.9,
                           .high = 5.1,
                           .standard_error = 0.03,
                           .spread = 0.5,
                           .effective_samples = 80,
                           .samples = 100};
    CHECK(forward_verdict(good).warnings.empty());
    CHECK(reverse_verdict(good, "samples").warnings.empty());
    PartitionEstimate spread = good;
    spread.spread = 2.1;
    CHECK(forward_verdict(spread).warnings.size() == 1);
    CHECK(forward_verdict(spread).text.find("not to be trusted") == 0);
    CHECK(reverse_verdict(spread, "samples").warnings.size() == 1);
    PartitionEstimate few = good;
    few.effective_samples = 3;
    CHECK(forward_verdict(few).warnings.size() == 1);
    Sandwich sandwich;
    sandwich.forward = sandwich.from_tempering = good;
    sandwich.low = 4.9;
    sandwich.high = 5.1;
    sandwich.tempering.round_trips_per_ladder = 10;
    sandwich.tempering.swap_rates = {0.4};
    CHECK(sandwich_verdict(sandwich).warnings.empty());
    sandwich.high = 6;
    CHECK(sandwich_verdict(sandwich).warnings.size() == 1);
    CHECK(sandwich_verdict(sandwich).text.find("1.100 nats") != std::string::npos);
    sandwich.from_tempering.value = 5.9;
    CHECK(sandwich_verdict(sandwich).text.find("AIS and reverse AIS disagree") == 0);
    sandwich.tempering.round_trips_per_ladder = 1;
    sandwich.tempering.swap_rates = {0.01};
    sandwich.tempering.health.split_r_hat = 2;
    CHECK(tempering_verdict(sandwich.tempering).warnings.size() == 3);
}

TEST_SUITE_END();
