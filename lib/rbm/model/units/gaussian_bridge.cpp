// SPDX-License-Identifier: MIT
#include "rbm/model/units/gaussian_bridge.h"

#include "rbm/kernels/ops.h"
#include "rbm/kernels/threads.h"

namespace rbm {
namespace {

/// precision = 1 / sigma^2, pull = precision x center.
template <class Real>
void natural_parameters(const BasicGaussian<Real>& bank, std::vector<Real>& precision, std::vector<Real>& pull) {
    precision.resize(bank.width());
    pull.resize(bank.width());
    for (std::size_t i = 0; i < bank.width(); ++i) {
        precision[i] = std::exp(-2 * bank.log_sigma[i]);
        pull[i] = precision[i] * bank.center[i];
    }
}

}  // namespace

template <class Real>
void BasicGaussianBridge<Real>::set(const Bank& first, const Bank& last) {
    start = first;
    end = last;
    natural_parameters(first, start_precision, start_pull);
    natural_parameters(last, end_precision, end_pull);
}

template <class Real>
void BasicGaussianBridge<Real>::scale_energy(Bank& bank, double beta) {
    for (Real& value : bank.log_sigma) value = static_cast<Real>(static_cast<double>(value) - 0.5 * std::log(beta));
}

template <class Real>
auto BasicGaussianBridge<Real>::at(double beta) const -> Bank {
    Bank bank(start.width());
    const Real b = static_cast<Real>(beta), rest = static_cast<Real>(1 - beta);
    for (std::size_t i = 0; i < bank.width(); ++i) {
        const Real precision = rest * start_precision[i] + b * end_precision[i];
        bank.center[i] = (rest * start_pull[i] + b * end_pull[i]) / precision;
        bank.log_sigma[i] = Real{-0.5} * std::log(precision);
    }
    return bank;
}

template <class Real>
void BasicGaussianBridge<Real>::sample(MatrixView<const Real> field, BetaOf<Real> beta, const Stream& stream,
                                       MatrixView<Real> out) const {
    const std::size_t units = field.cols, block = std::max<std::size_t>(1, 4096 / std::max<std::size_t>(units, 1));
    parallel_blocks(field.rows, block, [&](std::size_t first, std::size_t count) {
        static thread_local std::vector<Real> deviation;
        deviation.resize(units);
        for (std::size_t r = first; r < first + count; ++r) {
            const Real b = beta[r], rest = 1 - b;
            const Real* f = field.data + r * field.stride;
            Real* mean = out.data + r * out.stride;
            for (std::size_t i = 0; i < units; ++i) {
                const Real precision = rest * start_precision[i] + b * end_precision[i];
                mean[i] = (rest * start_pull[i] + b * (end_pull[i] + end_precision[i] * f[i])) / precision;
                deviation[i] = 1 / std::sqrt(precision);
            }
            const auto row = out.rows_from(r, 1);
            sample_normal(MatrixView<const Real>(row), std::span<const Real>(deviation), BetaOf<Real>{},
                          stream.rows_from(r), row);
        }
    });
}

template <class Real>
void BasicGaussianBridge<Real>::add_energy_change(MatrixView<const Real> state, std::span<double> out) const {
    add_weighted_squares(0.5, state, std::span<const Real>(end.center), std::span<const Real>(end_precision), out);
    add_weighted_squares(-0.5, state, std::span<const Real>(start.center), std::span<const Real>(start_precision), out);
}

template <class Real>
void BasicGaussianBridge<Real>::add_normalizer_change(MatrixView<const Real> field, BetaOf<Real> from, BetaOf<Real> to,
                                                      std::span<double> out) const {
    // log of the integral of exp(-(1-b) p0 (x-c0)^2 / 2 - b p1 (x-c1)^2 / 2 + b p1 x f) =
    // (log(2 pi / p) + q^2 / p - (1-b) p0 c0^2 - b p1 c1^2) / 2,  p = precision(b),  q = (1-b) p0 c0 + b p1 (c1 + f)
    const auto wide = [](Real value) { return static_cast<double>(value); };
    const auto normalizer = [&](std::size_t i, double b, double f) {
        const double rest = 1 - b, precision = rest * wide(start_precision[i]) + b * wide(end_precision[i]);
        const double pull = rest * wide(start_pull[i]) + b * (wide(end_pull[i]) + wide(end_precision[i]) * f);
        return 0.5 * (pull * pull / precision - std::log(precision) -
                      rest * wide(start_pull[i]) * wide(start.center[i]) - b * wide(end_pull[i]) * wide(end.center[i]));
    };
    for (std::size_t r = 0; r < field.rows; ++r) {
        double sum = 0;
        for (std::size_t i = 0; i < field.cols; ++i) {
            const double f = wide(field.row(r)[i]);
            sum += normalizer(i, wide(to[r]), f) - normalizer(i, wide(from[r]), f);
        }
        out[r] += sum;
    }
}

template struct BasicGaussianBridge<float>;
template struct BasicGaussianBridge<double>;

}  // namespace rbm
