// SPDX-License-Identifier: MIT
// Which options of rbm-train go together, and what a run needs.  All throw UsageError, require_room DataError too.
#pragma once

#include "apps/train/training_run.h"

namespace rbm::app {

/// How wide a site is: the Q of Potts units, else 1.
std::size_t columns_of(const std::optional<std::size_t>& states);

void require_folder_name(const RunSettings& run);
void require_room(const RunSettings& run, std::size_t rows, std::size_t visible, std::size_t labels);
void require_states(const RunSettings& run, bool data_told = false);
void require_labels(const RunSettings& run);
void require_what_stops(const RunSettings& run);
/// An option that was set to something and would do nothing is a misunderstanding.
void refuse_idle_options(const Program& program, const RunSettings& run);

}  // namespace rbm::app
