// SPDX-License-Identifier: MIT
// Block Gibbs sampling with some visible units held: the others are drawn from p(unknown | known), which fills in
// holes.  Given the hidden units the visible ones are independent, so holding some is writing their values back.
#pragma once

#include "rbm/sampler/block_gibbs.h"

namespace rbm {

/// What is known of the chains' visible units, and what is to stay.
template <class Real>
struct BasicClamp {
    /// [C x V], or [1 x V] for all chains alike: 0 is unknown, anything else known; sites of Potts units as a whole.
    MatrixView<const Real> known;
    MatrixView<const Real> values;  ///< [C x V]; read where known only

    /// Writes the known values into a state [C x V].
    void restore(MatrixView<Real> visible_state) const;
};
using Clamp = BasicClamp<float>;

struct ClampedGibbs {
    std::size_t steps = 1;  ///< sweeps per call of step()

    /// Sweeps of BlockGibbs, each of which ends by restoring the known units.  The chains must start with them right:
    /// see Clamp::restore().  Throws InvalidArgument when shapes do not fit.
    template <class Real>
    StepReport step(const BasicMachine<Real>& machine, const BasicClamp<Real>& clamp, BasicChains<Real>& chains,
                    Random& random, const Control& control = {}) const;
};

}  // namespace rbm
