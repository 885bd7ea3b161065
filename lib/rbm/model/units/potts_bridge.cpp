// SPDX-License-Identifier: MIT
#include "rbm/model/units/potts_bridge.h"

#include <fmt/format.h>

#include "rbm/kernels/error.h"
#include "rbm/kernels/ops.h"

namespace rbm {

template <class Real>
void BasicPottsBridge<Real>::set(const Bank& start, const Bank& end) {
    if (start.states != end.states)
        throw InvalidArgument(
            fmt::format("Bridge: the base has potts units of {} states, the machine of {}", start.states, end.states));
    base = start.bias;
    change = end.bias;
    states = end.states;
    for (std::size_t i = 0; i < base.size(); ++i) change[i] -= base[i];
}

template <class Real>
void BasicPottsBridge<Real>::scale_energy(Bank& bank, double beta) {
    for (Real& value : bank.bias) value = static_cast<Real>(beta * static_cast<double>(value));
}

template <class Real>
auto BasicPottsBridge<Real>::at(double beta) const -> Bank {
    Bank bank(base.size() / states, states);
    for (std::size_t i = 0; i < base.size(); ++i) bank.bias[i] = base[i] + static_cast<Real>(beta) * change[i];
    return bank;
}

template <class Real>
void BasicPottsBridge<Real>::sample(MatrixView<const Real> field, BetaOf<Real> beta, const Stream& stream,
                                    MatrixView<Real> out) const {
    sample_softmax(input(field, beta), stream, out);
}

template <class Real>
void BasicPottsBridge<Real>::add_energy_change(MatrixView<const Real> state, std::span<double> out) const {
    add_dots(-1.0, state, std::span<const Real>(change), out);
}

template <class Real>
void BasicPottsBridge<Real>::add_normalizer_change(MatrixView<const Real> field, BetaOf<Real> from, BetaOf<Real> to,
                                                   std::span<double> out) const {
    add_log_sum_exps(1.0, input(field, to), out);
    add_log_sum_exps(-1.0, input(field, from), out);
}

template struct BasicPottsBridge<float>;
template struct BasicPottsBridge<double>;

}  // namespace rbm
