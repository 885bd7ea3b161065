// SPDX-License-Identifier: MIT
#include "rbm/estimate/ranking.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "rbm/kernels/error.h"

namespace rbm {
namespace {

/// Samples with one score, highest score first.
struct Tie {
    double wanted = 0;
    double others = 0;
};

std::vector<Tie> falling_ties(std::span<const double> scores, const std::vector<bool>& wanted) {
    if (scores.size() != wanted.size())
        throw InvalidArgument(fmt::format("ranking: {} scores and {} labels", scores.size(), wanted.size()));
    for (std::size_t i = 0; i < scores.size(); ++i)
        if (std::isnan(scores[i])) throw InvalidArgument(fmt::format("ranking: score {} is NaN", i + 1));
    std::vector<std::size_t> order(scores.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
    std::vector<Tie> ties;
    for (std::size_t i = 0; i < order.size(); ++i) {
        if (i == 0 || scores[order[i]] != scores[order[i - 1]]) ties.push_back({});
        (wanted[order[i]] ? ties.back().wanted : ties.back().others) += 1;
    }
    return ties;
}

}  // namespace

double roc_auc(std::span<const double> scores, const std::vector<bool>& wanted) {
    double above = 0, others = 0, pairs = 0;
    for (const Tie& tie : falling_ties(scores, wanted)) {
        pairs += tie.others * (above + tie.wanted / 2);
        above += tie.wanted;
        others += tie.others;
    }
    return above == 0 || others == 0 ? std::numeric_limits<double>::quiet_NaN() : pairs / (above * others);
}

double average_precision(std::span<const double> scores, const std::vector<bool>& wanted) {
    double above = 0, others = 0, sum = 0;
    for (const Tie& tie : falling_ties(scores, wanted)) {
        above += tie.wanted;
        others += tie.others;
        sum += tie.wanted * above / (above + others);
    }
    return above == 0 ? std::numeric_limits<double>::quiet_NaN() : sum / above;
}

double quantile(std::vector<double> values, double share) {
    if (values.empty()) throw InvalidArgument("quantile: found no values");
    if (!(share >= 0 && share <= 1))
        throw InvalidArgument(fmt::format("quantile: found {}, expected a number from 0 to 1", share));
    std::sort(values.begin(), values.end());
    const double place = share * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, values.size() - 1);
    return values[below] + (place - static_cast<double>(below)) * (values[above] - values[below]);
}

}  // namespace rbm
