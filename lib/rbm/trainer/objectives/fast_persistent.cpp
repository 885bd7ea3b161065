// SPDX-License-Identifier: MIT
#include "rbm/trainer/objectives/fast_persistent.h"

#include <utility>

#include "rbm/kernels/ops.h"
#include "rbm/sampler/block_gibbs.h"
#include "rbm/trainer/objectives/both_phases.h"

namespace rbm {
namespace {

template <class Real>
void overlay(const BasicMachine<Real>& machine, const BasicMachine<Real>& fast, BasicMachine<Real>& sum) {
    sum.visible = machine.visible;
    sum.hidden = machine.hidden;
    sum.weights.resize(machine.visible_count(), machine.hidden_count());
    add(machine.weights.view(), fast.weights.view(), sum.weights.view());
    const auto add_locations = [](const auto& of_machine, const auto& of_fast, auto& of_sum) {
        const auto a = location(of_machine), b = location(of_fast);
        const auto out = location(of_sum);
        for (std::size_t i = 0; i < out.size(); ++i) out[i] = a[i] + b[i];
    };
    add_locations(machine.visible, fast.visible, sum.visible);
    add_locations(machine.hidden, fast.hidden, sum.hidden);
}

template <class Real>
void keep(std::span<const Real> values, std::vector<Real>& copy) {
    copy.assign(values.begin(), values.end());
}

/// fast = decay fast - rate variance (after - before), of one bank's locations.
template <class Real>
void follow(const BasicUnits<Real>& units, std::span<const Real> after, std::vector<Real>& before, Real rate,
            Real decay, std::span<Real> fast, std::vector<Real>& variance) {
    const bool scaled = location_variance(units, variance);
    for (std::size_t i = 0; i < fast.size(); ++i)
        fast[i] = decay * fast[i] - rate * (scaled ? variance[i] : Real{1}) * (after[i] - before[i]);
}

}  // namespace

template <class Real>
void FastPersistentContrastiveDivergence::add_gradient(const BasicMachine<Real>& machine, std::size_t batch,
                                                       BasicNegativePhase<Real>& phase, Random& random,
                                                       BasicGradientWorkspace<Real>& workspace,
                                                       BasicMachine<Real>& gradient) const {
    BasicMachine<Real>& fast = phase.fast;
    if (fast.visible_count() == 0) fast = machine.zeros_like();
    overlay(machine, fast, workspace.overlaid);
    BlockGibbs{scheduled_steps(steps, schedule, workspace.done)}.step(workspace.overlaid, phase, random);

    const auto fantasies = workspace.visible.rows_from(batch, chains);
    std::copy(phase.visible.data(), phase.visible.data() + chains * fantasies.cols, fantasies.data);
    detail::field_and_mean(machine, workspace, 0, batch + chains);
    detail::balance(workspace, batch, chains);
    keep(location(std::as_const(gradient.visible)), workspace.visible_location);
    keep(location(std::as_const(gradient.hidden)), workspace.hidden_location);
    detail::add_stacked_gradient(machine, workspace, gradient);

    const Real rate = static_cast<Real>(fast_rate), decay = static_cast<Real>(fast_decay);
    scale_rows(decay, std::span<const Real>{}, fast.weights.view());
    // dF/dweights is minus the product of statistics; times the variances it is that of the states.
    add_outer(BasicOuterProduct<Real>{rate, workspace.visible, workspace.hidden_mean, workspace.row_weights},
              fast.weights.view());
    follow(machine.visible, location(std::as_const(gradient.visible)), workspace.visible_location, rate, decay,
           location(fast.visible), workspace.variance);
    follow(machine.hidden, location(std::as_const(gradient.hidden)), workspace.hidden_location, rate, decay,
           location(fast.hidden), workspace.variance);
}

#define RBM_INSTANTIATE(Real)                                                                                      \
    template void FastPersistentContrastiveDivergence::add_gradient(                                               \
        const BasicMachine<Real>&, std::size_t, BasicNegativePhase<Real>&, Random&, BasicGradientWorkspace<Real>&, \
        BasicMachine<Real>&) const;
RBM_INSTANTIATE(float)
RBM_INSTANTIATE(double)
#undef RBM_INSTANTIATE

}  // namespace rbm
