// SPDX-License-Identifier: MIT
// What the files of self_check share.  Not installed.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "rbm/check/self_check.h"

namespace rbm::checks {

using Precise = BasicMatrix<double>;

/// One run of self_check(): the machine in both number types, some of its own states, and the results so far.
struct Run {
    const Machine& machine;
    const PreciseMachine oracle;
    const CheckedFunctions& functions;
    std::uint64_t seed;
    Matrix visible = {}, hidden = {};                   ///< [4 x V], [4 x H], from a short chain
    Precise precise_visible = {}, precise_hidden = {};  ///< the same
    std::vector<CheckResult> results = {};

    void add(std::string name, std::string compared, double difference, double bound) {
        results.push_back({std::move(name), std::move(compared), difference, bound});
    }
};

void check_identities(Run& run);
void check_enumeration(Run& run);
void check_gradients(Run& run);
void check_score(Run& run);
void check_partition(Run& run);
void check_sampler(Run& run);
void check_flips(Run& run);  ///< samplers that change discrete units one by one
void check_steps(Run& run);  ///< samplers that move continuous units all at once
void check_tempering(Run& run);
void check_kernels(Run& run);

/// "784 x 500"
std::string size_text(const Machine& machine);
/// "strongest 12 x 12" of a part
std::string size_text(const Machine& part, const Machine& whole);

/// The largest |found - expected| / scale; not a number when one of them is none.
double worst(std::span<const double> found, std::span<const double> expected, std::span<const double> scale);
/// The same relative to max(1, |expected|).
double worst(std::span<const double> found, std::span<const double> expected);
/// max(), but what is not a number stays so.
double larger(double a, double b);

/// Per row, how large the terms of energy and free energy are before they cancel: what rounding is relative to.
std::vector<double> magnitudes(const PreciseMachine& machine, const Precise& visible);

}  // namespace rbm::checks
