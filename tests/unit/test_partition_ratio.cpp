// SPDX-License-Identifier: MIT
// Ratios of partition functions against exact ones, and rankings against their definitions.
#include <doctest/doctest.h>

#include <stdexcept>

#include "rbm/estimate/exact.h"
#include "rbm/estimate/partition_ratio.h"
#include "rbm/kernels/error.h"
#include "tests/support/small_machines.h"

namespace rbm {
namespace {

PartitionRatioSettings quick() {
    PartitionRatioSettings settings;
    settings.betas = 200;
    settings.tempering.ladders = 10;
    settings.tempering.steps = 300;
    settings.tempering.settling = 100;
    return settings;
}

/// Samples of a machine of bits, from its exact probabilities.
Matrix exact_samples(const Machine& machine, std::size_t count, std::uint64_t seed) {
    const Matrix states = test::all_states(machine.visible);
    const auto probabilities = test::exact_probabilities(machine);
    Matrix samples(count, states.cols());
    const Stream stream{seed, 9, 0};
    for (std::size_t c = 0; c < count; ++c) {
        double left = static_cast<double>(uniform_from_bits(random_bits(stream, c, 0)));
        std::size_t s = 0;
        while (s + 1 < states.rows() && left >= probabilities[s]) left -= probabilities[s++];
        std::copy(states.row(s).begin(), states.row(s).end(), samples.row(c).begin());
    }
    return samples;
}

}  // namespace

TEST_SUITE("partition_ratio") {
    TEST_CASE("from exact samples, 3-sigma intervals hold the exact ratio in all but a few of 100 seeds") {
        const auto from = test::random_machine<float>("bernoulli", 8, "bernoulli", 3, 41);
        const auto to = test::random_machine<float>("bernoulli", 8, "bernoulli", 6, 42);
        const double exact = exact_log_partition(to) - exact_log_partition(from);
        std::size_t held = 0;
        for (std::uint64_t seed = 0; seed < 100; ++seed) {
            Random random(seed);
            const auto found = annealed_ratio(from, to, exact_samples(from, 50, seed), linear_betas(20), random);
            held += found.low <= exact && exact <= found.high ? 1U : 0U;
        }
        CHECK(held >= 95);
    }

    TEST_CASE("both directions by tempering agree with the exact ratio, for all kinds of units") {
        using Kinds = std::pair<std::string, std::string>;
        for (const auto& kinds :
             {Kinds("bernoulli", "bernoulli"), Kinds("gaussian", "bernoulli"), Kinds("spin", "spin"),
              Kinds("potts", "bernoulli"), Kinds("gaussian", "potts"), Kinds("potts", "potts")}) {
            const std::string &visible = kinds.first, &hidden = kinds.second;
            CAPTURE(visible);
            CAPTURE(hidden);
            const auto from = test::random_machine<float>(visible, 6, hidden, 4, 51, 0.5);
            const auto to = test::random_machine<float>(visible, 6, hidden, 7, 52, 0.5);
            const double exact = exact_log_partition(to) - exact_log_partition(from);
            for (const auto route : {RatioRoute::direct, RatioRoute::base}) {
                Random random(4);
                auto settings = quick();
                settings.route = route;
                std::size_t last = 0;
                Control control;
                control.progress = [&](const ProgressReport& report) { last = static_cast<std::size_t>(report.done); };
                const auto found = partition_ratio(from, from.visible, to, to.visible, settings, random, control);
                CHECK(found.route == route);
                CHECK(found.agrees);
                CHECK(found.low <= exact);
                CHECK(exact <= found.high);
                CHECK(found.value == doctest::Approx(exact).epsilon(0.02).scale(1));
                CHECK(found.high - found.low < 1);
                CHECK(found.largest_spread > 0);
                CHECK((found.direct_length > 0) == (route == RatioRoute::direct));
                CHECK((found.base_length > 0) == (route == RatioRoute::base));
                CHECK(last <= partition_ratio_steps(settings));
            }
        }
    }

    TEST_CASE("a machine against itself has the ratio 1") {
        const auto machine = test::random_machine<float>("bernoulli", 8, "bernoulli", 5, 43);
        Random random(5);
        const auto found = partition_ratio(machine, machine.visible, machine, machine.visible, quick(), random);
        CHECK(std::abs(found.value) < 0.1);
        CHECK(found.route == RatioRoute::direct);
        CHECK(found.direct_length < 0.1 * found.base_length);
    }

    TEST_CASE("by either route, and by the shorter one, intervals hold the exact ratio in all but a few of 40 seeds") {
        // Machines that are far from each other, and a machine and what a little more training made of it.
        const auto from = test::random_machine<float>("bernoulli", 10, "bernoulli", 6, 61, 1.2);
        auto near = from, other = test::random_machine<float>("bernoulli", 10, "bernoulli", 5, 62, 1.2);
        const Stream stream{63, 0, 0};
        for (std::size_t k = 0; k < near.weights.values().size(); ++k)
            near.weights.values()[k] += 0.05F * normal_at(stream, k, 0);
        for (const Machine* to : {&near, &other}) {
            const bool is_near = to == &near;
            CAPTURE(is_near);
            const double exact = exact_log_partition(*to) - exact_log_partition(from);
            std::vector<double> widths;
            for (const std::optional<RatioRoute> route :
                 {std::optional(RatioRoute::direct), std::optional(RatioRoute::base), std::optional<RatioRoute>()}) {
                std::size_t held = 0;
                widths.push_back(0);
                for (std::uint64_t seed = 0; seed < 40; ++seed) {
                    Random random(seed);
                    auto settings = quick();
                    settings.betas = 60;
                    settings.route = route;
                    const auto found = partition_ratio(from, from.visible, *to, to->visible, settings, random);
                    held += found.low <= exact && exact <= found.high ? 1U : 0U;
                    widths.back() += (found.high - found.low) / 40;
                    if (is_near && !route) CHECK(found.route == RatioRoute::direct);
                }
                CHECK(held >= 38);
            }
            CHECK(widths[2] < 1.1 * std::min(widths[0], widths[1]));
            CHECK(widths[2] < (is_near ? 0.1 : 1));
        }
    }

    TEST_CASE("machines whose hidden units have nothing in common go by the base") {
        using Kinds = std::pair<std::string, std::string>;
        for (const auto& kinds :
             {Kinds("bernoulli", "spin"), Kinds("bernoulli", "gaussian"), Kinds("gaussian", "gaussian")}) {
            const auto from = test::random_machine<float>("bernoulli", 6, kinds.first, 4, 51, 0.5);
            const auto to = test::random_machine<float>("bernoulli", 6, kinds.second, 3, 52, 0.5);
            const double exact = exact_log_partition(to, Side::visible) - exact_log_partition(from, Side::visible);
            Random random(4);
            auto settings = quick();
            const auto found = partition_ratio(from, from.visible, to, to.visible, settings, random);
            CHECK(found.route == RatioRoute::base);
            CHECK(found.direct_length == 0);
            CHECK(found.low <= exact);
            CHECK(exact <= found.high);
            CHECK(found.high - found.low < 1);
            settings.route = RatioRoute::direct;
            CHECK_THROWS_AS(partition_ratio(from, from.visible, to, to.visible, settings, random), Unsupported);
        }
    }

    TEST_CASE("what does not fit is refused") {
        const auto bits = test::random_machine<float>("bernoulli", 4, "bernoulli", 2, 1);
        const auto wide = test::random_machine<float>("bernoulli", 5, "bernoulli", 2, 1);
        const auto normal = test::random_machine<float>("bernoulli", 4, "gaussian", 2, 1);
        Random random(1);
        const Matrix samples(10, 4);
        CHECK_THROWS_AS(partition_ratio(bits, bits.visible, wide, wide.visible, quick(), random), InvalidArgument);
        CHECK_THROWS_AS(annealed_ratio(bits, wide, samples, linear_betas(10), random), InvalidArgument);
        CHECK_THROWS_AS(annealed_ratio(bits, normal, samples, linear_betas(10), random), Unsupported);
        const Machine three(make_units<float>("bernoulli", 4), make_units<float>("potts", 2, 3));
        const Machine six(make_units<float>("bernoulli", 4), make_units<float>("potts", 1, 6));
        CHECK_THROWS_AS(annealed_ratio(three, six, samples, linear_betas(10), random), Unsupported);
        const Machine sites(make_units<float>("potts", 2, 2), Bernoulli(2));
        const Machine site(make_units<float>("potts", 1, 4), Bernoulli(2));
        CHECK_THROWS_AS(annealed_ratio(sites, site, samples, linear_betas(10), random), InvalidArgument);
        CHECK_THROWS_AS(annealed_ratio(bits, bits, Matrix(1, 4), linear_betas(10), random), InvalidArgument);
    }
}

}  // namespace rbm
