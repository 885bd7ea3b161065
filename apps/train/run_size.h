// SPDX-License-Identifier: MIT
// What a run is like where no option says it: by the size of its data, so that few rows are not learned by heart.
#pragma once

#include "apps/train/training_run.h"

namespace rbm::app {

/// Whether the command line, a configuration or the recipe sets the option.
bool is_set(const Program& program, const RunSettings& run, std::string_view option);

/// What chooses the model that is kept, where --stop-on does not say it; rows may be held out for that.  Known before
/// the data are.
void choose_judge(const Program& program, RunSettings& run);

/// How many rows are held out of so many.
std::size_t held_out_rows(const RunSettings& run, std::size_t rows);

/// The rest, from the numbers of rows and visible units; says what it chose.
void size_run(const Program& program, RunSettings& run, std::size_t rows, std::size_t visible);

}  // namespace rbm::app
