// SPDX-License-Identifier: MIT
// A training run as rbm-train does it: options, start, resume.
#pragma once

#include <optional>
#include <string>

#include "apps/cli/command.h"
#include "apps/files/prepare.h"
#include "rbm/trainer/objectives/contrastive_divergence.h"
#include "rbm/trainer/objectives/discriminative.h"
#include "rbm/trainer/objectives/fast_persistent.h"
#include "rbm/trainer/objectives/missing.h"
#include "rbm/trainer/objectives/noise_contrastive.h"
#include "rbm/trainer/objectives/score_matching.h"
#include "rbm/trainer/objectives/tempered_divergence.h"
#include "rbm/trainer/train.h"

namespace rbm::app {

/// A run without --epochs makes about this many updates, and passes over the data ten times at least: a few seconds on
/// 8x8 digits, a minute or two on MNIST, and near the end of what the machine can learn at the default rate.
inline constexpr std::size_t default_updates = 20'000;
/// Digits of 8 x 8 pixels do best with 128 units, those of 28 x 28 with 500 or more: docs/training.md.
inline constexpr std::size_t most_hidden_by_default = 500;
/// A classifier's errors say more than a density's: on MNIST 0.05 for each sample of a batch is best, the rate of
/// Larochelle & Bengio, and 2.0 % of labels are wrong where a rate of 0.5 for 100 leaves 4.4 % (20 epochs).
inline constexpr float label_rate_per_sample = 0.05F, largest_label_rate = 5, initial_weights_of_labels = 0.03F;

/// Of --algorithm exact, each restart makes this many iterations at most.
inline constexpr std::size_t default_iterations = 1000;

/// Far beyond any patience; keeps the number of all updates within 64 bits.
inline constexpr std::uint64_t most_epochs = 1'000'000'000;

struct RunSettings {
    CommonSettings common;
    std::string data, output, validation, sample_weights, labels, validation_labels;
    std::string visible_units = "bernoulli", hidden_units = "bernoulli", algorithm = "pcd";
    std::optional<std::size_t> visible_states, hidden_states;  ///< of each site of Potts units
    std::optional<std::size_t> hidden;  ///< twice the visible units, at most most_hidden_by_default
    std::size_t steps = 1;
    StepsSchedule steps_schedule = StepsSchedule::constant;
    std::size_t rungs = TemperedDivergence{}.rungs;
    float noise_sigma = DenoisingScoreMatching{}.noise;
    std::size_t slices = SlicedScoreMatching{}.slices;
    std::size_t flips = 0;
    std::size_t noise_samples = NoiseContrastive{}.samples;
    double generative_weight = Hybrid<ContrastiveDivergence>{}.generative_weight;
    float fast_rate = FastPersistentContrastiveDivergence{}.fast_rate;
    float fast_decay = FastPersistentContrastiveDivergence{}.fast_decay;
    std::optional<std::size_t> chains;  ///< as many as the batch has rows
    std::optional<std::size_t> epochs;  ///< enough for default_updates
    std::size_t restarts = 10;          ///< of exact
    bool standardize = true;
    std::optional<float> minimum_sigma;  ///< in the units of the data
    std::optional<std::string> recipe;
    std::size_t track_likelihood = 0;  ///< epochs between estimates; 0: none
    std::string stop_on = "off";
    std::size_t patience = 10;             ///< epochs
    float largest_gap = 1;                 ///< nats
    std::optional<float> initial_weights;  ///< standard deviation; 0.01, or initial_weights_of_labels
    float initial_hidden_bias = 0;
    std::string missing = "refuse";
    std::size_t missing_sweeps = WithMissing<PersistentContrastiveDivergence>{}.sweeps;
    bool resume = false;
    TrainSettings train;
};

void declare_options(Program& program, RunSettings& run);

/// Both return the exit code 0, or throw.
int start_run(Program& program, RunSettings& run);
int resume_run(Program& program, RunSettings& run);

}  // namespace rbm::app
