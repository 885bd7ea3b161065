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

/// A chain that makes up more of the mean than this earns one: without it log Z would be 0.3 nats lower.
inline constexpr double largest_share = 0.25;

/// Where paths begin, for what to advise: no better base is known than the means of the data.
enum class PathBase { data, other };

/// What the weights of annealed chains are worth: "spread 0.10, 97.3 effective of 100 chains".
std::string weights_seen(const PartitionEstimate& estimate);
/// How many chains of both directions meet in an acceptance ratio: "38.2 of 100 chains overlap".
std::string overlap_seen(const PartitionEstimate& ratio);

/// Of annealing from the base; and of annealing back from samples of the machine, called so in the text.
Verdict forward_verdict(const PartitionEstimate& estimate, PathBase base = PathBase::other);
Verdict reverse_verdict(const PartitionEstimate& estimate, const std::string& samples, PathBase base = PathBase::other);
/// Whether other chains from the base found more than these did: beyond the intervals, or so much that luck gives it to
/// a few of them once in 20 times at most.
bool found_more(const PartitionEstimate& others, const PartitionEstimate& these);
/// Of annealing from the base when other, shorter runs are there too.  They see whether log Z still depends on the
/// number of betas, and whether other chains find what these did not.
Verdict repeated_verdict(const PartitionEstimate& estimate, const PartitionEstimate& shorter,
                         PathBase base = PathBase::other);
Verdict tempering_verdict(const TemperingPartition& tempering);
Verdict sandwich_verdict(const Sandwich& sandwich, PathBase base = PathBase::other);

}  // namespace rbm
