// SPDX-License-Identifier: MIT
// A machine seen from its visible side: F(v) as an energy of states v, with its gradient, for samplers that move v with
// the hidden units summed out.  See energy.h for what the functions promise.
//
//   F(v)   =  -log sum_h exp(-beta E(v, h))
//   dF/dv  =  -beta score:   score = (center + W E[s(h) | v] - v) / sigma^2 of Gaussian units,
//             bias + W E[s(h) | v] of discrete ones, whose F is continued to real v as its formula stands
#pragma once

#include "rbm/model/energy.h"
#include "rbm/model/machine.h"

namespace rbm {

/// Looks at a machine, and works in memory that is lent to it; both must outlive it.  One view per thread.
template <class Real>
class BasicMarginal {
  public:
    BasicMarginal(const BasicMachine<Real>& machine, BasicWorkspace<Real>& workspace)
        : machine_(&machine), workspace_(&workspace) {}

    /// out[b] = F(state[b]).  state [B x V].
    void energy(MatrixView<const Real> state, BetaOf<Real> beta, std::span<double> out) const;
    /// And gradient [B x V] = dF/dv.  Throws Unsupported for visible units that have no such gradient.
    void energy_and_gradient(MatrixView<const Real> state, BetaOf<Real> beta, std::span<double> out,
                             MatrixView<Real> gradient) const;
    BasicSites<Real> sites() const { return rbm::sites(machine_->visible); }
    bool variances(std::vector<Real>& out) const { return location_variance(machine_->visible, out); }

    /// One row, which begin_rows() has seen.  Discrete units only: the statistic of a change is the change itself.
    class Row {
      public:
        double change(std::size_t column, std::span<const Real> steps);
        void keep();

      private:
        friend class BasicMarginal;
        const BasicMachine<Real>* machine_ = nullptr;
        std::span<Real> field_, changed_field_;  ///< [H] of the row, and after the change in question
        Real beta_ = 1;
        double normalizer_ = 0, changed_normalizer_ = 0;
    };
    void begin_rows(MatrixView<const Real> state, BetaOf<Real> beta) const;
    Row row(std::size_t b) const;

  private:
    const BasicMachine<Real>* machine_;
    BasicWorkspace<Real>* workspace_;
    mutable BetaOf<Real> beta_;
};
using Marginal = BasicMarginal<float>;

static_assert(DifferentiableEnergy<BasicMarginal<float>, float> && LocalEnergy<BasicMarginal<float>, float>);
static_assert(DifferentiableEnergy<BasicMarginal<double>, double> && LocalEnergy<BasicMarginal<double>, double>);

/// out [B x V] = d(E_visible(v) - s(v) . field) / dv, times beta: the slope of E(v, h) at the field of h, and of F(v)
/// at that of h's mean.  Throws Unsupported for visible units that have none.  out may be field.
template <class Real>
void visible_slope(const BasicMachine<Real>& machine, ConstViewOf<Real> state, ConstViewOf<Real> field,
                   BetaOf<Real> beta, ViewOf<Real> out);

}  // namespace rbm
