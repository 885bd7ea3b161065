// SPDX-License-Identifier: MIT
// A training run as rbm-train does it: options, start, resume.
#pragma once

#include <optional>
#include <string>

#include "apps/cli/command.h"
#include "apps/files/prepare.h"
#include "apps/files/sequences.h"
#include "rbm/method/objectives.h"
#include "rbm/trainer/objectives/missing.h"
#include "rbm/trainer/train.h"

namespace rbm::app {

/// A run without --epochs makes about this many updates: a minute or two on MNIST, and near the end of what the machine
/// can learn at the default rate.  It passes over the data ten times at least, and not so often that it would learn few
/// rows by heart.
inline constexpr std::size_t default_updates = 20'000, most_epochs_by_default = 300, fewest_updates = 2'000;
/// Digits of 8 x 8 pixels do best with 128 units, those of 28 x 28 with 500 or more: docs/training.md.
inline constexpr std::size_t most_hidden_by_default = 500;

/// Of --algorithm exact, each restart makes this many iterations at most.
inline constexpr std::size_t default_iterations = 1000;

/// The word for --visible-units as the columns of the data want them.
inline constexpr const char* choose_by_columns = "auto";

/// Far beyond any patience; keeps the number of all updates within 64 bits.
inline constexpr std::uint64_t most_epochs = 1'000'000'000;

struct RunSettings {
    CommonSettings common;
    std::string data, output, validation, sample_weights, labels, label_column, validation_labels, from;
    SequenceOptions sequences;
    std::string visible_units = "bernoulli", hidden_units = "bernoulli", algorithm = "pcd";
    std::optional<std::size_t> visible_states, hidden_states;  ///< of each site of Potts units
    std::optional<std::size_t> hidden;                         ///< run_size.h has the default, as of epochs
    SettingValues settings{settings_of(objective_methods())};  ///< of all algorithms
    std::optional<std::size_t> epochs;
    bool standardize = true;
    std::optional<float> minimum_sigma;  ///< in the units of the data
    std::optional<std::string> recipe;
    std::size_t track_likelihood = 0;  ///< epochs between estimates; 0: none
    std::string stop_on = "off";
    std::optional<float> hold_out;         ///< share of the data to judge by
    std::size_t patience = 10;             ///< epochs
    float largest_gap = 1;                 ///< nats
    std::optional<float> initial_weights;  ///< standard deviation; 0.01, or the algorithm's own
    float initial_hidden_bias = 0;
    std::string missing = "refuse";
    std::size_t missing_sweeps = WithMissing<AnyObjective>{}.sweeps;
    bool resume = false;
    bool live = false;               ///< the report is written again and again
    std::string command;             ///< as it was typed
    double search = 0;               ///< minutes; 0: one run
    std::vector<std::string> words;  ///< of the command line
    TrainSettings train;

    bool keeps_best() const { return stop_on != "off"; }
    bool judges_by_error() const { return stop_on == "error" || (stop_on == "best" && method().learns_labels); }
    bool judges_by_likelihood() const {
        return stop_on == "likelihood" || (stop_on == "best" && !method().learns_labels);
    }
    bool has_labels() const { return !labels.empty() || !label_column.empty(); }
    const ObjectiveMethod& method() const { return objective_method(algorithm); }
    /// Persistent ones: as many as the batch has rows, unless told otherwise.
    std::size_t chains() const { return settings.optional_count("chains").value_or(train.batch_size); }
};

void declare_options(Program& program, RunSettings& run);

/// Both return the exit code 0, or throw.
int start_run(Program& program, RunSettings& run);
int resume_run(Program& program, RunSettings& run);

}  // namespace rbm::app
