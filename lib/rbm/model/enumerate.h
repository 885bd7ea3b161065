// SPDX-License-Identifier: MIT
// All states of a small bank of discrete units, in blocks.
#pragma once

#include <cstdint>

#include "rbm/model/units.h"

namespace rbm {

/// Units of two states beyond which nothing here is enumerated: 2^25 states take seconds, each more doubles it.
inline constexpr std::size_t enumerable_units = 25;

/// How many states the bank has; 0 when it is continuous or has more than 2^enumerable_units states.
template <class Real>
std::uint64_t state_count(const BasicUnits<Real>& units);

/// out [B x N] = states first, ..., first + B - 1; site i is digit i of the state's number, least significant first.
template <class Real>
void enumerate_states(const BasicUnits<Real>& units, std::uint64_t first, ViewOf<Real> out);

/// The number of a state as enumerate_states() counts; `all` is site_states() of its units, and all its sites are in
/// one of them.
template <class Real>
std::uint64_t state_number(const BasicMatrix<Real>& all, std::span<const Real> state);

/// The first column of a site that is in none of its states; N where there is none, as always for continuous units.
template <class Real>
std::size_t find_no_state(const BasicMatrix<Real>& all, std::span<const Real> state);

/// Of a continuous unit on its own, see gaussian.h.  Throws Unsupported for discrete ones, and for several.
template <class Real>
IntegrationGrid integration_grid(const BasicUnits<Real>& units, double reach);

}  // namespace rbm
