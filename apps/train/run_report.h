// SPDX-License-Identifier: MIT
// The report that a run leaves in its folder.
#pragma once

#include "apps/report/history.h"
#include "apps/train/run_folder.h"
#include "apps/train/training_run.h"

namespace rbm::app {

/// Writes report.html.  `data` and `held_out`, which may be null, are samples to watch.  While the run is at work the
/// page reads itself anew.
void write_report(const RunSettings& run, const RunFolder& folder, const Checkpoint& checkpoint, const Dataset& data,
                  const Dataset* held_out, const History* history, bool at_work);

}  // namespace rbm::app
