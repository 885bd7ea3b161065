// SPDX-License-Identifier: MIT
// What is concluded from estimates of log Z that are there: which end is which, and when no bound is claimed.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "rbm/estimate/acceptance_ratio.h"
#include "rbm/estimate/exact.h"
#include "rbm/estimate/monitor.h"
#include "rbm/estimate/sandwich.h"
#include "rbm/estimate/verdict.h"
#include "rbm/method/partitions.h"
#include "tests/support/small_machines.h"

using namespace rbm;
using namespace rbm::test;

namespace {

PartitionEstimate sure_of(double value, double error = 0.1) {
    return {.value = value,
            .low = value - 3 * error,
            .high = value + 3 * error,
            .standard_error = error,
            .spread = 0.5,
            .effective_samples = 80,
            .samples = 100};
}

Sandwich sandwich_of(std::optional<double> forward, double back, std::optional<double> from_data) {
    Sandwich result;
    if (forward) result.forward = sure_of(*forward);
    result.from_tempering = sure_of(back);
    if (from_data) result.from_data = sure_of(*from_data);
    result.tempering.round_trips_per_ladder = 10;
    result.tempering.swap_rates = {0.4};
    return result;
}

const std::vector<double> ups = {0.9, 1.1, 1.4}, downs = {-1.0, -1.2, -0.7};

}  // namespace

TEST_SUITE_BEGIN("conclusions");

TEST_CASE("two directions that agree: the lower end of the way there, the higher of the ways back") {
    for (const auto& from_data : {std::optional<double>{}, std::optional<double>{10.5}, std::optional<double>{9.9}}) {
        Sandwich both = sandwich_of(10, 10.2, from_data);
        conclude(both, 9, ups, downs);
        CHECK(both.bounds);
        CHECK(both.low == doctest::Approx(9.7));
        CHECK(both.high == doctest::Approx(from_data == 10.5 ? 10.8 : 10.5));
        CHECK(both.value == doctest::Approx(9 + acceptance_ratio(ups, downs)));
        CHECK(both.value > both.low);
        conclude(both, 0, ups, downs);  // far below the interval: its end
        CHECK(both.value == both.low);
        conclude(both, 100, ups, downs);
        CHECK(both.value == both.high);
    }
}

TEST_CASE("a way there that is above a way back by more than the errors: no bound, and the interval spans all") {
    // 3 hypot(0.1, 0.1) = 0.424: that much is chance.
    Sandwich chance = sandwich_of(10.4, 10, {});
    conclude(chance, 9, ups, downs);
    CHECK(chance.bounds);
    Sandwich back = sandwich_of(10.5, 10, 10.6);
    conclude(back, 9, ups, downs);
    CHECK_FALSE(back.bounds);
    CHECK(back.value == 10.5);
    CHECK(back.low == doctest::Approx(9.7));
    CHECK(back.high == doctest::Approx(10.9));
    Sandwich data = sandwich_of(12, 12, 11);
    conclude(data, 9, ups, downs);
    CHECK_FALSE(data.bounds);
    CHECK(data.value == 12);
    CHECK(data.low == doctest::Approx(10.7));
    CHECK(data.high == doctest::Approx(12.3));
    CHECK(sandwich_verdict(data).text == "chains do not mix: no bound is claimed");
    CHECK(sandwich_verdict(data).warnings.size() == 1);
}

TEST_CASE("without a way there: the larger of the values back, and an upper end only") {
    Sandwich alone = sandwich_of({}, 10, {});
    conclude(alone, 9, {}, downs);
    CHECK(alone.value == 10);
    CHECK(alone.low == doctest::Approx(9.7));
    CHECK(alone.high == doctest::Approx(10.3));
    CHECK(alone.bounds);
    for (const double from_data : {9.5, 11.0}) {
        Sandwich two = sandwich_of({}, 10, from_data);
        conclude(two, 9, {}, downs);
        CHECK(two.value == std::max(10.0, from_data));
        CHECK(two.low == doctest::Approx(9.7));
        CHECK(two.high == doctest::Approx(std::max(10.0, from_data) + 0.3));
    }
    CHECK(sandwich_verdict(alone).text == "high on average, if the samples follow the machine");
}

