// SPDX-License-Identifier: MIT
// Every way to run Markov chains of a machine, one row each: what rbm-dream, its help pages, its checks and bindings
// know of it.
//
// To add one, write its pair of files in sampler/ and its row in samplers.cpp: docs/extending.md.
#pragma once

#include <functional>
#include <memory>

#include "rbm/method/running_chains.h"

namespace rbm {

struct SamplerMethod {
    enum class VisibleUnits { any, discrete, continuous };
    /// How rbm-check proves it: see proofs.h.
    enum class Proof {
        keeps_distribution,  ///< chains that start at exact draws stay exact
        elsewhere,           ///< it does not keep it exactly; `proof_elsewhere` names the check of rbm-check
    };

    std::string name;
    std::string help;    ///< half a line
    std::string source;  ///< the paper
    std::vector<Setting> settings = {};
    VisibleUnits units = VisibleUnits::any;
    std::string instead = {};   ///< which sampler to take for other units
    bool holds_units = false;   ///< can keep some visible units as they are: SamplerInputs::held
    bool needs_ladder = false;  ///< of machines that a run passed through: SamplerInputs::ladder
    bool stationary = true;     ///< its chains are meant to agree with each other in the end
    std::string when_stuck = "take more steps, or the sampler tempering";

    Proof proof = Proof::keeps_distribution;
    std::string proof_elsewhere = {};
    std::size_t proof_chains = 4096;  ///< in the proof; the ladders of tempering cost more than chains
    std::function<std::unique_ptr<RunningChains>(const SamplerInputs&, Random&)> start;
};

const std::vector<SamplerMethod>& sampler_methods();
/// Throws InvalidArgument naming those there are.
const SamplerMethod& sampler_method(std::string_view name);

/// Throws Unsupported, naming a sampler to take instead, when it cannot move these visible units.
void require_units(const SamplerMethod& method, const Units& visible);

}  // namespace rbm
