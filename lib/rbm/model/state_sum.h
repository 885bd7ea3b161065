// SPDX-License-Identifier: MIT
// All states of one side of a small machine added up, the other side summed (integrated) out: log Z and its gradient,
// in double.
//
// The states are numbered as enumerate_states() does.  Energies, statistics and fields are sums over the units, so
// those of state low + high are those of state low, plus those of state high, less those of state 0: a table of low
// states serves all high ones, and the gradient's products are made once per low and once per high state.
#pragma once

#include "rbm/kernels/control.h"
#include "rbm/model/machine.h"

namespace rbm {

enum class Side { visible, hidden };

/// The side with fewer states.  Throws Unsupported when neither has at most 25 discrete units.
template <class Real>
Side enumerable_side(const BasicMachine<Real>& machine);

class StateSum {
  public:
    /// Throws Unsupported when that side cannot be enumerated.  The gradient is that at beta 1.
    StateSum(const PreciseMachine& machine, Side side, double beta = 1);

    std::uint64_t states() const { return states_; }

    /// log Z in nats.
    double log_partition(const Control& control = {}) const;
    /// The same, and gradient += d log Z / d parameters; its shape is the machine's.
    double add_gradient(PreciseMachine& gradient, const Control& control = {}) const;

  private:
    struct Moments;

    const BasicUnits<double>& units() const { return machine_.visible; }
    const BasicUnits<double>& others() const { return machine_.hidden; }
    void add_state(std::uint64_t number, std::span<double> field, double& energy) const;
    std::size_t panel_rows() const;
    void add_panel_terms(std::size_t first, std::span<const double> high, double high_energy, MatrixView<double> field,
                         std::span<const double> betas, std::span<double> terms) const;
    double block(std::uint64_t number) const;
    void add_block(std::uint64_t number, Moments& moments) const;
    void finish(const Moments& moments, PreciseMachine& gradient) const;

    PreciseMachine machine_;  ///< turned so that the enumerated side is the visible one
    bool turned_ = false;
    double beta_ = 1;
    std::uint64_t states_ = 0;
    std::uint64_t low_states_ = 1;
    BasicMatrix<double> low_fields_;
    std::vector<double> low_energies_;
};

}  // namespace rbm
