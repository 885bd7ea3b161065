// SPDX-License-Identifier: MIT
#include "rbm/estimate/ladder_ratios.h"

#include <cmath>
#include <numeric>
#include <utility>

#include "rbm/estimate/acceptance_ratio.h"
#include "rbm/kernels/scalar.h"

namespace rbm {
LadderRatios::LadderRatios(std::size_t rungs, std::size_t ladders, std::size_t draws)
    : pairs_(rungs - 1), ladders_(ladders), draws_(draws) {
    for (Pair& pair : pairs_) pair.up.reserve(draws * ladders), pair.down.reserve(draws * ladders);
}

void LadderRatios::add(std::size_t pair, std::span<const double> up, std::span<const double> down) {
    pairs_[pair].up.insert(pairs_[pair].up.end(), up.begin(), up.end());
    pairs_[pair].down.insert(pairs_[pair].down.end(), down.begin(), down.end());
}

std::vector<double> LadderRatios::ratios() const {
    std::vector<double> result;
    for (const Pair& pair : pairs_) result.push_back(acceptance_ratio(pair.up, pair.down));
    return result;
}

PartitionEstimate LadderRatios::sum(double first, ChainHealth& health) const {
    const std::vector<double> all = ratios();
    // The first-order effect of each draw on the sum: its mean is 0 and its correlated spread the estimate's error.
    BasicMatrix<double> influences(ladders_, draws_);
    for (std::size_t k = 0; k < pairs_.size(); ++k) {
        const auto& [up, down] = pairs_[k];
        double slope = 0;
        for (std::size_t i = 0; i < up.size(); ++i) {
            const double u = logistic(up[i] - all[k]), d = logistic(down[i] + all[k]);
            slope += u * (1 - u) + d * (1 - d);
        }
        slope /= static_cast<double>(up.size());
        for (std::size_t i = 0; i < up.size(); ++i)
            influences(i % ladders_, i / ladders_) += (logistic(up[i] - all[k]) - logistic(down[i] + all[k])) / slope;
    }
    health = chain_health(std::as_const(influences).view());
    PartitionEstimate estimate;
    estimate.value = std::accumulate(all.begin(), all.end(), first);
    estimate.standard_error = health.standard_error;
    for (const std::size_t batches : {std::size_t{1}, std::size_t{4}})
        if (batches * ladders_ >= 8 && draws_ >= 4 * batches)
            estimate.standard_error = std::max(estimate.standard_error, error_of_stretches(influences.view(), batches));
    estimate.low = estimate.value - 3 * estimate.standard_error;
    estimate.high = estimate.value + 3 * estimate.standard_error;
    estimate.samples = draws_ * ladders_;
    estimate.effective_samples = health.effective_samples;
    return estimate;
}

}  // namespace rbm
