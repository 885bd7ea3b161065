// SPDX-License-Identifier: MIT
// A small machine cut out of a large one, and all states of a side of it, so that sums can be written out.
#pragma once

#include "rbm/estimate/exact.h"

namespace rbm {

/// The machine of these columns alone, those of a site all or none of them.  Bernoulli units that are left out are as
/// if held at 0; of others, what they add to the energy is gone.
Machine submachine(const Machine& machine, std::span<const std::size_t> visible, std::span<const std::size_t> hidden);

/// At most so many units of each side, or sites with no more states than so many units of two: the hidden ones with the
/// largest weights, then the visible ones that these depend on most.  Units keep their order.
Machine strongest_part(const Machine& machine, std::size_t most_visible, std::size_t most_hidden);

/// All states of one side: of discrete units each once, of one continuous unit a grid fine and wide enough that its sum
/// is the integral to 1e-12.
struct SideStates {
    BasicMatrix<double> states;  ///< [states x units]
    double log_measure = 0;      ///< of each: 0, or the log of the grid's step
};

/// Throws Unsupported when there are too many.
SideStates side_states(const PreciseMachine& machine, Side side);

}  // namespace rbm
