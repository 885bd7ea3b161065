// SPDX-License-Identifier: MIT
// How well states travel along a ladder of temperatures, from how often its neighbours swap.
//
// The communication barrier Lambda is the sum over neighbours of the mean probability that a swap is refused.  As long
// as the rungs are close it hardly depends on their number, so it says how many are worth having, and how often a state
// can go from the base to the machine and back.  All of it supposes that a state at a rung forgets between two swaps
// where it came from; how many round trips were seen tells how far that is so.
//
// Source: Syed, Bouchard-Cote, Deligiannidis & Doucet, "Non-reversible parallel tempering", JRSS B 84, 2022.
#pragma once

#include <cstddef>
#include <span>

namespace rbm {

struct Communication {
    double barrier = 0;       ///< Lambda
    std::size_t rungs = 2;    ///< that it asks for, 2 Lambda + 1: then half of the swaps are refused
    double expected = 0.5;    ///< round trips per ladder and sweep on these rungs: 1 / (2 + 2 sum of r / (1 - r))
    double attainable = 0.5;  ///< on ever more rungs: 1 / (2 + 2 Lambda)
};

/// swap_rates: how often each pair of neighbours swaps, from 0 to 1.  One that never does lets no round trip through.
Communication communication(std::span<const double> swap_rates);

}  // namespace rbm
