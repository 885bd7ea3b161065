// SPDX-License-Identifier: MIT
#include "rbm/model/units/gaussian.h"

#include <numbers>

#include "rbm/kernels/error.h"
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
std::span<const Real> BasicGaussian<Real>::powers_of_sigma(Real exponent) const {
    static thread_local std::vector<Real> powers;
    powers.resize(width());
    for (std::size_t i = 0; i < width(); ++i) powers[i] = std::exp(exponent * log_sigma[i]);
    return powers;
}

template <class Real>
bool BasicGaussian<Real>::location_variance(std::vector<Real>& out) const {
    out.resize(width());
    for (std::size_t i = 0; i < width(); ++i) out[i] = std::exp(2 * log_sigma[i]);
    return true;
}

template <class Real>
MatrixView<const Real> BasicGaussian<Real>::statistic(MatrixView<const Real> state, BasicMatrix<Real>& scratch) const {
    scratch.resize(state.rows, state.cols);
    scale_columns(state, powers_of_sigma(-2), scratch.view());
    return scratch.view();
}

template <class Real>
void BasicGaussian<Real>::mean(MatrixView<const Real> field, BetaOf<Real>, MatrixView<Real> out) const {
    add_vector(field, std::span<const Real>(center), out);
}

template <class Real>
void BasicGaussian<Real>::sample(MatrixView<const Real> field, BetaOf<Real> beta, const Stream& stream,
                                 MatrixView<Real> out) const {
    mean(field, beta, out);
    sample_normal(MatrixView<const Real>(out), powers_of_sigma(1), beta, stream, out);
}

template <class Real>
void BasicGaussian<Real>::add_energy(MatrixView<const Real> state, std::span<double> out) const {
    add_weighted_squares(0.5, state, std::span<const Real>(center), powers_of_sigma(-2), out);
}

template <class Real>
void BasicGaussian<Real>::add_log_normalizer(MatrixView<const Real> field, BetaOf<Real> beta,
                                             std::span<double> out) const {
    // integral of exp(-beta ((x-c)^2 / 2 - x f) / sigma^2) = sqrt(2 pi sigma^2 / beta) exp(beta (c f + f^2 / 2) /
    // sigma^2)
    double log_volume = 0;
    for (const Real s : log_sigma) log_volume += static_cast<double>(s) + 0.5 * std::log(2 * std::numbers::pi);
    const auto factors = powers_of_sigma(-2);
    for (std::size_t b = 0; b < field.rows; ++b) {
        double exponent = 0;
        for (std::size_t i = 0; i < width(); ++i) {
            const double f = static_cast<double>(field.row(b)[i]);
            exponent += f * (static_cast<double>(center[i]) + 0.5 * f) * static_cast<double>(factors[i]);
        }
        const double inverse_temperature = static_cast<double>(reference::row_value(beta, b));
        out[b] += log_volume - 0.5 * static_cast<double>(width()) * std::log(inverse_temperature) +
                  inverse_temperature * exponent;
    }
}

template <class Real>
void BasicGaussian<Real>::add_log_probability(MatrixView<const Real> state, MatrixView<const Real> mean,
                                              std::span<double> out) const {
    for (std::size_t b = 0; b < state.rows; ++b)
        for (std::size_t i = 0; i < width(); ++i) {
            const double log_deviation = static_cast<double>(log_sigma[i]);
            const double z =
                (static_cast<double>(state.row(b)[i]) - static_cast<double>(mean.row(b)[i])) * std::exp(-log_deviation);
            out[b] -= 0.5 * z * z + log_deviation + 0.5 * std::log(2 * std::numbers::pi);
        }
}

template <class Real>
void BasicGaussian<Real>::add_gradient(MatrixView<const Real> state, std::span<const Real> row_weights,
                                       BasicGaussian& gradient) const {
    // dE/dcenter = -(x - c) / sigma^2 and dE/dlog_sigma = -(x - c)^2 / sigma^2.
    static thread_local std::vector<double> moments;
    moments.assign(2 * width(), 0.0);
    const auto distances = std::span(moments).first(width()), squares = std::span(moments).subspan(width());
    add_column_moments(state, std::span<const Real>(center), row_weights, distances, squares);
    const auto factors = powers_of_sigma(-2);
    for (std::size_t i = 0; i < width(); ++i) {
        gradient.center[i] -= static_cast<Real>(distances[i] * static_cast<double>(factors[i]));
        gradient.log_sigma[i] -= static_cast<Real>(squares[i] * static_cast<double>(factors[i]));
    }
}

template <class Real>
void BasicGaussian<Real>::add_coupling(std::span<const double> coupling, BasicGaussian& gradient) const {
    for (std::size_t i = 0; i < width(); ++i) gradient.log_sigma[i] += static_cast<Real>(2 * coupling[i]);
}