namespace {

/// `count` numbers around `mean`, this far apart in the standard deviation.
std::vector<double> around(double mean, double deviation, std::size_t count, std::uint64_t seed) {
    std::vector<double> x;
    for (std::size_t i = 0; i < count; ++i)
        x.push_back(mean + deviation * static_cast<double>(normal_at(Stream{seed, 0, 0}, 0, i)));
    return x;
}

/// From log weights both ways, as sandwich_log_partition() would.
Sandwich sandwich_of_weights(const std::vector<double>& up, const std::vector<double>& down) {
    Sandwich result;
    result.forward = mean_of_weights(up);
    PartitionEstimate back = mean_of_weights(down);
    for (double* number : {&back.value, &back.low, &back.high}) *number = -*number;
    std::swap(back.low, back.high);
    result.from_tempering = back;
    return result;
}

void add_tempering(Sandwich& sandwich, double value, double error, double round_trips = 10) {
    sandwich.tempering.estimate = sure_of(value, error);
    sandwich.tempering.swap_rates = {0.4};
    sandwich.tempering.round_trips_per_ladder = round_trips;
}

bool mentions(const std::vector<std::string>& texts, const std::string& part) {
    return std::ranges::any_of(texts, [&](const std::string& text) { return text.find(part) != std::string::npos; });
}

}  // namespace

TEST_CASE("one lucky chain does not carry the value when the ways back and tempering agree on another") {
    // log Z is 100; one of a hundred chains got 108, so that their mean is 103.4.
    std::vector<double> up = around(99.5, 1, 99, 1), down = around(-100.5, 1, 100, 2);
    up.push_back(108);
    Sandwich both = sandwich_of_weights(up, down);
    CHECK(both.forward->value > 103);
    CHECK(both.forward->effective_samples < 1.1);
    CHECK(both.forward->low < 100);                 // such luck is no proof
    for (const double round_trips : {10.0, 0.0}) {  // tempering that does not travel is left out
        CAPTURE(round_trips);
        add_tempering(both, round_trips > 0 ? 100 : 60, 0.05, round_trips);
        conclude(both, 0, up, down);
        CHECK(both.value == doctest::Approx(100).epsilon(0.004));
        CHECK(both.by_ratio);
        CHECK(both.by_tempering == (round_trips > 0));
        CHECK(both.low <= both.value);
        CHECK(both.value <= both.high);
        CHECK(mentions(sandwich_verdict(both).warnings, "effective chains of 100"));
    }
}

TEST_CASE("acceptance ratio and tempering count by their variances") {
    const std::vector<double> up = around(9.9, 0.4, 100, 3), down = around(-10.1, 0.4, 100, 4);
    Sandwich both = sandwich_of_weights(up, down);
    conclude(both, 0, up, down);
    const double ratio = both.value, error = both.ratio->standard_error;
    CHECK(ratio == doctest::Approx(acceptance_ratio(up, down)));
    CHECK(error > 0.01);
    CHECK_FALSE(both.by_tempering);
    add_tempering(both, ratio + 0.06, error);
    conclude(both, 0, up, down);
    CHECK(both.value == doctest::Approx(ratio + 0.03));
    add_tempering(both, ratio + 0.06, error / 2);
    conclude(both, 0, up, down);
    CHECK(both.value == doctest::Approx(ratio + 0.06 * 4 / 5));
    // Chains that do not travel know nothing.
    add_tempering(both, ratio + 0.06, error / 2, 4.9);
    conclude(both, 0, up, down);
    CHECK(both.value == ratio);
}

TEST_CASE("the way back from data has a part in the ratio where it agrees with that from tempering") {
    const std::vector<double> up = around(9.9, 0.4, 100, 3), down = around(-10.1, 0.4, 100, 4),
                              data = around(-10.1, 0.4, 100, 5), elsewhere = around(-7, 0.4, 100, 5);
    std::vector<double> all = down;
    all.insert(all.end(), data.begin(), data.end());
    Sandwich both = sandwich_of_weights(up, down);
    both.from_data = sandwich_of_weights(up, data).from_tempering;
    conclude(both, 0, up, down, data);
    CHECK(both.ratio->value == doctest::Approx(acceptance_ratio(up, all)));
    CHECK(both.ratio->samples == 100);
    both.from_data = sandwich_of_weights(up, elsewhere).from_tempering;
    conclude(both, 0, up, down, elsewhere);
    CHECK(both.ratio->value == doctest::Approx(acceptance_ratio(up, down)));
}

TEST_CASE("directions that do not overlap leave the value to tempering, or to nobody") {
    const std::vector<double> up = around(5, 0.2, 100, 6), down = around(-15, 0.2, 100, 7);
    Sandwich apart = sandwich_of_weights(up, down);
    conclude(apart, 0, up, down);
    CHECK(apart.by_ratio);
    CHECK(apart.ratio->effective_samples < 2);
    CHECK(mentions(sandwich_verdict(apart).warnings, "is a guess"));
    add_tempering(apart, 12, 0.1);
    conclude(apart, 0, up, down);
    CHECK(apart.value == 12);
    CHECK_FALSE(apart.by_ratio);
    CHECK(apart.by_tempering);
    CHECK_FALSE(mentions(sandwich_verdict(apart).warnings, "is a guess"));
    CHECK(sandwich_verdict(apart).text.find("the value is tempering's") != std::string::npos);
}

