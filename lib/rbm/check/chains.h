// SPDX-License-Identifier: MIT
// What the proofs of samplers share: chains that start from exact draws, so that a machine that mixes slowly cannot
// look like a wrong sampler, and the tests of where they are then.  Not installed.
#pragma once

#include "rbm/check/chi_square.h"
#include "rbm/check/parts.h"

namespace rbm::checks {

/// Uniform on [0, 1) with 53 bits.
double uniform(Random& random);

/// exp(-F) of each state, made to sum to 1.
std::vector<double> probabilities(std::vector<double> free_energies);

/// Numbers of states.
std::vector<std::size_t> draw(const std::vector<double>& distribution, std::size_t count, Random& random);

/// Of continuous units around their means.
std::vector<double> deviations(const BasicUnits<double>& units);

/// Which side has states that can be counted: the visible one, unless it is continuous.
Side discrete_side(const Machine& machine);

/// Chains at exact draws of the machine: of the discrete side from the sum over its states, and continuous visible
/// units given the hidden ones.
struct ExactStart {
    std::vector<double> distribution;  ///< of the discrete side's states
    Chains chains;
};
ExactStart exact_start(const Run& run, const Machine& part, Side discrete, std::size_t chains, Random& random);

/// How often each state of the discrete side occurs.
std::vector<std::uint64_t> count_states(const Machine& part, Side discrete, ConstView states);

/// 0 to 7: which eighth of a standard normal the residual of a Gaussian unit lies in.
std::size_t eighth(double residual);

/// (state - mean given the other side) / deviation of every unit of a continuous side, row by row.
std::vector<double> residuals(const PreciseMachine& oracle, Side continuous, ConstView states, ConstView given);

/// The machine's states after `move(part, chains, random)`, which has to keep the distribution.
using Move = std::function<void(const Machine&, Chains&, Random&)>;
ChiSquare test_stationarity(const Run& run, const Machine& part, std::size_t chains, const Move& move, Random& random);

/// Pairs (visible state before, after), of probabilities [n x n]: exact draws before, and `move`.
ChiSquare test_pairs(const Run& run, const Machine& part, const std::vector<double>& pairs, std::size_t chains,
                     const Move& move, Random& random);

/// [n x n] of one sweep of Gibbs sampling: p(v) sum over h of p(h|v) p(v'|h), all from energies.
std::vector<double> gibbs_pairs(const Run& run, const Machine& part);

/// Adds one test, run once more with other draws when it fails: a right sampler fails once in 10^8.
void add_test(Run& run, const std::string& name, const std::string& compared,
              const std::function<ChiSquare(Random&)>& test);

}  // namespace rbm::checks
