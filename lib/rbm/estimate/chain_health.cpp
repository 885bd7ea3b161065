// SPDX-License-Identifier: MIT
#include "rbm/estimate/chain_health.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "rbm/kernels/error.h"

namespace rbm {

ChainHealth chain_health(MatrixView<const double> series) {
    if (series.rows == 0 || series.cols < 4)
        throw InvalidArgument(
            fmt::format("chain_health: {} chains of {} draws, expected at least 4 draws", series.rows, series.cols));
    const std::size_t length = series.cols / 2, halves = 2 * series.rows;
    const double n = static_cast<double>(length), m = static_cast<double>(halves);
    // A middle draw of an odd number belongs to neither half.
    const auto half = [&](std::size_t i) {
        return series.row(i / 2).subspan(i % 2 == 0 ? 0 : series.cols - length, length);
    };
    std::vector<double> means(halves);
    ChainHealth health;
    for (std::size_t i = 0; i < halves; ++i) {
        for (const double value : half(i)) means[i] += value / n;
        health.mean += means[i] / m;
    }
    const auto mean_covariance = [&](std::size_t lag) {
        double total = 0;
        for (std::size_t i = 0; i < halves; ++i) {
            const auto values = half(i);
            double sum = 0;
            for (std::size_t t = 0; t + lag < length; ++t) sum += (values[t] - means[i]) * (values[t + lag] - means[i]);
            total += sum / n / m;
        }
        return total;
    };
    double between = 0;  // of the halves' means
    for (const double mean : means) between += (mean - health.mean) * (mean - health.mean) / (m - 1);
    const double within = mean_covariance(0) * n / (n - 1);
    const double total = within * (n - 1) / n + between;
    const double draws = n * m;
    if (!std::isfinite(total)) {
        health.split_r_hat = std::numeric_limits<double>::infinity();
        health.standard_error = health.autocorrelation_time = std::numeric_limits<double>::quiet_NaN();
        health.effective_samples = 0;
        return health;
    }
    if (!(total > 0)) {  // nothing moves, and there is nothing to disagree about
        health.effective_samples = draws;
        return health;
    }
    health.split_r_hat = within > 1e-24 * total ? std::sqrt(total / within) : std::numeric_limits<double>::infinity();
    const auto correlation = [&](std::size_t lag) { return 1 - (within - mean_covariance(lag)) / total; };
    // Sums of neighbouring pairs are positive and falling for reversible chains: the first that is not is noise.
    double time = -1, last = std::numeric_limits<double>::infinity();
    for (std::size_t lag = 0; lag + 1 < length; lag += 2) {
        const double pair = (lag == 0 ? 1 : correlation(lag)) + correlation(lag + 1);
        if (!(pair > 0)) break;
        last = std::min(last, pair);
        time += 2 * last;
    }
    health.autocorrelation_time = std::max(time, 1 / std::log10(std::max(draws, 10.0)));
    health.effective_samples = draws / health.autocorrelation_time;
    health.standard_error = std::sqrt(total / health.effective_samples);
    return health;
}

double error_of_stretches(MatrixView<const double> series, std::size_t stretches) {
    const std::size_t count = stretches * series.rows;
    if (count < 2 || series.cols < stretches)
        throw InvalidArgument(fmt::format("error_of_stretches: {} stretches of {} chains of {} draws", stretches,
                                          series.rows, series.cols));
    const std::size_t length = series.cols / stretches;
    std::vector<double> means;
    for (std::size_t c = 0; c < series.rows; ++c)
        for (std::size_t i = 0; i < stretches; ++i) {
            const auto part = series.row(c).subspan(i * length, length);
            means.push_back(std::accumulate(part.begin(), part.end(), 0.0) / static_cast<double>(length));
        }
    const double mean = std::accumulate(means.begin(), means.end(), 0.0) / static_cast<double>(count);
    double squares = 0;
    for (const double value : means) squares += (value - mean) * (value - mean);
    return std::sqrt(squares / static_cast<double>(count - 1) / static_cast<double>(count));
}

}  // namespace rbm
