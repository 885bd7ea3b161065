// SPDX-License-Identifier: MIT
// Every way to train a machine, one row each: what rbm-train, its help pages, its checks and bindings know of it.
//
// To add one, write its pair of files in trainer/objectives/ and its row in objectives.cpp: docs/extending.md.
#pragma once

#include <functional>

#include "rbm/method/setting.h"
#include "rbm/trainer/train.h"

namespace rbm {

/// What a row makes its objective from.
struct ObjectiveInputs {
    const SettingValues& settings;
    std::size_t chains = 0;            ///< persistent ones
    std::size_t classes = 0;           ///< labels: the last visible units
    std::function<Units()> base = {};  ///< visible units without weights that fit the data; made when asked for
};

/// How large a run is, for estimates of memory.
struct RunSize {
    double visible = 0, hidden = 0, batch = 0, chains = 0, labels = 0;
};

struct ObjectiveMethod {
    enum class Chains { none, from_data, persistent };
    /// How rbm-check proves it: see proofs.h.
    enum class Proof {
        consistent,  ///< on data drawn from the machine its mean gradient is 0; on other data it leads towards them
        slope,       ///< its gradient is the slope of its loss
        elsewhere,   ///< neither applies; `proof_elsewhere` names what shows it
    };

    std::string name;
    std::string help;    ///< half a line
    std::string source;  ///< the paper
    std::vector<Setting> settings = {};
    Chains chains = Chains::none;
    bool learns_labels = false;         ///< needs labels
    bool learns_log_partition = false;  ///< and leaves it in NegativePhase::log_constant
    bool keeps_ladder = false;          ///< of machines that it passed through, in NegativePhase::trajectory
    std::string refuses_missing = {};   ///< why it cannot learn from rows with missing values; empty: it can

    // Defaults of its own; 0: those of training in general.
    float initial_weights = 0;                    ///< standard deviation
    float rate_per_sample = 0, largest_rate = 0;  ///< learning rate of sgd: times the batch size, at most

    /// The options of a run that have an effect, of a method that is no series of updates; empty: all.
    std::vector<std::string> uses_only = {};
    std::string why_only = {};

    /// Rows of the model in a batch; none: as many as chains.
    std::function<double(const SettingValues&, const RunSize&)> model_rows = {};
    /// Floats that it needs beside what all need.
    std::function<double(const SettingValues&, const RunSize&)> memory = {};

    Proof proof = Proof::consistent;
    std::string proof_elsewhere = {};
    std::function<AnyObjective(const ObjectiveInputs&)> make = {};  ///< none: exact_training.h does it

    bool makes_updates() const { return static_cast<bool>(make); }
    bool has_persistent_chains() const { return chains == Chains::persistent; }
};

const std::vector<ObjectiveMethod>& objective_methods();
/// Throws InvalidArgument naming those there are.
const ObjectiveMethod& objective_method(std::string_view name);

}  // namespace rbm
