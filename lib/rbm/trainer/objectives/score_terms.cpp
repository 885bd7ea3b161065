// SPDX-License-Identifier: MIT
#include "rbm/trainer/objectives/score_terms.h"

#include <initializer_list>
#include <utility>

#include "rbm/kernels/ops.h"
#include "rbm/model/unit_gradients.h"
#include "rbm/trainer/objectives/both_phases.h"

namespace rbm::detail {

template <class Real>
ScoreTerms<Real>::ScoreTerms(const BasicMachine<Real>& machine, BasicGradientWorkspace<Real>& workspace,
                             std::size_t first, std::size_t count, std::string_view name, BasicMachine<Real>& gradient)
    : machine_(machine), workspace_(workspace), gradient_(gradient), name_(name) {
    auto& scratch = workspace.scratch;
    scratch.resize(std::max<std::size_t>(scratch.size(), 9));
    for (const std::size_t k : std::initializer_list<std::size_t>{0, 3})
        scratch[k].resize(count, machine.visible_count());
    for (const std::size_t k : std::initializer_list<std::size_t>{1, 2, 4, 5})
        scratch[k].resize(count, machine.hidden_count());
    state_ = workspace.visible.rows_from(first, count);
    mean_ = workspace.hidden_mean.rows_from(first, count);
    field_and_mean(machine, workspace, first, count);
    machine.visible_field(mean_, workspace.machine, scratch[0]);
    rbm::score(machine.visible, state_, matrix(0), scratch[0].view(), name);
    mean_slopes(machine.hidden, mean_, scratch[1].view(), scratch[2].view(), name);
    scratch[4].fill(0);
    precision_.assign(machine.visible_count(), 1.0);
    if (location_variance(machine.visible, workspace.variance))
        for (std::size_t i = 0; i < precision_.size(); ++i)
            precision_[i] = 1 / static_cast<double>(workspace.variance[i]);
    workspace.machine.coupling.assign(machine.couples() ? machine.visible_count() : 0, 0.0);
    if (machine.couples())
        add_row_dots(1.0, machine.weights.view(), std::as_const(gradient).weights.view(), workspace.machine.coupling);
}

template <class Real>
void ScoreTerms<Real>::finish(std::span<const double> curvature) {
    // The mean field of the hidden units carries the slopes in psi back to their fields.
    const MatrixView<Real> through = workspace_.scratch[5];
    machine_.hidden_field(matrix(3), workspace_.machine, through);
    const auto slopes = back();
    for (std::size_t b = 0; b < rows(); ++b)
        for (std::size_t j = 0; j < slopes.cols; ++j) slopes.row(b)[j] += through.row(b)[j] * first_slope().row(b)[j];

    auto& of_visible = workspace_.machine.visible_statistic;
    const auto of_mean = statistic(machine_.hidden, mean_, workspace_.machine.hidden_statistic);
    add_outer(BasicOuterProduct<Real>{Real{1}, statistic(machine_.visible, matrix(3), of_visible), of_mean},
              gradient_.weights.view());
    add_outer(BasicOuterProduct<Real>{Real{1}, statistic(machine_.visible, state_, of_visible), matrix(4)},
              gradient_.weights.view());
    add_column_sums(1.0, matrix(4), std::span<const Real>{}, location(gradient_.hidden));
    add_score_gradient(machine_.visible, state_, matrix(3), curvature, gradient_.visible, name_);
    if (!machine_.couples()) return;
    auto& coupling = workspace_.machine.coupling;
    add_row_dots(-1.0, machine_.weights.view(), std::as_const(gradient_).weights.view(), coupling);
    machine_.add_coupling(coupling, gradient_);
}

template class ScoreTerms<float>;
template class ScoreTerms<double>;

}  // namespace rbm::detail