template <class Real>
void BasicGaussian<Real>::add_expected_gradient(MatrixView<const Real> field, MatrixView<const Real> mean,
                                                std::span<const Real> row_weights, BasicGaussian& gradient) const {
    // The expectation of (x - c)^2 / sigma^2 - 2 statistic(x) field is 1 plus its value at the mean.
    static thread_local std::vector<double> coupling;
    coupling.assign(width(), 0.0);
    const auto factors = powers_of_sigma(-2);
    double total = 0;
    for (std::size_t b = 0; b < field.rows; ++b) {
        const double weight = static_cast<double>(row_weights[b]);
        total += weight;
        for (std::size_t i = 0; i < width(); ++i)
            coupling[i] += weight * static_cast<double>(mean.row(b)[i]) * static_cast<double>(field.row(b)[i]) *
                           static_cast<double>(factors[i]);
    }
    add_gradient(mean, row_weights, gradient);
    add_coupling(coupling, gradient);
    for (std::size_t i = 0; i < width(); ++i) gradient.log_sigma[i] -= static_cast<Real>(total);
}

template <class Real>
void BasicGaussian<Real>::score(MatrixView<const Real> state, MatrixView<const Real> field,
                                MatrixView<Real> out) const {
    const auto factors = powers_of_sigma(-2);
    for (std::size_t b = 0; b < state.rows; ++b)
        for (std::size_t i = 0; i < width(); ++i)
            out.row(b)[i] = (center[i] + field.row(b)[i] - state.row(b)[i]) * factors[i];
}

template <class Real>
void BasicGaussian<Real>::add_score_gradient(MatrixView<const Real> state, MatrixView<const Real> along,
                                             std::span<const double> curvature, BasicGaussian& gradient) const {
    // score = (c - x) / sigma^2, and its derivative in x is -1 / sigma^2.
    const auto factors = powers_of_sigma(-2);
    static thread_local std::vector<double> moments;
    moments.assign(2 * width(), 0.0);
    const auto sums = std::span(moments).first(width()), products = std::span(moments).subspan(width());
    for (std::size_t b = 0; b < state.rows; ++b)
        for (std::size_t i = 0; i < width(); ++i) {
            const double a = static_cast<double>(along.row(b)[i]);
            sums[i] += a;
            products[i] += a * (static_cast<double>(state.row(b)[i]) - static_cast<double>(center[i]));
        }
    for (std::size_t i = 0; i < width(); ++i) {
        const double factor = static_cast<double>(factors[i]);
        gradient.center[i] += static_cast<Real>(factor * sums[i]);
        gradient.log_sigma[i] += static_cast<Real>(2 * factor * (products[i] + curvature[i]));
    }
}

template <class Real>
void BasicGaussian<Real>::fit_marginals(std::span<const double> means, std::span<const double> variances, std::size_t) {
    for (std::size_t i = 0; i < width(); ++i) {
        center[i] = static_cast<Real>(means[i]);
        log_sigma[i] = variances[i] > 0 ? static_cast<Real>(0.5 * std::log(variances[i])) : Real{0};
    }
}

template <class Real>
IntegrationGrid BasicGaussian<Real>::integration_grid(double reach) const {
    if (width() != 1) throw Unsupported("an integration grid of more than one gaussian unit");
    // The rule of equal steps errs by exp(-2 pi^2 sigma^2 / step^2) on a Gaussian: 1e-137 at a quarter of sigma.
    const double sigma = std::exp(static_cast<double>(log_sigma[0])), step = sigma / 4;
    const double half = reach + 12 * sigma;
    const auto points = static_cast<std::size_t>(std::min(2 * half / step, 0x1p22)) + 1;
    IntegrationGrid grid{{}, std::log(step)};
    for (std::size_t i = 0; i < points; ++i)
        grid.points.push_back(static_cast<double>(center[0]) - half + static_cast<double>(i) * step);
    return grid;
}

template <class Real>
void BasicGaussian<Real>::Path::set(const BasicGaussian& first, const BasicGaussian& last) {
    start = first;
    end = last;
    natural_parameters(first, start_precision, start_pull);
    natural_parameters(last, end_precision, end_pull);
}

template <class Real>
void BasicGaussian<Real>::Path::scale_energy(BasicGaussian& bank, double beta) {
    for (Real& value : bank.log_sigma) value = static_cast<Real>(static_cast<double>(value) - 0.5 * std::log(beta));
}

template <class Real>
auto BasicGaussian<Real>::Path::at(double beta) const -> BasicGaussian {
    BasicGaussian bank(start.width());
    const Real b = static_cast<Real>(beta), rest = static_cast<Real>(1 - beta);
    for (std::size_t i = 0; i < bank.width(); ++i) {
        const Real precision = rest * start_precision[i] + b * end_precision[i];
        bank.center[i] = (rest * start_pull[i] + b * end_pull[i]) / precision;
        bank.log_sigma[i] = Real{-0.5} * std::log(precision);
    }
    return bank;
}

template <class Real>
void BasicGaussian<Real>::Path::sample(MatrixView<const Real> field, BetaOf<Real> beta, const Stream& stream,
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
void BasicGaussian<Real>::Path::add_energy_change(MatrixView<const Real> state, std::span<double> out) const {
    add_weighted_squares(0.5, state, std::span<const Real>(end.center), std::span<const Real>(end_precision), out);
    add_weighted_squares(-0.5, state, std::span<const Real>(start.center), std::span<const Real>(start_precision), out);
}

template <class Real>
void BasicGaussian<Real>::Path::add_normalizer_change(MatrixView<const Real> field, BetaOf<Real> from, BetaOf<Real> to,
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

template struct BasicGaussian<float>;
template struct BasicGaussian<double>;

}  // namespace rbm
