// SPDX-License-Identifier: MIT
// Logistic units on the way from one bias to another, in the best instructions there are; what these compute stands in
// reference.h.
#pragma once

#include "rbm/kernels/backend.h"

namespace rbm::vectorized {

void sample_tempered_logistic(ConstView field, Floats base, Floats change, Floats beta, const Stream& stream, View out);
/// To 1e-6 of the sum of the terms' sizes: what close temperatures leave of large terms is not lost.
void add_softplus_changes(ConstView field, Floats base, Floats change, Floats from, Floats to, Sums out);

}  // namespace rbm::vectorized