TEST_CASE("tempering that travels and is sure of a value outside of the bounds contradicts them") {
    const std::vector<double> up = around(9.9, 0.4, 100, 3), down = around(-10.1, 0.4, 100, 4);
    for (const double value : {5.0, 20.0}) {
        Sandwich both = sandwich_of_weights(up, down);
        add_tempering(both, value, 0.1, 3);
        conclude(both, 0, up, down);
        CHECK(both.bounds);
        add_tempering(both, value, 0.1);
        conclude(both, 0, up, down);
        CHECK_FALSE(both.bounds);
        CHECK(contradiction(both) == Contradiction::tempering_apart);
        CHECK(both.low <= value);
        CHECK(value <= both.high);
        CHECK(both.value >= both.forward->value);  // a way there is low on average, however chains mix
        CHECK(mentions(sandwich_verdict(both).warnings, "lies outside of the bounds"));
    }
}

TEST_CASE("warnings advise nothing that is so already, and do not call too low what is above") {
    PartitionEstimate wide = sure_of(10);
    wide.spread = 2.5;
    for (const PathBase base : {PathBase::other, PathBase::data}) {
        const bool advised = base == PathBase::other;
        CHECK(mentions(forward_verdict(wide, base).warnings, "the data as base") == advised);
        CHECK(mentions(reverse_verdict(wide, "the data", base).warnings, "the data as base") == advised);
        for (const double back : {9.0, 10.2}) {
            Sandwich both = sandwich_of(10, back, {});
            both.forward = wide;
            conclude(both, 9, ups, downs);
            CHECK(both.bounds == (back > 10));
            const Verdict verdict = sandwich_verdict(both, base);
            CHECK(mentions(verdict.warnings, "the data as base") == advised);
            CHECK(mentions(verdict.warnings, "probably too low") == (back > 10));
            CHECK(mentions(verdict.warnings, "exceeds a reverse one") == (back < 10));
        }
    }
}

TEST_CASE("other chains with fewer betas tell whether those that agree can be believed") {
    PartitionEstimate found = sure_of(10);
    CHECK(repeated_verdict(found, sure_of(10.3)).warnings.empty());
    CHECK(repeated_verdict(found, sure_of(9.7)).text.find("chains agree") == 0);
    const Verdict more = repeated_verdict(found, sure_of(14));
    CHECK(more.text.find("not to be trusted, too low: other chains with fewer betas found 4.000 nats more") == 0);
    CHECK(more.warnings.size() == 1);
    const Verdict less = repeated_verdict(found, sure_of(6));
    CHECK(less.text.find("still rising: 4.000 nats") == 0);
    CHECK(less.warnings.size() == 1);
    // A few that were lucky: 3 nats above the upper end are once in 20 times luck.
    PartitionEstimate lucky = sure_of(13.2);
    lucky.low = lucky.value - rarely_exceeded;
    lucky.effective_samples = 1;
    CHECK_FALSE(found_more(lucky, found));
    lucky.value = 13.4;
    CHECK(found_more(lucky, found));
    // One chain that makes up much of the mean is told of, though their spread is small.
    found.largest_share = largest_share;
    CHECK(forward_verdict(found).warnings.empty());
    found.largest_share = 0.4;
    CHECK(forward_verdict(found).text.find("weak: one chain weighs much") == 0);
    CHECK(mentions(forward_verdict(found).warnings, "one chain of 100 makes up 40 % of the mean of AIS"));
    CHECK(mentions(reverse_verdict(found, "the data").warnings, "makes up 40 %"));
    CHECK(repeated_verdict(found, sure_of(10)).warnings.size() == 1);
}

TEST_CASE("chains that all miss a mode agree; others that find it, and samples from it, tell") {
    // One hidden unit holds all bits on, 4.6 nats above all other states together; 3 % of the chains get there.
    Machine machine(Bernoulli(30), Bernoulli(1));
    machine.weights.fill(4);
    location(machine.hidden)[0] = static_cast<float>(30 * std::log(2.0) + 4 - 4 * 30);
    const double exact = exact_log_partition(machine);
    const Bridge bridge(machine, uniform_base(machine));
    SettingValues settings(settings_of(partition_methods()));
    settings.set("chains", "20");
    settings.set("betas", "100");
    settings.set("schedule", "linear");
    const Dataset data = Dataset::from_floats(1, 30, std::vector<float>(30, 1));
    std::size_t blind = 0, told = 0, told_by_samples = 0, doubted = 0;
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        Random random(seed);
        PartitionAnswer answer = partition_method("ais").estimate({.bridge = bridge, .settings = settings}, random);
        const PartitionEstimate& forward = answer.parts[0].estimate;
        const bool looks_fine = forward_verdict(forward).warnings.empty();
        if (!looks_fine || forward.value > exact - 3) {
            doubted += answer.verdict.warnings.empty() ? 0 : 1;
            continue;
        }
        ++blind;
        told += answer.verdict.warnings.empty() ? 0 : 1;
        CHECK((answer.verdict.warnings.empty() || answer.value > forward.value + 1));  // the value follows
        hold_above(answer, partition_floor(machine.visible, data, {}, free_energies(machine, data)));
        told_by_samples += answer.verdict.warnings.empty() ? 0 : 1;
    }
    MESSAGE(blind << " of 60 runs miss the mode and look fine, other chains find it for " << told << ", " << doubted
                  << " of the others are doubted");
    CHECK(blind >= 20);
    CHECK(6 * told >= blind);
    CHECK(told_by_samples == blind);
}

