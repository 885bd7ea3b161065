// SPDX-License-Identifier: MIT
#include "apps/cli/control.h"

#include "apps/cli/signals.h"

namespace rbm::app {

Control until_stopped() {
    return {{}, [] { return stop_requested(); }};
}

Control shown_by(Progress& progress) {
    Control control = until_stopped();
    control.progress = [&progress](const ProgressReport& report) { progress.update(report.done); };
    return control;
}

}  // namespace rbm::app
