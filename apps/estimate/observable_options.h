// SPDX-License-Identifier: MIT
// What rbm-estimate measures beside log Z: observables against temperature, and how chains relax.
#pragma once

#include <optional>

#include "apps/score/partition.h"

namespace rbm::app {

struct ObservableOptions {
    bool observables = false;
    std::optional<std::size_t> relaxation;  ///< sweeps

    bool asked() const { return observables || relaxation; }
};

/// Declares --observables and --relaxation.
void add_observable_options(Program& program, ObservableOptions& options);

/// What both begin with.  `betas` are those of --beta.
struct ObservableInputs {
    const Program& program;
    const CommonSettings& common;
    const PartitionOptions& partition;
    const std::vector<double>& betas;
    Model& model;
    const std::optional<Dataset>& data;
};

/// Throws UsageError for what does not go together, before any work.
void check_observable_options(const ObservableOptions& options, const Program& program,
                              const PartitionOptions& partition, bool with_data);
/// Measures, and returns what to write: a table, or one object with --json.
std::string observed(const ObservableOptions& options, const ObservableInputs& inputs);

std::string observables_report(const ObservableInputs& inputs);
std::string relaxation_report(const ObservableInputs& inputs, std::size_t sweeps);

/// "-12.346(12)": the last digits are as uncertain as the number in brackets says.
std::string with_error(double value, double standard_error);

}  // namespace rbm::app
