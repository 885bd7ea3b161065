// SPDX-License-Identifier: MIT
// A training run as rbm-train does it: options, start, resume.
#pragma once

#include <optional>
#include <string>

#include "apps/command.h"
#include "apps/prepare.h"
#include "rbm/trainer/train.h"

namespace rbm::app {

struct RunSettings {
    CommonSettings common;
    std::string data, output, validation, sample_weights;
    std::string visible_units = "bernoulli", algorithm = "pcd";
    std::size_t hidden = 128;
    std::size_t steps = 1;
    std::optional<std::size_t> chains;  ///< as many as the batch has rows
    bool standardize = true;
    float minimum_sigma = 0.1F;
    bool resume = false;
    TrainSettings train;
};

void declare_options(Program& program, RunSettings& run);

/// Both return the exit code 0, or throw.
int start_run(const Program& program, RunSettings& run);
int resume_run(Program& program, RunSettings& run);

}  // namespace rbm::app
