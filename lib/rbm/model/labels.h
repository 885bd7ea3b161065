// SPDX-License-Identifier: MIT
// Labels as visible units: the last C of a machine's visible units say of which class a sample is, one of them on and
// the others off; the units before are the data x.  With a label on, a state has a free energy like any other, so
//
//   p(c | x)  =  exp(-F(x, c)) / sum_k exp(-F(x, k))        F(x)  =  -log sum_c exp(-F(x, c))
//
// among the C states that a label can have: neither log Z nor chains are needed.
// Shapes: B rows of a batch, V visible units, of which C are the label, H hidden units.
// Source: Larochelle & Bengio, "Classification using discriminative restricted Boltzmann machines", ICML 2008.
#pragma once

#include <string_view>
#include <utility>

#include "rbm/kernels/control.h"
#include "rbm/model/machine.h"

namespace rbm {

/// More than any set of classes has; memory goes with their square.
inline constexpr std::size_t most_labels = 1000;

/// What a label's unit is when it is off and on: 0 and 1, -1 and 1 for spins.  Throws Unsupported for units whose sites
/// have several columns.
template <class Real>
std::pair<Real, Real> label_values(const BasicUnits<Real>& visible, std::string_view asked_by);

/// A batch with each of the labels in turn.  A label adds one row of the weights to the hidden fields, so all C of them
/// cost little more than the product that one does.
template <class Real>
struct BasicLabelledStates {
    /// [B + C x V]: the batch with its label off, and below it what turning on a label adds.
    BasicMatrix<Real> states;
    BasicMatrix<Real> shared_field;         ///< [B + C x H] the hidden fields of these
    BasicMatrix<Real> field;                ///< [C B x H] row c B + b: that of row b with label c
    BasicMatrix<Real> own;                  ///< [2 C x V] each label on, each label off, all else at 0
    std::vector<double> own_energy;         ///< [2 C] of these
    std::vector<double> row_energy;         ///< [B] the visible units' own, with the label off
    std::vector<double> minus_free_energy;  ///< [C B]
    std::vector<double> log_probability;    ///< [C B] log p(c | x_b)
    std::vector<double> free_energy;        ///< [B] F(x_b)

    /// visible_state [B x V], whose label columns are not read, or [B x V - C]; classes is C, below V.
    void compute(const BasicMachine<Real>& machine, MatrixView<const Real> visible_state, std::size_t classes,
                 BasicWorkspace<Real>& workspace);
    std::size_t batch() const { return free_energy.size(); }
};

/// What a machine makes of data without labels.
struct LabelPosterior {
    BasicMatrix<double> probability;      ///< [B x C] p(c | x)
    BasicMatrix<double> log_probability;  ///< [B x C]
    std::vector<double> free_energy;      ///< [B] F(x), the label summed out
};

/// visible_state [B x V] or [B x V - C].  Throws InvalidArgument for other shapes, fewer than two classes,
/// and more than most_labels.
template <class Real>
LabelPosterior label_posterior(const BasicMachine<Real>& machine, ConstViewOf<Real> visible_state,
                               std::size_t classes, const Control& control = {});

}  // namespace rbm
