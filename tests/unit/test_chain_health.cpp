// SPDX-License-Identifier: MIT
// Autocorrelation time, effective sample size and split R-hat, on series whose answers are known.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <stdexcept>

#include "rbm/estimate/chain_health.h"
#include "rbm/kernels/error.h"
#include "rbm/kernels/random.h"
#include "tests/support/statistics.h"

using namespace rbm;
using namespace rbm::test;

namespace {

/// x_t = a x_(t-1) + noise, of variance 1: its autocorrelation time is (1 + a) / (1 - a).
BasicMatrix<double> autoregressive(double a, std::size_t chains, std::size_t draws, std::uint64_t seed) {
    BasicMatrix<double> series(chains, draws);
    for (std::size_t c = 0; c < chains; ++c) {
        double x = static_cast<double>(normal_at({seed, 0, 0}, c, 0));
        for (std::size_t t = 0; t < draws; ++t) {
            series(c, t) = x;
            x = a * x + std::sqrt(1 - a * a) * static_cast<double>(normal_at({seed, 1, 0}, c, t));
        }
    }
    return series;
}

ChainHealth health_of(const BasicMatrix<double>& series) { return chain_health(series.view()); }

}  // namespace

TEST_SUITE_BEGIN("chain_health");

TEST_CASE("autoregressive chains have the known autocorrelation time, and their error bars hold") {
    for (const double a : {0.0, 0.5, 0.9, -0.4}) {
        CAPTURE(a);
        const auto health = health_of(autoregressive(a, 8, 4000, 1));
        const double time = (1 + a) / (1 - a);
        CHECK(health.autocorrelation_time == doctest::Approx(time).epsilon(0.2));
        CHECK(health.effective_samples == doctest::Approx(8 * 4000 / time).epsilon(0.2));
        CHECK(health.split_r_hat < 1.02);
        Moments z;
        for (std::uint64_t seed = 0; seed < 60; ++seed) {
            const auto one = health_of(autoregressive(a, 4, 500, 100 + seed));
            z.add(one.mean / one.standard_error);
        }
        CHECK(std::abs(z.mean()) < 0.6);
        CHECK(z.variance() > 0.5);
        CHECK(z.variance() < 2);
    }
}

TEST_CASE("errors from means of stretches, by hand and for correlated chains") {
    BasicMatrix<double> series(2, 5);  // the last draw of each belongs to no stretch of two
    const double values[] = {1, 3, 5, 7, 100, 0, 2, 2, 4, 100};
    std::copy(std::begin(values), std::end(values), series.values().begin());
    // Means 2, 6, 1, 3 around 3: squares 1 + 9 + 4 + 0.
    CHECK(error_of_stretches(series.view(), 2) == doctest::Approx(std::sqrt(14.0 / 3 / 4)));
    CHECK_THROWS_AS(error_of_stretches(series.view().rows_from(0, 1), 1), InvalidArgument);
    CHECK_THROWS_AS(error_of_stretches(series.view(), 6), InvalidArgument);
    const auto slow = autoregressive(0.9, 40, 4000, 5);
    CHECK(error_of_stretches(slow.view(), 1) == doctest::Approx(health_of(slow).standard_error).epsilon(0.35));
}

TEST_CASE("chains that disagree, drift or stay put") {
    auto apart = autoregressive(0.2, 4, 400, 2);
    for (std::size_t t = 0; t < 400; ++t) apart(3, t) += 5;
    CHECK(health_of(apart).split_r_hat > 1.5);
    CHECK(health_of(apart).effective_samples < 40);
    auto drift = autoregressive(0.2, 1, 400, 3);
    for (std::size_t t = 0; t < 400; ++t) drift(0, t) += 0.02 * static_cast<double>(t);
    CHECK(health_of(drift).split_r_hat > 1.5);
    BasicMatrix<double> frozen(2, 50);
    CHECK(health_of(frozen).split_r_hat == 1);
    CHECK(health_of(frozen).standard_error == 0);
    for (double& value : frozen.row(1)) value = 1;
    CHECK(std::isinf(health_of(frozen).split_r_hat));
    frozen(1, 30) = std::numeric_limits<double>::infinity();
    CHECK(std::isinf(health_of(frozen).split_r_hat));
    CHECK(health_of(frozen).effective_samples == 0);
    CHECK(std::isnan(health_of(frozen).standard_error));
    CHECK_THROWS_AS(health_of(BasicMatrix<double>(2, 3)), InvalidArgument);
    CHECK_THROWS_AS(health_of(BasicMatrix<double>(0, 30)), InvalidArgument);
}

TEST_SUITE_END();
