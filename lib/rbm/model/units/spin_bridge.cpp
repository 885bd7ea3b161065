// SPDX-License-Identifier: MIT
#include "rbm/model/units/spin_bridge.h"

#include "rbm/kernels/ops.h"
#include "rbm/kernels/tempered_logistic.h"
#include "rbm/kernels/threads.h"

namespace rbm {

template <class Real>
void BasicSpinBridge<Real>::set(const Bank& start, const Bank& end) {
    base = start.bias;
    change = end.bias;
    double_base = base;
    for (std::size_t i = 0; i < base.size(); ++i) {
        change[i] -= base[i];
        double_base[i] *= 2;
    }
}

template <class Real>
void BasicSpinBridge<Real>::scale_energy(Bank& bank, double beta) {
    for (Real& value : bank.bias) value = static_cast<Real>(beta * static_cast<double>(value));
}

template <class Real>
auto BasicSpinBridge<Real>::at(double beta) const -> Bank {
    Bank bank(base.size());
    for (std::size_t i = 0; i < base.size(); ++i) bank.bias[i] = base[i] + static_cast<Real>(beta) * change[i];
    return bank;
}

template <class Real>
void BasicSpinBridge<Real>::sample(MatrixView<const Real> field, BetaOf<Real> beta, const Stream& stream,
                                   MatrixView<Real> out) const {
    sample_tempered_logistic(field, std::span<const Real>(double_base), std::span<const Real>(change),
                             detail::doubled(beta, field.rows), stream, out);
    detail::bits_to_spins(out);
}

template <class Real>
void BasicSpinBridge<Real>::add_energy_change(MatrixView<const Real> state, std::span<double> out) const {
    add_dots(-1.0, state, std::span<const Real>(change), out);
}

template <class Real>
void BasicSpinBridge<Real>::add_normalizer_change(MatrixView<const Real> field, BetaOf<Real> from, BetaOf<Real> to,
                                                  std::span<double> out) const {
    // log 2 cosh x = softplus(2 x) - x, and x is linear in beta.
    static thread_local std::vector<Real> start;
    const auto twice_from = detail::doubled(from, field.rows);
    start.assign(twice_from.begin(), twice_from.end());
    add_softplus_changes(field, std::span<const Real>(double_base), std::span<const Real>(change),
                         std::span<const Real>(start), detail::doubled(to, field.rows), out);
    double of_biases = 0;
    for (const Real value : change) of_biases += static_cast<double>(value);
    parallel_rows(field.rows, field.cols, [&](std::size_t first, std::size_t count) {
        for (std::size_t b = first; b < first + count; ++b) {
            double sum = of_biases;
            for (const Real value : field.row(b)) sum += static_cast<double>(value);
            out[b] -= (static_cast<double>(to[b]) - static_cast<double>(from[b])) * sum;
        }
    });
}

template struct BasicSpinBridge<float>;
template struct BasicSpinBridge<double>;

}  // namespace rbm
