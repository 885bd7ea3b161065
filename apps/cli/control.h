// SPDX-License-Identifier: MIT
// What the programs let the library's long calls do: renew the progress line, and end after a signal.  Such a call then
// throws Cancelled, which run_command() turns into the signal's exit code.
#pragma once

#include "apps/cli/progress.h"
#include "rbm/kernels/control.h"

namespace rbm::app {

/// Ends after a signal.
Control until_stopped();

/// The same, and `progress` shows how far the call is.
Control shown_by(Progress& progress);

}  // namespace rbm::app
