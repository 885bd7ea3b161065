// SPDX-License-Identifier: MIT
// What objectives share: the data's rows and the model's rows lie below each other in the workspace.  Not installed.
#pragma once

#include "rbm/trainer/objective.h"

namespace rbm::detail {

/// Hidden fields and means of rows [first, first + count).
template <class Real>
void field_and_mean(const BasicMachine<Real>& machine, BasicGradientWorkspace<Real>& workspace, std::size_t first,
                    std::size_t count) {
    const auto field = workspace.hidden_field.rows_from(first, count);
    machine.hidden_field(workspace.visible.rows_from(first, count), workspace.machine, field);
    mean(machine.hidden, field, {}, workspace.hidden_mean.rows_from(first, count));
}

/// Both phases weigh the same, whatever the batch's length or its sample weights.
template <class Real>
void balance(BasicGradientWorkspace<Real>& workspace, std::size_t batch, std::size_t chains) {
    double total = 0;
    for (std::size_t b = 0; b < batch; ++b) total += static_cast<double>(workspace.row_weights[b]);
    const Real share = static_cast<Real>(-total / static_cast<double>(chains));
    for (std::size_t c = 0; c < chains; ++c) workspace.row_weights[batch + c] = share;
}

/// gradient += the free energies' of all rows; the weights' stays a product where that is asked for.
template <class Real>
void add_stacked_gradient(const BasicMachine<Real>& machine, BasicGradientWorkspace<Real>& workspace,
                          BasicMachine<Real>& gradient) {
    if (!workspace.defer_weights) {
        machine.add_free_energy_gradient(workspace.visible, workspace.hidden_field, workspace.hidden_mean,
                                         workspace.row_weights, workspace.machine, gradient);
        return;
    }
    workspace.weight_product =
        machine.weight_gradient(workspace.visible, workspace.hidden_mean, workspace.row_weights, workspace.machine);
    machine.add_unit_gradient(workspace.visible, workspace.hidden_field, workspace.hidden_mean, workspace.row_weights,
                              gradient);
}

}  // namespace rbm::detail
