// SPDX-License-Identifier: MIT
#include "rbm/sampler/communication.h"

#include <algorithm>
#include <cmath>

namespace rbm {

Communication communication(std::span<const double> swap_rates) {
    Communication result;
    double odds = 0;
    for (const double rate : swap_rates) {
        const double refused = std::clamp(1 - rate, 0.0, 1.0);
        result.barrier += refused;
        odds += refused / (1 - refused);  // infinite where nothing swaps: then the rate is 0
    }
    result.rungs = std::max<std::size_t>(2, static_cast<std::size_t>(std::ceil(2 * result.barrier)) + 1);
    result.expected = 1 / (2 + 2 * odds);
    result.attainable = 1 / (2 + 2 * result.barrier);
    return result;
}

}  // namespace rbm
