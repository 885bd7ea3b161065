// SPDX-License-Identifier: MIT
// Chains of samplers that propose a step and take or refuse it.
#pragma once

#include <functional>
#include <memory>

#include "rbm/method/running_chains.h"

namespace rbm {

struct ProposingSampler {
    std::string name;
    double step_size = 0;          ///< to begin with; 0: it has none
    double wanted_acceptance = 0;  ///< a step size is sought for this during the first half of the steps; 0: it stays
    bool refuses = true;           ///< false: every step is taken
    bool judged = true;            ///< low acceptance triggers a warning

    struct Place {
        std::size_t number, steps;  ///< of the step, from 0, and of all
        double step_size;
    };
    std::function<StepReport(const Machine&, Chains&, Random&, const Place&)> step = {};
};

std::unique_ptr<RunningChains> proposing_chains(ProposingSampler sampler, const SamplerInputs& inputs, Random& random);

}  // namespace rbm
