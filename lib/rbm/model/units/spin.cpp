// SPDX-License-Identifier: MIT
#include "rbm/model/units/spin.h"

#include "rbm/kernels/ops.h"
#include "rbm/kernels/threads.h"

namespace rbm {
namespace detail {

template <class Real>
BetaOf<Real> doubled(BetaOf<Real> beta, std::size_t rows) {
    static thread_local std::vector<Real> twice;
    twice.assign(rows, Real{2});
    for (std::size_t b = 0; b < beta.size(); ++b) twice[b] *= beta[b];
    return twice;
}
template BetaOf<float> doubled(BetaOf<float>, std::size_t);
template BetaOf<double> doubled(BetaOf<double>, std::size_t);

template <class Real>
void bits_to_spins(MatrixView<Real> values) {
    parallel_rows(values.rows, values.cols, [&](std::size_t first, std::size_t count) {
        for (std::size_t b = first; b < first + count; ++b)
            for (Real& value : values.row(b)) value = 2 * value - 1;
    });
}
template void bits_to_spins(MatrixView<float>);
template void bits_to_spins(MatrixView<double>);

}  // namespace detail

template <class Real>
BasicMatrix<Real> BasicSpin<Real>::site_states() const {
    BasicMatrix<Real> states(2, 1);
    states(0, 0) = -1;
    states(1, 0) = 1;
    return states;
}

template <class Real>
void BasicSpin<Real>::mean(MatrixView<const Real> field, BetaOf<Real> beta, MatrixView<Real> out) const {
    logistic(field, std::span<const Real>(bias), detail::doubled(beta, field.rows), out);
    detail::bits_to_spins(out);
}

template <class Real>
void BasicSpin<Real>::sample(MatrixView<const Real> field, BetaOf<Real> beta, const Stream& stream,
                             MatrixView<Real> out) const {
    sample_logistic(field, std::span<const Real>(bias), detail::doubled(beta, field.rows), stream, out);
    detail::bits_to_spins(out);
}

template <class Real>
void BasicSpin<Real>::add_energy(MatrixView<const Real> state, std::span<double> out) const {
    add_dots(-1.0, state, std::span<const Real>(bias), out);
}

template <class Real>
void BasicSpin<Real>::add_log_normalizer(MatrixView<const Real> field, BetaOf<Real> beta, std::span<double> out) const {
    add_softplus_sums(field, std::span<const Real>(bias), detail::doubled(beta, field.rows), out);
    double of_biases = 0;
    for (const Real value : bias) of_biases += static_cast<double>(value);
    parallel_rows(field.rows, field.cols, [&](std::size_t first, std::size_t count) {
        for (std::size_t b = first; b < first + count; ++b) {
            double sum = of_biases;
            for (const Real value : field.row(b)) sum += static_cast<double>(value);
            out[b] -= static_cast<double>(reference::row_value(beta, b)) * sum;
        }
    });
}

template <class Real>
void BasicSpin<Real>::add_log_probability(MatrixView<const Real> state, MatrixView<const Real> mean,
                                          std::span<double> out) const {
    for (std::size_t b = 0; b < state.rows; ++b)
        for (std::size_t i = 0; i < state.cols; ++i)
            out[b] +=
                std::log1p(static_cast<double>(state.row(b)[i]) * static_cast<double>(mean.row(b)[i])) - std::log(2.0);
}

template <class Real>
void BasicSpin<Real>::add_gradient(MatrixView<const Real> state, std::span<const Real> row_weights,
                                   BasicSpin& gradient) const {
    add_column_sums(-1.0, state, row_weights, std::span<Real>(gradient.bias));
}

template <class Real>
void BasicSpin<Real>::add_expected_gradient(MatrixView<const Real>, MatrixView<const Real> mean,
                                            std::span<const Real> row_weights, BasicSpin& gradient) const {
    add_gradient(mean, row_weights, gradient);
}

template <class Real>
void BasicSpin<Real>::mean_slopes(MatrixView<const Real> mean, MatrixView<Real> first, MatrixView<Real> second) const {
    for (std::size_t b = 0; b < mean.rows; ++b)
        for (std::size_t j = 0; j < mean.cols; ++j) {
            const Real m = mean.row(b)[j], slope = (1 - m) * (1 + m);
            first.row(b)[j] = slope;
            second.row(b)[j] = -2 * m * slope;
        }
}

template <class Real>
void BasicSpin<Real>::fit_marginals(std::span<const double> means, std::span<const double>, std::size_t samples) {
    const double limit = std::log(static_cast<double>(std::max<std::size_t>(samples, 2)));
    for (std::size_t i = 0; i < bias.size(); ++i) {
        const double odds = std::log1p(means[i]) - std::log1p(-means[i]);
        bias[i] = static_cast<Real>(0.5 * std::clamp(odds, -limit, limit));
    }
}

template struct BasicSpin<float>;
template struct BasicSpin<double>;

}  // namespace rbm
