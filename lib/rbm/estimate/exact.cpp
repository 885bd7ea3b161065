// SPDX-License-Identifier: MIT
#include "rbm/estimate/exact.h"

namespace rbm {

double exact_log_partition(const Machine& machine, double beta, const Control& control) {
    return exact_log_partition(machine, enumerable_side(machine), beta, control);
}

double exact_log_partition(const Machine& machine, Side side, double beta, const Control& control) {
    return StateSum(precise(machine), side, beta).log_partition(control);
}

}  // namespace rbm
