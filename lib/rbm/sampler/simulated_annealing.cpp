// SPDX-License-Identifier: MIT
#include "rbm/sampler/simulated_annealing.h"

#include <cmath>

namespace rbm {

double SimulatedAnnealing::power(std::size_t sweep) const {
    if (steps < 2) return last_power;
    const double done = static_cast<double>(sweep) / static_cast<double>(steps - 1);
    return first_power * std::pow(last_power / first_power, done);
}

}  // namespace rbm
