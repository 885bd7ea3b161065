// SPDX-License-Identifier: MIT
// What an estimate of log Z is worth, in words.
#pragma once

#include <string>
#include <vector>

#include "rbm/estimate/sandwich.h"

namespace rbm {

struct Verdict {
    std::string text;                   ///< one line
    std::vector<std::string> warnings;  ///< what is wrong and what to do; none when nothing is
};

/// A sandwich wider than this many nats earns a warning.
inline constexpr double widest_sandwich = 1;

/// What the weights of annealed chains are worth: "spread 0.10, 97.3 effective of 100 chains".
std::string weights_seen(const PartitionEstimate& estimate);

/// Of annealing from the base; and of annealing back from samples of the machine, called so in the text.
Verdict forward_verdict(const PartitionEstimate& estimate);
Verdict reverse_verdict(const PartitionEstimate& estimate, const std::string& samples);
Verdict tempering_verdict(const TemperingPartition& tempering);
Verdict sandwich_verdict(const Sandwich& sandwich);

}  // namespace rbm
