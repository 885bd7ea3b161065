// SPDX-License-Identifier: MIT
#include "rbm/trainer/objectives/contrastive_divergence.h"

#include "rbm/trainer/objectives/both_phases.h"

namespace rbm {
namespace {

using detail::add_stacked_gradient, detail::field_and_mean;

/// hidden_state -> visible rows from `first` on, and back up `steps - 1` times.
template <class Real>
void run_chain(const BasicMachine<Real>& machine, std::size_t steps, std::size_t first, MatrixView<Real> hidden_state,
               Random& random, BasicGradientWorkspace<Real>& workspace) {
    const std::size_t count = hidden_state.rows;
    const auto visible_state = workspace.visible.rows_from(first, count);
    const auto hidden_field = workspace.hidden_field.rows_from(first, count);
    for (std::size_t step = 1;; ++step) {
        machine.visible_field(hidden_state, workspace.machine, workspace.visible_field);
        sample(machine.visible, workspace.visible_field, {}, random.next(), visible_state);
        if (step >= steps) return;  // 0 sweeps would never end otherwise
        machine.hidden_field(visible_state, workspace.machine, hidden_field);
        sample(machine.hidden, hidden_field, {}, random.next(), hidden_state);
    }
}

}  // namespace

template <class Real>
void ContrastiveDivergence::add_gradient(const BasicMachine<Real>& machine, std::size_t batch, BasicChains<Real>&,
                                         Random& random, BasicGradientWorkspace<Real>& workspace,
                                         BasicMachine<Real>& gradient) const {
    field_and_mean(machine, workspace, 0, batch);
    sample(machine.hidden, MatrixView<const Real>(workspace.hidden_field.rows_from(0, batch)), {}, random.next(),
           workspace.hidden_state.view());
    run_chain(machine, scheduled_steps(steps, schedule, workspace.done), batch, workspace.hidden_state.view(), random,
              workspace);
    field_and_mean(machine, workspace, batch, batch);
    for (std::size_t b = 0; b < batch; ++b) workspace.row_weights[batch + b] = -workspace.row_weights[b];
    add_stacked_gradient(machine, workspace, gradient);
}

template <class Real>
void PersistentContrastiveDivergence::add_gradient(const BasicMachine<Real>& machine, std::size_t batch,
                                                   BasicChains<Real>& persistent, Random& random,
                                                   BasicGradientWorkspace<Real>& workspace,
                                                   BasicMachine<Real>& gradient) const {
    run_chain(machine, scheduled_steps(steps, schedule, workspace.done), batch, persistent.hidden.view(), random,
              workspace);
    field_and_mean(machine, workspace, 0, batch + chains);
    sample(machine.hidden, MatrixView<const Real>(workspace.hidden_field.rows_from(batch, chains)), {}, random.next(),
           persistent.hidden.view());
    const auto fantasies = workspace.visible.rows_from(batch, chains);
    std::copy(fantasies.data, fantasies.data + chains * fantasies.cols, persistent.visible.data());
    detail::balance(workspace, batch, chains);
    add_stacked_gradient(machine, workspace, gradient);
}

#define RBM_INSTANTIATE(Real)                                                                                      \
    template void ContrastiveDivergence::add_gradient(const BasicMachine<Real>&, std::size_t, BasicChains<Real>&,  \
                                                      Random&, BasicGradientWorkspace<Real>&, BasicMachine<Real>&) \
        const;                                                                                                     \
    template void PersistentContrastiveDivergence::add_gradient(                                                   \
        const BasicMachine<Real>&, std::size_t, BasicChains<Real>&, Random&, BasicGradientWorkspace<Real>&,        \
        BasicMachine<Real>&) const;
RBM_INSTANTIATE(float)
RBM_INSTANTIATE(double)
#undef RBM_INSTANTIATE

}  // namespace rbm
