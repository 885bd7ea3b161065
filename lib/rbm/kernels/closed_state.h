// SPDX-License-Identifier: MIT
// States that a site does not have: sites of one bank have equally many columns, and some need fewer.  A bias far below
// all others closes the rest of them.
#pragma once

namespace rbm {

/// So far down that exp(beta bias) is 0 from a beta of 1e-27 on, and that products with a 0 stay 0.
inline constexpr float closed_bias = -1e30F;

/// The probability of such a state is 0 at every inverse temperature, 0 included.  Products of machines scale biases.
template <class Real>
bool closes(Real bias) {
    return bias < Real(-1e20);
}

}  // namespace rbm
