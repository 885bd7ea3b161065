// SPDX-License-Identifier: MIT
#include "rbm/estimate/exact.h"

namespace rbm {

double exact_log_partition(const Machine& machine, double beta) {
    return exact_log_partition(machine, enumerable_side(machine), beta);
}

double exact_log_partition(const Machine& machine, Side side, double beta, const std::function<void()>& on_block) {
    return StateSum(precise(machine), side, beta).log_partition(on_block);
}

}  // namespace rbm
