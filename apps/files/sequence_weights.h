// SPDX-License-Identifier: MIT
// rbm-data FILE --sequence-weights R.
#pragma once

#include "rbm/data/dataset.h"
#include "rbm/io/if_exists.h"

namespace rbm::app {

/// Writes the weight of each row as .npy [N], or as CSV of one column, and tells their sum; with `json` on standard
/// output too.  Throws UsageError for another ending.
void write_sequence_weights(const Dataset& data, double identity, const std::string& output, IfExists if_exists,
                            bool json);

}  // namespace rbm::app
