// SPDX-License-Identifier: MIT
// log Z by the method that the command line asks for, with its interval, what was seen on the way and a verdict.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "apps/cli/command.h"
#include "rbm/estimate/verdict.h"
#include "rbm/io/model_file.h"

namespace rbm::app {

struct PartitionSettings {
    std::optional<std::string> method;  ///< none: exact where that is possible, else sandwich
    std::optional<std::size_t> chains, steps;
    std::size_t betas = 10000;
    std::optional<std::string> base;  ///< none: the data's rates where they are known, else the model's own bank
    BetaSpacing schedule = BetaSpacing::adaptive;
};

struct PartitionReport {
    LogPartition log_partition;  ///< its method in full, as the model file keeps it
    std::string method;          ///< one word
    bool bounds = true;          ///< the interval may be believed as one: false where chains do not mix
    Verdict verdict;
    nlohmann::ordered_json details;               ///< beside log Z, for --json
    std::vector<std::vector<std::string>> table;  ///< of the parts: name, low, estimate, high, what was seen
};

/// Declares --method, --chains, --betas, --steps, --base and --schedule.
void add_partition_options(Program& program, PartitionSettings& settings);

/// Where paths to a machine begin: its visible bank with the data's means and variances.
Units base_of_data(const Machine& machine, const Dataset& data, const Stream& stream);

/// Throws UsageError for options that the method has no use for, and for a base that is not there.
PartitionReport estimate_log_partition(const Model& model, const std::optional<Dataset>& data, const Program& program,
                                       const CommonSettings& common, const PartitionSettings& settings);

}  // namespace rbm::app
