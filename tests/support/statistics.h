// SPDX-License-Identifier: MIT
// How far chance may go: tails of the normal and chi-square distributions, and running moments.
#pragma once

#include <cmath>
#include <cstddef>
#include <numbers>
#include <vector>

namespace rbm::test {

/// The upper tail of chi-square by Wilson and Hilferty's cube root; good to a few percent of p where tests look.
inline double chi_square_tail(double statistic, double degrees) {
    const double spread = 2 / (9 * degrees);
    const double z = (std::cbrt(statistic / degrees) - (1 - spread)) / std::sqrt(spread);
    return 0.5 * std::erfc(z / std::numbers::sqrt2);
}

/// p of the counts under these probabilities; cells of fewer than 5 expected counts are pooled.
inline double chi_square_p(const std::vector<double>& counts, const std::vector<double>& probabilities) {
    double total = 0;
    for (const double count : counts) total += count;
    double statistic = 0, pooled_count = 0, pooled_expected = 0, cells = 0;
    const auto add = [&](double count, double expected) {
        statistic += (count - expected) * (count - expected) / expected;
        cells += 1;
    };
    for (std::size_t i = 0; i < counts.size(); ++i) {
        const double expected = probabilities[i] * total;
        if (expected >= 5)
            add(counts[i], expected);
        else
            pooled_count += counts[i], pooled_expected += expected;
    }
    if (pooled_expected > 0) add(pooled_count, pooled_expected);
    return chi_square_tail(statistic, cells - 1);
}

/// Mean and variance of independent draws, and how many standard errors their mean is from a value.
class Moments {
  public:
    void add(double value) {
        ++count_;
        const double step = value - mean_;
        mean_ += step / static_cast<double>(count_);
        squares_ += step * (value - mean_);
    }
    double mean() const { return mean_; }
    double variance() const { return squares_ / static_cast<double>(count_ - 1); }
    double standard_error() const { return std::sqrt(variance() / static_cast<double>(count_)); }
    double z(double expected) const { return (mean_ - expected) / standard_error(); }

  private:
    std::size_t count_ = 0;
    double mean_ = 0;
    double squares_ = 0;
};

}  // namespace rbm::test
