// SPDX-License-Identifier: MIT
#include "rbm/model/marginal.h"

#include <fmt/format.h>

#include "rbm/kernels/error.h"
#include "rbm/kernels/ops.h"

namespace rbm {

template <class Real>
void visible_slope(const BasicMachine<Real>& machine, ConstViewOf<Real> state, ConstViewOf<Real> field,
                   BetaOf<Real> beta, ViewOf<Real> out) {
    std::visit(
        [&](const auto& bank) {
            if constexpr (requires { bank.score(state, field, out); })
                bank.score(state, field, out);
            else if (!sites(machine.visible).empty())
                add_vector(field, bank.location(), out);
            else
                throw Unsupported(fmt::format("{} visible units have no gradient", bank.name));
        },
        machine.visible);
    scale_rows(Real{-1}, beta, out);
}

template <class Real>
void BasicMarginal<Real>::energy(MatrixView<const Real> state, BetaOf<Real> beta, std::span<double> out) const {
    machine_->free_energy(state, beta, *workspace_, out);
}

template <class Real>
void BasicMarginal<Real>::energy_and_gradient(MatrixView<const Real> state, BetaOf<Real> beta, std::span<double> out,
                                              MatrixView<Real> gradient) const {
    BasicWorkspace<Real>& workspace = *workspace_;
    machine_->free_energy(state, beta, workspace, out);  // leaves the hidden fields behind
    const MatrixView<Real> hidden = workspace.hidden_field;
    mean(machine_->hidden, hidden, beta, hidden);
    machine_->visible_field(hidden, workspace, gradient);
    visible_slope(*machine_, state, gradient, beta, gradient);
}

template <class Real>
void BasicMarginal<Real>::begin_rows(MatrixView<const Real> state, BetaOf<Real> beta) const {
    workspace_->hidden_field.resize(state.rows, machine_->hidden_count());
    workspace_->hidden_mean.resize(state.rows, machine_->hidden_count());
    machine_->hidden_field(state, *workspace_, workspace_->hidden_field);
    beta_ = beta;
}

template <class Real>
auto BasicMarginal<Real>::row(std::size_t b) const -> Row {
    Row row;
    row.machine_ = machine_;
    row.field_ = workspace_->hidden_field.row(b);
    row.changed_field_ = workspace_->hidden_mean.row(b);
    row.beta_ = reference::row_value(beta_, b);
    add_log_normalizer(machine_->hidden, MatrixView<const Real>(row.field_.data(), 1, row.field_.size()),
                       BetaOf<Real>(&row.beta_, 1), std::span(&row.normalizer_, 1));
    return row;
}

template <class Real>
double BasicMarginal<Real>::Row::change(std::size_t column, std::span<const Real> steps) {
    const auto bias = location(machine_->visible);
    double own = 0;
    std::copy(field_.begin(), field_.end(), changed_field_.begin());
    for (std::size_t c = 0; c < steps.size(); ++c) {
        if (steps[c] == 0) continue;
        own -= static_cast<double>(bias[column + c]) * static_cast<double>(steps[c]);
        const auto weights = machine_->weights.row(column + c);
        for (std::size_t j = 0; j < changed_field_.size(); ++j) changed_field_[j] += steps[c] * weights[j];
    }
    changed_normalizer_ = 0;
    add_log_normalizer(machine_->hidden, MatrixView<const Real>(changed_field_.data(), 1, changed_field_.size()),
                       BetaOf<Real>(&beta_, 1), std::span(&changed_normalizer_, 1));
    return static_cast<double>(beta_) * own - (changed_normalizer_ - normalizer_);
}

template <class Real>
void BasicMarginal<Real>::Row::keep() {
    std::swap(field_, changed_field_);
    normalizer_ = changed_normalizer_;
}

template class BasicMarginal<float>;
template class BasicMarginal<double>;
template void visible_slope(const Machine&, ConstView, ConstView, Beta, View);
template void visible_slope(const PreciseMachine&, MatrixView<const double>, MatrixView<const double>, BetaOf<double>,
                            MatrixView<double>);

}  // namespace rbm
