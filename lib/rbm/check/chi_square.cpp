// SPDX-License-Identifier: MIT
#include "rbm/check/chi_square.h"

#include <boost/math/special_functions/gamma.hpp>
#include <numeric>

namespace rbm {

ChiSquare chi_square(std::span<const std::uint64_t> counts, std::span<const double> probabilities) {
    constexpr double fewest = 10;
    const auto total = static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}));
    ChiSquare result;
    std::size_t cells = 0;
    double rare_count = 0, rare_expected = 0;
    const auto add = [&](double count, double expected) {
        result.statistic += (count - expected) * (count - expected) / expected;
        ++cells;
    };
    for (std::size_t i = 0; i < counts.size(); ++i) {
        const double expected = total * probabilities[i];
        if (expected >= fewest) {
            add(static_cast<double>(counts[i]), expected);
        } else {
            rare_count += static_cast<double>(counts[i]);
            rare_expected += expected;
        }
    }
    // Rare cells that expect too little even together still tell of impossible states when many counts fall there.
    if (rare_expected >= fewest || rare_count > fewest + 5 * rare_expected)
        add(rare_count, std::max(rare_expected, 1e-300));
    if (cells <= 1) return {};  // a machine frozen in one state: what is left is rounding
    result.degrees = cells - 1;
    return result;
}

double critical_value(std::size_t degrees, double probability) {
    if (degrees == 0) return 0;
    return 2 * boost::math::gamma_q_inv(0.5 * static_cast<double>(degrees), probability);
}

}  // namespace rbm
