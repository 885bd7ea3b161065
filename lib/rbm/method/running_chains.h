// SPDX-License-Identifier: MIT
// Chains at work, whatever moves them: what rbm-dream runs, and what it can tell at the end.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "rbm/kernels/control.h"
#include "rbm/method/setting.h"
#include "rbm/sampler/chains.h"
#include "rbm/sampler/trajectory.h"

namespace rbm {

/// What a sampler found out about itself.
struct SamplerReport {
    using Value = std::variant<bool, double, std::vector<double>, std::vector<float>>;
    std::vector<std::pair<std::string, Value>> facts = {};
    std::string summary = {};                ///< a line for people
    std::vector<std::string> warnings = {};  ///< why the states cannot be trusted, and what to do
};

class RunningChains {
  public:
    virtual ~RunningChains() = default;
    virtual std::size_t count() const = 0;
    virtual void step(Random& random) = 0;
    /// out [C x V] = where the chains are.
    virtual void states(View out) const = 0;
    /// out [C x V] = the means that the visible units were drawn from.
    virtual void means(View out) = 0;
    virtual SamplerReport report() const { return {}; }
};

/// What a sampler begins with.  The machine has to outlive the chains.
struct SamplerInputs {
    const Machine& machine;
    const SettingValues& settings;
    std::size_t chains = 1;
    std::size_t steps = 1;  ///< of the whole run
    double beta = 1;
    Matrix start = {};          ///< [C x V] or no rows: then at noise
    Matrix held = {}, at = {};  ///< [1 x V] 1 where a unit is held, and [C x V] its value; or no rows
    /// Visible units without weights, where ladders begin; none: the machine's own.
    std::function<Units(const Machine&)> base = {};
    MachineLadder ladder = {};  ///< of trajectory tempering: the machines below, the first without weights
    Control control = {};       ///< of long preparations
};

/// Block Gibbs chains at the start, their beta set.
Chains start_chains(const SamplerInputs& inputs, Random& random);

}  // namespace rbm
