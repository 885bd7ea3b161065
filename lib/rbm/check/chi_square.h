// SPDX-License-Identifier: MIT
// Pearson's chi-square test: do these counts come from this distribution?
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace rbm {

struct ChiSquare {
    double statistic = 0;
    std::size_t degrees = 0;  ///< of freedom; 0 when everything fell into one cell
};

/// probabilities sum to 1.  Cells that expect fewer than 10 counts are taken together, so that the limit law holds.
ChiSquare chi_square(std::span<const std::uint64_t> counts, std::span<const double> probabilities);

/// What the statistic exceeds with this probability when the counts do come from the distribution.
double critical_value(std::size_t degrees, double probability);

}  // namespace rbm
