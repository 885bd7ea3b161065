// SPDX-License-Identifier: MIT
// log Z by the method that the command line asks for, with its interval, what was seen on the way and a verdict.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "apps/cli/command.h"
#include "rbm/io/model_file.h"
#include "rbm/method/partitions.h"

namespace rbm::app {

struct PartitionOptions {
    std::optional<std::string> method;  ///< none: default_partition_method()
    SettingValues settings{settings_of(partition_methods())};
    std::string model_path;  ///< beside which a ladder may lie
};

struct PartitionReport {
    LogPartition log_partition;  ///< its method in full, as the model file keeps it
    std::string method;          ///< one word
    bool exact = false;
    PartitionAnswer answer;  ///< none of an exact one
    std::string base;
};

/// Declares --method and the settings of the methods.
void add_partition_options(Program& program, PartitionOptions& options);

/// Where the path to the machine begins, and its name.  Throws UsageError for a base that is not there.
std::pair<Units, std::string> base_of(const Model& model, const Machine& machine, const std::optional<Dataset>& data,
                                      const SettingValues& settings);

/// Throws UsageError for options that the method has no use for, and for a base that is not there.
PartitionReport estimate_log_partition(const Model& model, const std::optional<Dataset>& data, const Program& program,
                                       const CommonSettings& common, const PartitionOptions& options);

/// Beside log Z, for --json: each part, and where its path began.
nlohmann::ordered_json parts_as_json(const PartitionReport& report);
/// A line per part: its interval, and what was seen on the way.
std::string parts_as_table(const PartitionReport& report);
/// How well ladders carried states: a line for each part that has some.
std::string ladders_as_text(const PartitionReport& report);

}  // namespace rbm::app
