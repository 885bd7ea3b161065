// SPDX-License-Identifier: MIT
// What is concluded from estimates of log Z that are there: which end is which, and when no bound is claimed.
#include <doctest/doctest.h>

#include <cmath>

#include "rbm/estimate/acceptance_ratio.h"
#include "rbm/estimate/sandwich.h"
#include "rbm/estimate/verdict.h"
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
