// SPDX-License-Identifier: MIT
// The partition function by adding up every state of the smaller discrete side, in double throughout.
#pragma once

#include "rbm/kernels/control.h"
#include "rbm/model/state_sum.h"

namespace rbm {

/// log Z(beta) = log of the sum (integral) of exp(-beta E) over all v and h, in nats.  Throws Unsupported when neither
/// side has at most 25 discrete units.
double exact_log_partition(const Machine& machine, double beta = 1, const Control& control = {});
/// By the given side; throws Unsupported when it cannot be enumerated.  2^25 states of 784 units take some 20 s on two
/// threads.
double exact_log_partition(const Machine& machine, Side side, double beta = 1, const Control& control = {});

}  // namespace rbm