TEST_CASE("a mean that rests on few chains reaches as far down as luck may have lifted it") {
    std::vector<double> up = around(0, 0.3, 100, 8);
    const PartitionEstimate many = mean_of_weights(up);
    CHECK(many.low == doctest::Approx(many.value - 3 * many.standard_error));
    CHECK(many.largest_share < 0.05);
    up.push_back(12);
    const PartitionEstimate few = mean_of_weights(up);
    CHECK(few.largest_share > 0.99);
    CHECK(few.low == doctest::Approx(few.value - rarely_exceeded));
}

TEST_CASE("verdicts change where they say that they do") {
    PartitionEstimate estimate = sure_of(5);
    estimate.spread = largest_spread;
    CHECK(forward_verdict(estimate).warnings.empty());
    CHECK(reverse_verdict(estimate, "samples").warnings.empty());
    estimate.spread = std::nextafter(largest_spread, 9.0);
    CHECK(forward_verdict(estimate).warnings.size() == 1);
    CHECK(reverse_verdict(estimate, "samples").warnings.size() == 1);
    // Few effective chains: below 5, or below half of the chains where these are few.
    estimate = sure_of(5);
    for (const auto& [samples, effective, few] : std::vector<std::tuple<std::size_t, double, bool>>{
             {100, 5, false}, {100, 4.9, true}, {6, 3, false}, {6, 2.9, true}}) {
        estimate.samples = samples;
        estimate.effective_samples = effective;
        CHECK(forward_verdict(estimate).warnings.empty() == !few);
        CHECK(reverse_verdict(estimate, "samples").warnings.empty() == !few);
    }
    TemperingPartition tempering;
    tempering.swap_rates = {0.5, 0.1, 0.3};
    tempering.round_trips_per_ladder = 5;
    tempering.health.split_r_hat = largest_r_hat;
    CHECK(tempering_verdict(tempering).warnings.empty());
    tempering.swap_rates = {0.5, 0.09, 0.3};
    CHECK(tempering_verdict(tempering).warnings.size() == 1);
    tempering.round_trips_per_ladder = 4.9;
    CHECK(tempering_verdict(tempering).warnings.size() == 2);
    tempering.health.split_r_hat = std::nan("");
    CHECK(tempering_verdict(tempering).warnings.size() == 3);
}

TEST_CASE("estimates that are apart are told from a gap between estimates that are unsure") {
    Sandwich both = sandwich_of(10, 10.2, {});
    conclude(both, 9, ups, downs);
    both.high = both.low + widest_sandwich;
    CHECK(sandwich_verdict(both).warnings.empty());
    both.high += 0.1;
    CHECK(sandwich_verdict(both).text.find("the two directions leave a gap of") == 0);
    both.from_tempering = sure_of(10.5);
    CHECK(sandwich_verdict(both).text.find("AIS and reverse AIS disagree") == 0);
    both.from_tempering = sure_of(10.2);
    both.from_data = sure_of(10.5);
    CHECK(sandwich_verdict(both).text.find("AIS and reverse AIS disagree") == 0);
}

TEST_CASE("steps are counted before they are taken, and samples come in the number that was asked for") {
    CHECK(data_sweeps(AisSettings{.betas = 100}) == 10);
    CHECK(data_sweeps(AisSettings{.betas = 5000}) == 50);
    const TemperingSettings settings{.ladders = 2, .steps = 8, .settling = 3};
    CHECK(tempering_steps(settings) == 211);  // 4 rounds of 50 sweeps shape the ladder
    const Machine machine = random_machine<float>("bernoulli", 4, "bernoulli", 3, 9);
    const Bridge bridge(machine, uniform_base(machine));
    Random random(1);
    const TemperingPartition found = tempering_log_partition(bridge, settings, random, 5);
    CHECK(found.samples.rows() == 5);
    CHECK(found.estimate.samples == 8);  // each pair of rungs takes part in every other sweep
    for (const float value : found.samples.values()) CHECK((value == 0 || value == 1));
}

TEST_SUITE_END();
