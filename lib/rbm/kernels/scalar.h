// SPDX-License-Identifier: MIT
// The three functions of one number that everything rests on, safe for every argument: no overflow, NaN stays NaN.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

namespace rbm {

/// 1 / (1 + exp(-x)).
template <class Real>
Real logistic(Real x) {
    const Real e = std::exp(-std::abs(x));  // at most 1, whatever the sign
    return x < 0 ? e / (1 + e) : 1 / (1 + e);
}

/// log(1 + exp(x)).
template <class Real>
Real softplus(Real x) {
    return std::max(x, Real{0}) + std::log1p(std::exp(-std::abs(x)));
}

/// log(sum of exp(x)); minus infinity for no terms.
inline double log_sum_exp(std::span<const double> x) {
    double largest = -std::numeric_limits<double>::infinity();
    for (const double value : x) {
        if (std::isnan(value)) return value;
        largest = std::max(largest, value);
    }
    if (std::isinf(largest)) return largest;
    double sum = 0;
    for (const double value : x) sum += std::exp(value - largest);
    return largest + std::log(sum);
}

}  // namespace rbm
