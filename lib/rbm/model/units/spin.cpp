// SPDX-License-Identifier: MIT
#include "rbm/model/units/spin.h"

#include "rbm/kernels/ops.h"
#include "rbm/kernels/threads.h"

namespace rbm {
namespace {

/// [rows] 2 beta, in memory of the calling thread that the next call takes over.
template <class Real>
BetaOf<Real> doubled(BetaOf<Real> beta, std::size_t rows) {
    static thread_local std::vector<Real> twice;
    twice.assign(rows, Real{2});
    for (std::size_t b = 0; b < beta.size(); ++b) twice[b] *= beta[b];
    return twice;
}

/// 0 and 1 become -1 and 1; means likewise.
template <class Real>
void bits_to_spins(MatrixView<Real> values) {
    parallel_rows(values.rows, values.cols, [&](std::size_t first, std::size_t count) {
        for (std::size_t b = first; b < first + count; ++b)
            for (Real& value : values.row(b)) value = 2 * value - 1;
    });
}

}  // namespace

template <class Real>
void BasicSpin<Real>::mean(MatrixView<const Real> field, BetaOf<Real> beta, MatrixView<Real> out) const {
    logistic(field, std::span<const Real>(bias), doubled(beta, field.rows), out);
    bits_to_spins(out);
}

template <class Real>
void BasicSpin<Real>::sample(MatrixView<const Real> field, BetaOf<Real> beta, const Stream& stream,
                             MatrixView<Real> out) const {
    sample_logistic(field, std::span<const Real>(bias), doubled(beta, field.rows), stream, out);
    bits_to_spins(out);
}

template <class Real>
void BasicSpin<Real>::add_log_normalizer(MatrixView<const Real> field, BetaOf<Real> beta, std::span<double> out) const {
    add_softplus_sums(field, std::span<const Real>(bias), doubled(beta, field.rows), out);
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

template <class Real>
void BasicSpin<Real>::Path::set(const BasicSpin& from, const BasicSpin& to) {
    BiasedPath<BasicSpin, Real>::set(from, to);
    double_base.assign(from.bias.begin(), from.bias.end());
    for (Real& value : double_base) value *= 2;
}

template <class Real>
void BasicSpin<Real>::Path::sample(MatrixView<const Real> field, BetaOf<Real> beta, const Stream& stream,
                                   MatrixView<Real> out) const {
    sample_tempered_logistic(field, std::span<const Real>(double_base), this->change.location(),
                             doubled(beta, field.rows), stream, out);
    bits_to_spins(out);
}

template <class Real>
void BasicSpin<Real>::Path::add_normalizer_change(MatrixView<const Real> field, BetaOf<Real> from, BetaOf<Real> to,
                                                  std::span<double> out) const {
    // log 2 cosh x = softplus(2 x) - x, and x is linear in beta.
    static thread_local std::vector<Real> start;
    const auto twice_from = doubled(from, field.rows);
    start.assign(twice_from.begin(), twice_from.end());
    add_softplus_changes(field, std::span<const Real>(double_base), this->change.location(),
                         std::span<const Real>(start), doubled(to, field.rows), out);
    double of_biases = 0;
    for (const Real value : this->change.bias) of_biases += static_cast<double>(value);
    parallel_rows(field.rows, field.cols, [&](std::size_t first, std::size_t count) {
        for (std::size_t b = first; b < first + count; ++b) {
            double sum = of_biases;
            for (const Real value : field.row(b)) sum += static_cast<double>(value);
            out[b] -= (static_cast<double>(to[b]) - static_cast<double>(from[b])) * sum;
        }
    });
}

template struct BasicSpin<float>;
template struct BasicSpin<double>;

}  // namespace rbm
