// SPDX-License-Identifier: MIT
// Every way to log Z, one row each: what rbm-estimate, its help pages and bindings know of it.
//
// To add one, write its pair of files in estimate/ and its row in partitions.cpp.
#pragma once

#include <functional>
#include <optional>

#include "rbm/estimate/partition_floor.h"
#include "rbm/estimate/verdict.h"
#include "rbm/method/setting.h"
#include "rbm/sampler/trajectory.h"

namespace rbm {

/// What a row estimates log Z from.
struct PartitionInputs {
    const Bridge& bridge;  ///< from a base to the machine
    const SettingValues& settings;
    /// That many rows of data to start at [C x V]; none when there are no data.
    std::function<Matrix(std::size_t chains)> data = {};
    MachineLadder ladder = {};  ///< of a training run, up to the machine; for methods that need one
    Control control = {};
    PathBase base = PathBase::other;  ///< that of the bridge
};

/// One of the estimates that a method is made of.
struct PartitionPart {
    std::string name;  ///< "reverse, from data"
    PartitionEstimate estimate;
    std::optional<TemperingPartition> tempering = {};  ///< where it comes from, if from there
    std::string seen = {};                             ///< on the way, unless weights or tempering say it
};

struct PartitionAnswer {
    double value = 0, low = 0, high = 0;
    bool bounds = true;  ///< the interval may be believed as one: false where chains do not mix
    Verdict verdict;
    std::vector<PartitionPart> parts;
    std::string how;                        ///< "100 chains, 10000 betas"
    std::optional<PartitionFloor> floor{};  ///< what the samples of the data come to, where there are any
};

/// Cuts the answer where the states of the data leave nothing possible, and says so: log Z is at least their floor.
void hold_above(PartitionAnswer& answer, const PartitionFloor& floor);

struct PartitionMethod {
    std::string name;
    std::string help;    ///< half a line
    std::string source;  ///< the paper
    std::vector<Setting> settings = {};

    bool needs_ladder = false;
    std::string progress = "annealing";  ///< what it calls its work
    /// What its progress counts to.
    std::function<std::size_t(const SettingValues&, bool with_data)> steps = {};
    /// Floats that it needs for each unit of the machine.
    std::function<double(const SettingValues&)> memory_per_unit = {};
    std::function<PartitionAnswer(const PartitionInputs&, Random&)> estimate = {};  ///< none: exact_log_partition()

    bool is_exact() const { return !estimate; }
};

const std::vector<PartitionMethod>& partition_methods();
/// Throws InvalidArgument naming those there are.
const PartitionMethod& partition_method(std::string_view name);
/// Exact where one side of the machine can be enumerated, else from both directions.
const PartitionMethod& default_partition_method(const Machine& machine);

}  // namespace rbm
