// SPDX-License-Identifier: MIT
#include "rbm/estimate/acceptance_ratio.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "rbm/kernels/error.h"
#include "rbm/kernels/scalar.h"

namespace rbm {

double acceptance_ratio(std::span<const double> up, std::span<const double> down) {
    if (up.empty() || down.empty()) throw InvalidArgument("acceptance_ratio: expected draws from both sides");
    const double log_odds = std::log(static_cast<double>(up.size()) / static_cast<double>(down.size()));
    // The sum over draws from a falls as the ratio grows, that over draws from b rises.
    double slope = 0;
    const auto excess = [&](double ratio) {
        double from_a = 0, from_b = 0;
        slope = 0;
        const auto add = [&](double x, double& sum) {
            const double p = logistic(x);
            sum += p;
            slope += p * (1 - p);
        };
        for (const double x : up) add(x - ratio - log_odds, from_a);
        for (const double x : down) add(x + ratio + log_odds, from_b);
        if (from_a > 1e-290 || from_b > 1e-290) return from_a - from_b;
        // No overlap at all: the logarithms of these sums still differ.
        std::vector<double> logs_a, logs_b;
        for (const double x : up) logs_a.push_back(-softplus(ratio + log_odds - x));
        for (const double x : down) logs_b.push_back(-softplus(-ratio - log_odds - x));
        return log_sum_exp(logs_a) - log_sum_exp(logs_b);
    };
    double low = *std::min_element(up.begin(), up.end()), high = *std::max_element(up.begin(), up.end());
    for (const double x : down) low = std::min(low, -x), high = std::max(high, -x);
    low -= 1 + std::abs(log_odds);
    high += 1 + std::abs(log_odds);
    double ratio = (low + high) / 2;
    for (int i = 0; i < 200 && high - low > 1e-12 * (1 + std::abs(ratio)); ++i) {
        const double value = excess(ratio);
        if (value == 0) break;
        (value > 0 ? low : high) = ratio;
        // Newton's step where it stays inside, few of which find the ratio; else the middle.
        const double next = slope > 1e-3 ? ratio + value / slope : low;
        if (slope > 1e-3 && std::abs(next - ratio) < 1e-11 * (1 + std::abs(ratio))) break;
        ratio = next > low && next < high ? next : (low + high) / 2;
    }
    return ratio;
}

AcceptanceRatio weighed_acceptance_ratio(std::span<const double> up, std::span<const double> down) {
    AcceptanceRatio result;
    result.value = acceptance_ratio(up, down);
    const double above = static_cast<double>(up.size()), below = static_cast<double>(down.size());
    const double log_odds = std::log(above / below);
    result.effective_draws = std::min(above, below);
    double variance = 0;
    // Logs throughout: where nothing overlaps the logistic functions themselves are 0.
    const auto add = [&](std::span<const double> draws, double sign) {
        const double count = static_cast<double>(draws.size());
        std::vector<double> logs, squares;
        for (const double x : draws) {
            logs.push_back(-softplus(sign * (result.value + log_odds) - x));
            squares.push_back(2 * logs.back());
        }
        const double log_sum = log_sum_exp(logs);
        const double effective = std::exp(2 * log_sum - log_sum_exp(squares));
        variance += std::max(0.0, 1 / effective - 1 / count);
        // Of two densities that are the same, each draw counts below / (above + below) on the one side.
        const double overlap = std::exp(log_sum) * (above + below) / std::max(above, below);
        result.effective_draws = std::min({result.effective_draws, effective, overlap});
    };
    add(up, 1);
    add(down, -1);
    result.standard_error = std::sqrt(variance);
    return result;
}

}  // namespace rbm
