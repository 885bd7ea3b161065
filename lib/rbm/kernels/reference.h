// SPDX-License-Identifier: MIT
// The oracle: every kernel as the plainest right loop, for float and double, with sums in double.
//
// Shapes: a, field, out are [B x N] unless said; beta and row_weights have one value per row, or none for 1.
// The fast kernels of a Backend are tested against these; double machines run on these alone.
#pragma once

#include <cmath>
#include <span>

#include "rbm/kernels/categorical.h"
#include "rbm/kernels/closed_state.h"
#include "rbm/kernels/matrix.h"
#include "rbm/kernels/random.h"
#include "rbm/kernels/scalar.h"
#include "rbm/kernels/weight_update.h"

namespace rbm::reference {

template <class Real>
Real row_value(std::span<const Real> values, std::size_t row) {
    return values.empty() ? Real{1} : values[row];
}

/// out = a w.  a [B x K], w [K x N], out [B x N].
template <class Real>
void multiply(MatrixView<const Real> a, MatrixView<const Real> w, MatrixView<Real> out) {
    std::vector<double> sums(out.cols);
    for (std::size_t b = 0; b < a.rows; ++b) {
        std::fill(sums.begin(), sums.end(), 0.0);
        for (std::size_t k = 0; k < a.cols; ++k) {
            const double factor = static_cast<double>(a.row(b)[k]);
            const auto row = w.row(k);
            for (std::size_t n = 0; n < out.cols; ++n) sums[n] += factor * static_cast<double>(row[n]);
        }
        for (std::size_t n = 0; n < out.cols; ++n) out.row(b)[n] = static_cast<Real>(sums[n]);
    }
}

/// out = a w^T.  a [B x K], w [N x K], out [B x N].
template <class Real>
void multiply_transposed(MatrixView<const Real> a, MatrixView<const Real> w, MatrixView<Real> out) {
    for (std::size_t b = 0; b < a.rows; ++b)
        for (std::size_t n = 0; n < out.cols; ++n) {
            double sum = 0;
            for (std::size_t k = 0; k < a.cols; ++k)
                sum += static_cast<double>(a.row(b)[k]) * static_cast<double>(w.row(n)[k]);
            out.row(b)[n] = static_cast<Real>(sum);
        }
}

/// out += product.  out [M x N] for left [B x M] and right [B x N].
template <class Real>
void add_outer(const BasicOuterProduct<Real>& product, MatrixView<Real> out) {
    for (std::size_t m = 0; m < out.rows; ++m)
        for (std::size_t n = 0; n < out.cols; ++n) {
            double sum = 0;
            for (std::size_t b = 0; b < product.left.rows; ++b)
                sum += static_cast<double>(row_value(product.row_weights, b)) *
                       static_cast<double>(product.left.row(b)[m]) * static_cast<double>(product.right.row(b)[n]);
            out.row(m)[n] += static_cast<Real>(static_cast<double>(product.scale) * sum);
        }
}

/// out = logistic(beta (field + bias)).
template <class Real>
void logistic(MatrixView<const Real> field, std::span<const Real> bias, std::span<const Real> beta,
              MatrixView<Real> out) {
    for (std::size_t b = 0; b < field.rows; ++b)
        for (std::size_t n = 0; n < field.cols; ++n)
            out.row(b)[n] = rbm::logistic(row_value(beta, b) * (field.row(b)[n] + bias[n]));
}

/// out = 1 with probability logistic(beta (field + bias)), else 0.
template <class Real>
void sample_logistic(MatrixView<const Real> field, std::span<const Real> bias, std::span<const Real> beta,
                     const Stream& stream, MatrixView<Real> out) {
    for (std::size_t b = 0; b < field.rows; ++b)
        for (std::size_t n = 0; n < field.cols; ++n) {
            const Real probability = rbm::logistic(row_value(beta, b) * (field.row(b)[n] + bias[n]));
            const Real uniform = static_cast<Real>(uniform_from_bits(random_bits(stream, b, n)));
            // A NaN must not turn into a healthy 0.
            out.row(b)[n] = std::isnan(probability) ? probability : static_cast<Real>(uniform < probability);
        }
}

/// out[b] += sum over n of softplus(beta (field + bias)).
template <class Real>
void add_softplus_sums(MatrixView<const Real> field, std::span<const Real> bias, std::span<const Real> beta,
                       std::span<double> out) {
    for (std::size_t b = 0; b < field.rows; ++b) {
        double sum = 0;
        for (std::size_t n = 0; n < field.cols; ++n)
            sum += static_cast<double>(softplus(row_value(beta, b) * (field.row(b)[n] + bias[n])));
        out[b] += sum;
    }
}

/// out = mean + deviation z / sqrt(beta), z standard normal.  mean may be out.
template <class Real>
void sample_normal(MatrixView<const Real> mean, std::span<const Real> deviation, std::span<const Real> beta,
                   const Stream& stream, MatrixView<Real> out) {
    for (std::size_t b = 0; b < mean.rows; ++b) {
        const Real shrink = 1 / std::sqrt(row_value(beta, b));
        for (std::size_t n = 0; n < mean.cols; ++n)
            out.row(b)[n] = mean.row(b)[n] + deviation[n] * shrink * static_cast<Real>(normal_at(stream, b, n));
    }
}

/// out[b] += scale sum over n of a[b, n] vector[n].
template <class Real>
void add_dots(double scale, MatrixView<const Real> a, std::span<const Real> vector, std::span<double> out) {
    for (std::size_t b = 0; b < a.rows; ++b) {
        double sum = 0;
        for (std::size_t n = 0; n < a.cols; ++n)
            sum += static_cast<double>(a.row(b)[n]) * static_cast<double>(vector[n]);
        out[b] += scale * sum;
    }
}

/// out[b] += scale sum over n of a[b, n] c[b, n].
template <class Real>
void add_row_dots(double scale, MatrixView<const Real> a, MatrixView<const Real> c, std::span<double> out) {
    for (std::size_t b = 0; b < a.rows; ++b) {
        double sum = 0;
        for (std::size_t n = 0; n < a.cols; ++n)
            sum += static_cast<double>(a.row(b)[n]) * static_cast<double>(c.row(b)[n]);
        out[b] += scale * sum;
    }
}

/// out[b] += scale sum over n of (a[b, n] - center[n])^2 precision[n].
template <class Real>
void add_weighted_squares(double scale, MatrixView<const Real> a, std::span<const Real> center,
                          std::span<const Real> precision, std::span<double> out) {
    for (std::size_t b = 0; b < a.rows; ++b) {
        double sum = 0;
        for (std::size_t n = 0; n < a.cols; ++n) {
            const double distance = static_cast<double>(a.row(b)[n]) - static_cast<double>(center[n]);
            sum += distance * distance * static_cast<double>(precision[n]);
        }
        out[b] += scale * sum;
    }
}

/// out[n] += scale sum over rows of row_weights[b] a[b, n].
template <class Real>
void add_column_sums(double scale, MatrixView<const Real> a, std::span<const Real> row_weights, std::span<Real> out) {
    for (std::size_t n = 0; n < a.cols; ++n) {
        double sum = 0;
        for (std::size_t b = 0; b < a.rows; ++b)
            sum += static_cast<double>(row_value(row_weights, b)) * static_cast<double>(a.row(b)[n]);
        out[n] += static_cast<Real>(scale * sum);
    }
}

/// first[n] += sum over rows of row_weights[b] (a[b, n] - center[n]), second[n] likewise of its square.
template <class Real>
void add_column_moments(MatrixView<const Real> a, std::span<const Real> center, std::span<const Real> row_weights,
                        std::span<double> first, std::span<double> second) {
    for (std::size_t n = 0; n < a.cols; ++n)
        for (std::size_t b = 0; b < a.rows; ++b) {
            const double distance = static_cast<double>(a.row(b)[n]) - static_cast<double>(center[n]);
            const double weight = static_cast<double>(row_value(row_weights, b));
            first[n] += weight * distance;
            second[n] += weight * distance * distance;
        }
}

/// out = a + vector in each row.
template <class Real>
void add_vector(MatrixView<const Real> a, std::span<const Real> vector, MatrixView<Real> out) {
    for (std::size_t b = 0; b < a.rows; ++b)
        for (std::size_t n = 0; n < a.cols; ++n) out.row(b)[n] = a.row(b)[n] + vector[n];
}

/// out = a with column n multiplied by factors[n].
template <class Real>
void scale_columns(MatrixView<const Real> a, std::span<const Real> factors, MatrixView<Real> out) {
    for (std::size_t b = 0; b < a.rows; ++b)
        for (std::size_t n = 0; n < a.cols; ++n) out.row(b)[n] = a.row(b)[n] * factors[n];
}

/// out = 1 with probability logistic(base + beta (field + change)), else 0: at beta 0 it knows no field.  base and
/// change are [N], beta has one value per row.
template <class Real>
void sample_tempered_logistic(MatrixView<const Real> field, std::span<const Real> base, std::span<const Real> change,
                              std::span<const Real> beta, const Stream& stream, MatrixView<Real> out) {
    for (std::size_t b = 0; b < field.rows; ++b)
        for (std::size_t n = 0; n < field.cols; ++n) {
            const Real probability = rbm::logistic(base[n] + beta[b] * (field.row(b)[n] + change[n]));
            const Real uniform = static_cast<Real>(uniform_from_bits(random_bits(stream, b, n)));
            out.row(b)[n] = std::isnan(probability) ? probability : static_cast<Real>(uniform < probability);
        }
}

/// out[b] += sum over n of softplus(base + to[b] (field + change)) - softplus(base + from[b] (field + change)).
template <class Real>
void add_softplus_changes(MatrixView<const Real> field, std::span<const Real> base, std::span<const Real> change,
                          std::span<const Real> from, std::span<const Real> to, std::span<double> out) {
    for (std::size_t b = 0; b < field.rows; ++b) {
        double sum = 0;
        for (std::size_t n = 0; n < field.cols; ++n) {
            const double start = static_cast<double>(base[n]);
            const double slope = static_cast<double>(field.row(b)[n]) + static_cast<double>(change[n]);
            sum += softplus(start + static_cast<double>(to[b]) * slope) -
                   softplus(start + static_cast<double>(from[b]) * slope);
        }
        out[b] += sum;
    }
}

/// x_n of categorical.h.
template <class Number, class Real>
Number categorical_logarithm(const CategoricalField<Real>& input, std::size_t row, std::size_t n) {
    if (closes(input.change[n])) return static_cast<Number>(input.change[n]);
    const Number base = input.base.empty() ? 0 : static_cast<Number>(input.base[n]);
    return base + static_cast<Number>(row_value(input.beta, row)) *
                      (static_cast<Number>(input.field.row(row)[n]) + static_cast<Number>(input.change[n]));
}

/// out[b, n] = exp(x_n) over its sum in n's site; out may be the field.
template <class Real>
void softmax(const CategoricalField<Real>& input, MatrixView<Real> out) {
    std::vector<double> x(input.states);
    for (std::size_t b = 0; b < out.rows; ++b)
        for (std::size_t first = 0; first < out.cols; first += input.states) {
            for (std::size_t k = 0; k < input.states; ++k)
                x[k] = static_cast<double>(categorical_logarithm<Real>(input, b, first + k));
            const double all = rbm::log_sum_exp(x);
            for (std::size_t k = 0; k < input.states; ++k)
                out.row(b)[first + k] = static_cast<Real>(std::exp(x[k] - all));
        }
}

/// out = one column of each site 1, chosen with those probabilities, and its others 0; out may be the field.  A site
/// with a NaN is NaN.  One uniform of 24 bits per site: states rarer than 1e-7 are drawn never or too often.
template <class Real>
void sample_softmax(const CategoricalField<Real>& input, const Stream& stream, MatrixView<Real> out) {
    softmax(input, out);
    for (std::size_t b = 0; b < out.rows; ++b)
        for (std::size_t first = 0; first < out.cols; first += input.states) {
            const auto site = out.row(b).subspan(first, input.states);
            const double uniform = static_cast<double>(uniform_from_bits(random_bits(stream, b, first / input.states)));
            double below = 0;
            std::size_t chosen = 0;
            // Rounding may leave the uniform above all partial sums: then the last state that can be.
            for (std::size_t k = 0; k < site.size() && uniform >= below; ++k) {
                if (site[k] > 0) chosen = k;
                below += static_cast<double>(site[k]);
            }
            for (std::size_t k = 0; k < site.size(); ++k)
                site[k] = std::isnan(site[k]) ? site[k] : static_cast<Real>(k == chosen);
        }
}

/// out[b] += scale sum over sites of log sum over states of exp(x).
template <class Real>
void add_log_sum_exps(double scale, const CategoricalField<Real>& input, std::span<double> out) {
    std::vector<double> x(input.states);
    for (std::size_t b = 0; b < input.field.rows; ++b) {
        double total = 0;
        for (std::size_t first = 0; first < input.field.cols; first += input.states) {
            for (std::size_t k = 0; k < input.states; ++k) x[k] = categorical_logarithm<double>(input, b, first + k);
            total += rbm::log_sum_exp(x);
        }
        out[b] += scale * total;
    }
}

/// out = a + b.
template <class Real>
void add(MatrixView<const Real> a, MatrixView<const Real> b, MatrixView<Real> out) {
    for (std::size_t r = 0; r < out.rows; ++r)
        for (std::size_t n = 0; n < out.cols; ++n) out.row(r)[n] = a.row(r)[n] + b.row(r)[n];
}

/// out += rate (goal - out).
template <class Real>
void approach(Real rate, MatrixView<const Real> goal, MatrixView<Real> out) {
    for (std::size_t r = 0; r < out.rows; ++r)
        for (std::size_t n = 0; n < out.cols; ++n) out.row(r)[n] += rate * (goal.row(r)[n] - out.row(r)[n]);
}

/// Row b of out is multiplied by scale factors[b]; no factors are ones.
template <class Real>
void scale_rows(Real scale, std::span<const Real> factors, MatrixView<Real> out) {
    for (std::size_t b = 0; b < out.rows; ++b)
        for (Real& value : out.row(b)) value *= scale * row_value(factors, b);
}

/// out[b] += sum over c of row_weights[c B + b] a[c B + b], for out [B x N] and a [C B x N].
template <class Real>
void add_group_sums(MatrixView<const Real> a, std::span<const Real> row_weights, MatrixView<Real> out) {
    for (std::size_t b = 0; b < out.rows; ++b)
        for (std::size_t n = 0; n < out.cols; ++n) {
            double sum = 0;
            for (std::size_t row = b; row < a.rows; row += out.rows)
                sum += static_cast<double>(row_value(row_weights, row)) * static_cast<double>(a.row(row)[n]);
            out.row(b)[n] += static_cast<Real>(sum);
        }
}

}  // namespace rbm::reference
