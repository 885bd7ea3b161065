// SPDX-License-Identifier: MIT
// Kinds of visible units, and numbers of states, by what the columns of the data hold.
#pragma once

#include "apps/train/training_inputs.h"

namespace rbm::app {

/// Of --visible-units auto: names the kind that suits all columns, and says why.  Throws UnsuitableColumns, naming
/// those on either side, when words and real numbers stand side by side.
void choose_units(RunSettings& run, const Dataset& raw);

/// For Potts units over a table with words: columns of few numbers become words too, and --visible-states, unless
/// given, the most words of a column.  For other units: throws UnsuitableColumns when a column has more than two words.
Dataset as_sites(RunSettings& run, Dataset raw);

/// States beyond a column's words never occur: their probability is 0 from the start, and training leaves it there.
void close_unused_states(Machine& machine, std::span<const Column> columns);

}  // namespace rbm::app
