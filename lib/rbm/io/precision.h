// SPDX-License-Identifier: MIT
// When a float is not enough for a column.  Not installed.
#pragma once

#include <algorithm>
#include <cmath>

namespace rbm {

/// Whether floats lose some of what differs in a column of these bounds.  Of their 24 bits those are needed first that
/// all values share: where the spread is less than this part of the values, fewer than 10 are left for it.
inline bool floats_lose_spread(double low, double high) {
    constexpr double share = 0x1p-14;
    return high > low && high - low < share * std::max(std::abs(low), std::abs(high));
}

}  // namespace rbm
