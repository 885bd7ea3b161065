// SPDX-License-Identifier: MIT
#include "rbm/model/joint.h"

#include "rbm/kernels/ops.h"
#include "rbm/model/marginal.h"

namespace rbm {

template <class Real>
void BasicConditional<Real>::energy(MatrixView<const Real> state, BetaOf<Real> beta, std::span<double> out) const {
    std::fill(out.begin(), out.end(), 0.0);
    add_energy(machine_->visible, state, out);
    add_row_dots(-1.0, field_, statistic(machine_->visible, state, *scratch_), out);
    for (std::size_t b = 0; b < out.size(); ++b) out[b] *= static_cast<double>(reference::row_value(beta, b));
}

template <class Real>
void BasicConditional<Real>::energy_and_gradient(MatrixView<const Real> state, BetaOf<Real> beta, std::span<double> out,
                                                 MatrixView<Real> gradient) const {
    energy(state, beta, out);
    visible_slope(*machine_, state, field_, beta, gradient);
}

template <class Real>
void BasicJoint<Real>::sample_hidden(MatrixView<const Real> visible_state, BetaOf<Real> beta, const Stream& stream,
                                     MatrixView<Real> out) const {
    auto& field = workspace_->hidden_field;
    field.resize(visible_state.rows, machine_->hidden_count());
    machine_->hidden_field(visible_state, *workspace_, field);
    sample(machine_->hidden, field, beta, stream, out);
}

template <class Real>
BasicConditional<Real> BasicJoint<Real>::given_hidden(MatrixView<const Real> hidden_state) const {
    auto& field = workspace_->visible_field;
    field.resize(hidden_state.rows, machine_->visible_count());
    machine_->visible_field(hidden_state, *workspace_, field);
    return {*machine_, field, workspace_->visible_statistic};
}

template class BasicConditional<float>;
template class BasicConditional<double>;
template class BasicJoint<float>;
template class BasicJoint<double>;

}  // namespace rbm
