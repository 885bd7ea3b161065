// SPDX-License-Identifier: MIT
// A machine as an energy of both sides, for samplers that draw hidden units exactly and move visible ones by gradients.
// See LatentEnergy in energy.h.
#pragma once

#include "rbm/model/energy.h"
#include "rbm/model/machine.h"

namespace rbm {

/// beta E(v, h) of states v at given fields W s(h), less the hidden units' own part.  Looks at machine, fields and
/// memory.
template <class Real>
class BasicConditional {
  public:
    BasicConditional(const BasicMachine<Real>& machine, MatrixView<const Real> field, BasicMatrix<Real>& scratch)
        : machine_(&machine), field_(field), scratch_(&scratch) {}
    void energy(MatrixView<const Real> state, BetaOf<Real> beta, std::span<double> out) const;
    void energy_and_gradient(MatrixView<const Real> state, BetaOf<Real> beta, std::span<double> out,
                             MatrixView<Real> gradient) const;
    BasicSites<Real> sites() const { return rbm::sites(machine_->visible); }
    bool variances(std::vector<Real>& out) const { return location_variance(machine_->visible, out); }

  private:
    const BasicMachine<Real>* machine_;
    MatrixView<const Real> field_;
    BasicMatrix<Real>* scratch_;
};

/// Looks at a machine, and works in memory that is lent to it; both must outlive it.
template <class Real>
class BasicJoint {
  public:
    BasicJoint(const BasicMachine<Real>& machine, BasicWorkspace<Real>& workspace)
        : machine_(&machine), workspace_(&workspace) {}
    /// out [B x H] ~ p(h | visible_state).
    void sample_hidden(MatrixView<const Real> visible_state, BetaOf<Real> beta, const Stream& stream,
                       MatrixView<Real> out) const;
    /// Good until the next call.
    BasicConditional<Real> given_hidden(MatrixView<const Real> hidden_state) const;

  private:
    const BasicMachine<Real>* machine_;
    BasicWorkspace<Real>* workspace_;
};
static_assert(LatentEnergy<BasicJoint<float>, float> && LatentEnergy<BasicJoint<double>, double>);

}  // namespace rbm
