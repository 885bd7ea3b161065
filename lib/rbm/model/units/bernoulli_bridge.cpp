// SPDX-License-Identifier: MIT
#include "rbm/model/units/bernoulli_bridge.h"

#include "rbm/kernels/ops.h"
#include "rbm/kernels/tempered_logistic.h"

namespace rbm {

template <class Real>
void BasicBernoulliBridge<Real>::set(const Bank& start, const Bank& end) {
    base = start.bias;
    change = end.bias;
    for (std::size_t i = 0; i < base.size(); ++i) change[i] -= base[i];
}

template <class Real>
void BasicBernoulliBridge<Real>::scale_energy(Bank& bank, double beta) {
    for (Real& value : bank.bias) value = static_cast<Real>(beta * static_cast<double>(value));
}

template <class Real>
auto BasicBernoulliBridge<Real>::at(double beta) const -> Bank {
    Bank bank(base.size());
    for (std::size_t i = 0; i < base.size(); ++i) bank.bias[i] = base[i] + static_cast<Real>(beta) * change[i];
    return bank;
}

template <class Real>
void BasicBernoulliBridge<Real>::sample(MatrixView<const Real> field, BetaOf<Real> beta, const Stream& stream,
                                        MatrixView<Real> out) const {
    sample_tempered_logistic(field, std::span<const Real>(base), std::span<const Real>(change), beta, stream, out);
}

template <class Real>
void BasicBernoulliBridge<Real>::add_energy_change(MatrixView<const Real> state, std::span<double> out) const {
    add_dots(-1.0, state, std::span<const Real>(change), out);
}

template <class Real>
void BasicBernoulliBridge<Real>::add_normalizer_change(MatrixView<const Real> field, BetaOf<Real> from, BetaOf<Real> to,
                                                       std::span<double> out) const {
    add_softplus_changes(field, std::span<const Real>(base), std::span<const Real>(change), from, to, out);
}

template struct BasicBernoulliBridge<float>;
template struct BasicBernoulliBridge<double>;

}  // namespace rbm
