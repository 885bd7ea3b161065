// SPDX-License-Identifier: MIT
// Proofs on the machine at hand: every identity of the mathematics, put to numbers on this model and this computer.
//
// What cannot be summed at full size is summed on the strongest part of the model (submachine.h).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "rbm/data/dataset.h"
#include "rbm/estimate/exact.h"
#include "rbm/kernels/backend.h"
#include "rbm/kernels/control.h"
#include "rbm/sampler/block_gibbs.h"
#include "rbm/sampler/gibbs_langevin.h"
#include "rbm/sampler/gibbs_with_gradients.h"
#include "rbm/sampler/simulated_annealing.h"
#include "rbm/sampler/tempering.h"

namespace rbm {

struct CheckResult {
    std::string name;       ///< the same words for the same proof: "free energy, enumerated"
    std::string compared;   ///< what with what, and at which size
    double difference = 0;  ///< the worst that was found
    double bound = 0;
    /// A difference that is not a number does not pass.
    bool passed() const { return difference <= bound; }
};

/// What is put to the proof: the library's functions, unless a test plants a fault.
struct CheckedFunctions {
    using Precise = BasicMatrix<double>;
    std::function<std::vector<double>(const Machine&, const Matrix& visible)> float_free_energy;
    std::function<std::vector<double>(const Machine&, const Matrix& visible, const Matrix& hidden)> float_energy;
    std::function<std::vector<double>(const PreciseMachine&, const Precise& visible)> free_energy;
    std::function<std::vector<double>(const PreciseMachine&, const Precise& hidden)> hidden_free_energy;
    std::function<std::vector<double>(const PreciseMachine&, const Precise& visible, const Precise& hidden)> energy;
    std::function<PreciseMachine(const PreciseMachine&, const Precise& visible, std::span<const double> row_weights)>
        free_energy_gradient;
    std::function<PreciseMachine(const PreciseMachine&, const Precise& visible, const Precise& hidden,
                                 std::span<const double> row_weights)>
        energy_gradient;
    std::function<Precise(const PreciseMachine&, const Precise& visible)> score;
    std::function<double(const Machine&, Side)> log_partition;
    std::function<void(const Machine&, Chains&, Random&, std::size_t sweeps)> sample;
    /// The other samplers, with these settings.
    std::function<void(const Machine&, Chains&, Random&, const Metropolis&)> metropolis;
    std::function<void(const Machine&, Chains&, Random&, const SimulatedAnnealing&)> annealing;
    std::function<void(const Machine&, Chains&, Random&, const GibbsWithGradients&)> gibbs_with_gradients;
    std::function<void(const Machine&, Chains&, Random&, const Langevin&)> langevin;
    std::function<void(const Machine&, Chains&, Random&, const GibbsLangevin&)> gibbs_langevin;
    std::function<void(const Bridge&, TemperedChains&, Random&, std::size_t sweeps)> temper;
    std::vector<const Backend*> backends;  ///< all but the reference, which they are compared with

    CheckedFunctions();
};

/// All proofs that make sense for these unit kinds.  The same seed gives the same numbers for any number of threads.
std::vector<CheckResult> self_check(const Machine& machine, std::uint64_t seed = 1,
                                    const CheckedFunctions& functions = {}, const Control& control = {});

/// Proofs on prepared data, which has as many columns as the machine visible units: everything finite, float as double.
std::vector<CheckResult> self_check_data(const Machine& machine, const Dataset& data, const Stream& stream = {},
                                         const CheckedFunctions& functions = {}, const Control& control = {});

/// A machine with weights and locations drawn from N(0, size^2): something to check when there is no model.  `visible`
/// and `hidden` count sites, which have three states where they can have any number.
Machine example_machine(std::string_view visible_kind, std::size_t visible, std::string_view hidden_kind,
                        std::size_t hidden, std::uint64_t seed, double size = 0.5);

/// Every pair of unit kinds that makes a machine: {visible, hidden}.
std::vector<std::pair<std::string, std::string>> machine_kinds();

}  // namespace rbm
