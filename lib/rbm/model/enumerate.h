// SPDX-License-Identifier: MIT
// All states of a small bank of discrete units, in blocks.
#pragma once

#include <cstdint>

#include "rbm/model/units.h"

namespace rbm {

/// Units beyond which nothing here is enumerated: 2^25 states take seconds, each more doubles it.
inline constexpr std::size_t enumerable_units = 25;

/// How many states the bank has; 0 when it is continuous or has more than 2^enumerable_units states.
template <class Real>
std::uint64_t state_count(const BasicUnits<Real>& units);

/// out [B x N] = states first, ..., first + B - 1; unit i is digit i of the state's number, least significant first.
template <class Real>
void enumerate_states(const BasicUnits<Real>& units, std::uint64_t first, MatrixView<Real> out);

}  // namespace rbm
