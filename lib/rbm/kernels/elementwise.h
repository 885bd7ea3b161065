// SPDX-License-Identifier: MIT
// Kernels that wait for memory and not for arithmetic: plain loops, shared out among the threads.  What they compute
// stands in reference.h.
#pragma once

#include "rbm/kernels/backend.h"

namespace rbm::threaded {

void add(ConstView a, ConstView b, View out);
void approach(float rate, ConstView goal, View out);
void scale_rows(float scale, Floats factors, View out);
void add_group_sums(ConstView a, Floats row_weights, View out);

}  // namespace rbm::threaded
