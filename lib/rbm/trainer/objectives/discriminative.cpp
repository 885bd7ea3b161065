// SPDX-License-Identifier: MIT
#include "rbm/trainer/objectives/discriminative.h"

#include <algorithm>
#include <cmath>

#include "rbm/kernels/ops.h"
#include "rbm/model/unit_gradients.h"

namespace rbm {
namespace {

template <class Real>
std::size_t label_of(std::span<const Real> state, std::size_t classes) {
    const auto labels = state.last(classes);
    return static_cast<std::size_t>(std::ranges::max_element(labels) - labels.begin());
}

/// sums [B + C x H]: row b = sum_c row_weights[c B + b] statistics[c B + b], and row B + c the same sum over b.
template <class Real>
void add_up(MatrixView<const Real> statistics, std::span<const Real> row_weights, std::size_t batch,
            BasicMatrix<Real>& sums) {
    const std::size_t classes = statistics.rows / batch, hidden = statistics.cols;
    sums.resize(batch + classes, hidden);
    sums.fill(0);
    for (std::size_t c = 0; c < classes; ++c)
        add_column_sums(1.0, statistics.rows_from(c * batch, batch), row_weights.subspan(c * batch, batch),
                        sums.row(batch + c));
    add_group_sums(statistics, row_weights, sums.rows_from(0, batch));
}

}  // namespace

template <class Real>
void Discriminative::add_gradient(const BasicMachine<Real>& machine, std::size_t batch, BasicChains<Real>&, Random&,
                                  BasicGradientWorkspace<Real>& workspace, BasicMachine<Real>& gradient) const {
    const auto states = std::as_const(workspace.visible).rows_from(0, batch);
    BasicLabelledStates<Real>& labelled = workspace.labelled;
    labelled.compute(machine, states, classes, workspace.machine);

    // -log p(c | x) = F(x, c) - F(x), so the gradient is that of free energies: 1 - p of the row's label, -p of others.
    constexpr std::size_t kept = 3;
    workspace.scratch.resize(std::max(workspace.scratch.size(), kept));
    BasicMatrix<Real>&means = workspace.scratch[0], &sums = workspace.scratch[1], &weights = workspace.scratch[2];
    weights.resize(1, classes * batch + 2 * classes);
    const std::span<Real> of_rows = weights.row(0).first(classes * batch), of_labels = weights.row(0).last(2 * classes);
    std::ranges::fill(of_labels, Real{0});
    double loss = 0;
    for (std::size_t c = 0; c < classes; ++c)
        for (std::size_t b = 0; b < batch; ++b) {
            const double log_probability = labelled.log_probability[c * batch + b];
            const double weight = static_cast<double>(workspace.row_weights[b]);
            const bool right = label_of(states.row(b), classes) == c;
            if (right) loss -= weight * log_probability;
            // 1 - p without cancellation
            const double share = weight * (right ? -std::expm1(log_probability) : -std::exp(log_probability));
            of_rows[c * batch + b] = static_cast<Real>(share);
            of_labels[c] += static_cast<Real>(share);
            of_labels[classes + c] -= static_cast<Real>(share);
        }
    workspace.loss = loss;

    means.resize(classes * batch, machine.hidden_count());
    const auto field = std::as_const(labelled.field).view();
    mean(machine.hidden, field, {}, means.view());
    for (std::size_t b = 0; b < batch; ++b)
        std::ranges::copy(means.row(label_of(states.row(b), classes) * batch + b),
                          workspace.hidden_mean.row(b).begin());
    add_expected_gradient(machine.hidden, field, std::as_const(means).view(), std::span<const Real>(of_rows),
                          gradient.hidden);
    add_own_gradient(machine.visible, std::as_const(labelled.own).view(), std::span<const Real>(of_labels),
                     gradient.visible);

    const auto of_means = statistic(machine.hidden, std::as_const(means).view(), workspace.machine.hidden_statistic);
    add_up(of_means, std::span<const Real>(of_rows), batch, sums);
    const BasicOuterProduct<Real> product{
        Real{-1},
        statistic(machine.visible, std::as_const(labelled.states).view(), workspace.machine.visible_statistic),
        std::as_const(sums).view()};
    if (workspace.defer_weights) {
        workspace.weight_product = product;
        return;
    }
    machine.add_weight_gradient(product, workspace.machine, gradient);
}

#define RBM_INSTANTIATE(Real)                                                                                       \
    template void Discriminative::add_gradient(const BasicMachine<Real>&, std::size_t, BasicChains<Real>&, Random&, \
                                               BasicGradientWorkspace<Real>&, BasicMachine<Real>&) const;
RBM_INSTANTIATE(float)
RBM_INSTANTIATE(double)
#undef RBM_INSTANTIATE

}  // namespace rbm
