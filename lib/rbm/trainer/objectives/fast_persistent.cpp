// SPDX-License-Identifier: MIT
#include "rbm/trainer/objectives/fast_persistent.h"

#include <utility>

#include "rbm/kernels/ops.h"
#include "rbm/kernels/threads.h"
#include "rbm/sampler/block_gibbs.h"
#include "rbm/trainer/objectives/both_phases.h"

namespace rbm {
namespace {

constexpr std::size_t piece = std::size_t{1} << 14;

template <class Real>
void overlay(const BasicMachine<Real>& machine, const BasicMachine<Real>& fast, BasicMachine<Real>& sum) {
    sum.visible = machine.visible;
    sum.hidden = machine.hidden;
    sum.weights.resize(machine.visible_count(), machine.hidden_count());
    const auto add = [](std::span<Real> out, std::span<const Real> a, std::span<const Real> b) {
        parallel_blocks(out.size(), piece, [&](std::size_t first, std::size_t count) {
            for (std::size_t i = first; i < first + count; ++i) out[i] = a[i] + b[i];
        });
    };
    add(sum.weights.values(), machine.weights.values(), fast.weights.values());
    add(location(sum.visible), location(machine.visible), location(fast.visible));
    add(location(sum.hidden), location(machine.hidden), location(fast.hidden));
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
    const auto weights = fast.weights.values();
    parallel_blocks(weights.size(), piece, [&](std::size_t first, std::size_t count) {
        for (std::size_t i = first; i < first + count; ++i) weights[i] *= decay;
    });
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
