// SPDX-License-Identifier: MIT
#include "rbm/estimate/ais.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "rbm/kernels/error.h"
#include "rbm/kernels/scalar.h"

namespace rbm {
namespace {

void check_chains(std::size_t chains) {
    if (chains < 2) throw InvalidArgument(fmt::format("AIS: found {} chains, expected at least 2", chains));
}

}  // namespace

bool rests_on_few(const PartitionEstimate& estimate) {
    return estimate.effective_samples < std::min(fewest_effective_samples, 0.5 * static_cast<double>(estimate.samples));
}

bool exceeds(const PartitionEstimate& one, const PartitionEstimate& other) {
    return one.value - other.value > std::hypot(one.value - one.low, other.high - other.value);
}

PartitionEstimate mean_of_weights(std::span<const double> log_weights) {
    const double count = static_cast<double>(log_weights.size());
    PartitionEstimate result;
    result.samples = log_weights.size();
    const double log_sum = log_sum_exp(log_weights);
    result.value = log_sum - std::log(count);
    double mean = 0, squares = 0, relative_squares = 0;
    for (const double w : log_weights) mean += w / count;
    for (const double w : log_weights) {
        squares += (w - mean) * (w - mean);
        relative_squares += std::exp(2 * (w - log_sum));
    }
    result.spread = std::sqrt(squares / (count - 1));
    result.effective_samples = 1 / relative_squares;
    result.largest_share = std::exp(*std::ranges::max_element(log_weights) - log_sum);
    // The variance of the mean over its square: that of its logarithm, to first order.
    result.standard_error = std::sqrt(std::max(0.0, (relative_squares - 1 / count) * count / (count - 1)));
    result.low = result.value - (rests_on_few(result) ? std::max(rarely_exceeded, 3 * result.standard_error)
                                                      : 3 * result.standard_error);
    // Where the spread is large the heavy weights are those that were not drawn, and the mean is too low by more than
    // its error says: then the interval for log-normal weights reaches higher.
    const double variance = result.spread * result.spread;
    result.high = std::max(result.value + 3 * result.standard_error,
                           mean + variance / 2 + 3 * std::sqrt(variance * (1 + variance / 2) / count));
    return result;
}

std::size_t pilot_steps(const AisSettings& settings) {
    return settings.spacing == BetaSpacing::adaptive ? std::max<std::size_t>(50, settings.betas / 10) : 0;
}

std::vector<float> spaced_betas(const Bridge& bridge, const AisSettings& settings, Random& random,
                                const Control& control) {
    switch (settings.spacing) {
        case BetaSpacing::linear:
            return linear_betas(settings.betas);
        case BetaSpacing::salakhutdinov_murray:
            return salakhutdinov_murray_betas(settings.betas);
        case BetaSpacing::adaptive:
            break;
    }
    return PathLength::measure(bridge, pilot_steps(settings), 100, random, control).equal_steps(settings.betas);
}

PartitionEstimate annealed_log_partition(const Bridge& bridge, std::span<const float> betas, std::size_t chains,
                                         Random& random, std::vector<double>* log_weights, const Control& control) {
    check_chains(chains);
    Annealing annealing(bridge, chains);
    bridge.sample_base(random.next(), annealing.visible);
    annealing.run(betas, random, control);
    PartitionEstimate result = mean_of_weights(annealing.log_weights);
    for (double* number : {&result.value, &result.low, &result.high}) *number += bridge.base_log_partition();
    if (log_weights != nullptr) *log_weights = std::move(annealing.log_weights);
    return result;
}

PartitionEstimate reverse_log_partition(const Bridge& bridge, std::span<const float> betas, ConstView samples,
                                        Random& random, std::vector<double>* log_weights, const Control& control) {
    check_chains(samples.rows);
    Annealing annealing(bridge, samples.rows);
    for (std::size_t c = 0; c < samples.rows; ++c)
        std::copy(samples.row(c).begin(), samples.row(c).end(), annealing.visible.row(c).begin());
    const std::vector<float> falling(betas.rbegin(), betas.rend());
    annealing.run(falling, random, control);
    PartitionEstimate result = mean_of_weights(annealing.log_weights);
    for (double* number : {&result.value, &result.low, &result.high}) *number = bridge.base_log_partition() - *number;
    std::swap(result.low, result.high);
    if (log_weights != nullptr) *log_weights = std::move(annealing.log_weights);
    return result;
}

}  // namespace rbm
