// SPDX-License-Identifier: MIT
// One name per kernel for both number types: float runs on the backend in use, double on the reference loops
// (softplus sums, logistic and softmax on faster ones, which exact log Z and its gradient live on).
#pragma once

#include "rbm/kernels/backend.h"
#include "rbm/kernels/reference.h"
#include "rbm/kernels/softplus_sums.h"

namespace rbm {

using DoubleView = MatrixView<double>;
using ConstDoubleView = MatrixView<const double>;
using Doubles = std::span<const double>;

inline void multiply(ConstView a, ConstView w, View out) { backend().multiply(a, w, out); }
inline void multiply_transposed(ConstView a, ConstView w, View out) { backend().multiply_transposed(a, w, out); }
/// By the prepared weights where they hold w.
inline void multiply(ConstView a, ConstView w, const PreparedWeights& prepared, View out) {
    if (prepared.holds(w))
        backend().multiply_prepared(a, prepared, out);
    else
        backend().multiply(a, w, out);
}
inline void multiply_transposed(ConstView a, ConstView w, const PreparedWeights& prepared, View out) {
    if (prepared.holds(w))
        backend().multiply_prepared_transposed(a, prepared, out);
    else
        backend().multiply_transposed(a, w, out);
}
inline void add_outer(const OuterProduct& product, View out) { backend().add_outer(product, out); }
inline void logistic(ConstView field, Floats bias, Floats beta, View out) {
    backend().logistic(field, bias, beta, out);
}
inline void sample_logistic(ConstView field, Floats bias, Floats beta, const Stream& stream, View out) {
    backend().sample_logistic(field, bias, beta, stream, out);
}
inline void add_softplus_sums(ConstView field, Floats bias, Floats beta, Sums out) {
    backend().add_softplus_sums(field, bias, beta, out);
}
inline void sample_tempered_logistic(ConstView field, Floats base, Floats change, Floats beta, const Stream& stream,
                                     View out) {
    backend().sample_tempered_logistic(field, base, change, beta, stream, out);
}
inline void add_softplus_changes(ConstView field, Floats base, Floats change, Floats from, Floats to, Sums out) {
    backend().add_softplus_changes(field, base, change, from, to, out);
}
inline void softmax(const CategoricalField<float>& input, View out) { backend().softmax(input, out); }
inline void sample_softmax(const CategoricalField<float>& input, const Stream& stream, View out) {
    backend().sample_softmax(input, stream, out);
}
inline void add_log_sum_exps(double scale, const CategoricalField<float>& input, Sums out) {
    backend().add_log_sum_exps(scale, input, out);
}
inline void sample_normal(ConstView mean, Floats deviation, Floats beta, const Stream& stream, View out) {
    backend().sample_normal(mean, deviation, beta, stream, out);
}
inline void add_dots(double scale, ConstView a, Floats vector, Sums out) { backend().add_dots(scale, a, vector, out); }
inline void add_row_dots(double scale, ConstView a, ConstView c, Sums out) { backend().add_row_dots(scale, a, c, out); }
inline void add_weighted_squares(double scale, ConstView a, Floats center, Floats precision, Sums out) {
    backend().add_weighted_squares(scale, a, center, precision, out);
}
inline void add_column_sums(double scale, ConstView a, Floats row_weights, std::span<float> out) {
    backend().add_column_sums(scale, a, row_weights, out);
}
inline void add_column_moments(ConstView a, Floats center, Floats row_weights, Sums first, Sums second) {
    backend().add_column_moments(a, center, row_weights, first, second);
}
inline void add_vector(ConstView a, Floats vector, View out) { backend().add_vector(a, vector, out); }
inline void scale_columns(ConstView a, Floats factors, View out) { backend().scale_columns(a, factors, out); }
inline void add(ConstView a, ConstView b, View out) { backend().add(a, b, out); }
inline void approach(float rate, ConstView goal, View out) { backend().approach(rate, goal, out); }
inline void scale_rows(float scale, Floats factors, View out) { backend().scale_rows(scale, factors, out); }
inline void add_group_sums(ConstView a, Floats row_weights, View out) { backend().add_group_sums(a, row_weights, out); }

inline void multiply(ConstDoubleView a, ConstDoubleView w, DoubleView out) { reference::multiply(a, w, out); }
inline void multiply_transposed(ConstDoubleView a, ConstDoubleView w, DoubleView out) {
    reference::multiply_transposed(a, w, out);
}
/// Double weights are never prepared.
inline void multiply(ConstDoubleView a, ConstDoubleView w, const PreparedWeights&, DoubleView out) {
    reference::multiply(a, w, out);
}
inline void multiply_transposed(ConstDoubleView a, ConstDoubleView w, const PreparedWeights&, DoubleView out) {
    reference::multiply_transposed(a, w, out);
}
inline void add_outer(const BasicOuterProduct<double>& product, DoubleView out) { reference::add_outer(product, out); }
inline void logistic(ConstDoubleView field, Doubles bias, Doubles beta, DoubleView out) {
    vectorized::logistic(field, bias, beta, out);
}
inline void sample_logistic(ConstDoubleView field, Doubles bias, Doubles beta, const Stream& stream, DoubleView out) {
    reference::sample_logistic(field, bias, beta, stream, out);
}
inline void add_softplus_sums(ConstDoubleView field, Doubles bias, Doubles beta, Sums out) {
    vectorized::add_softplus_sums(field, bias, beta, out);
}
inline void sample_tempered_logistic(ConstDoubleView field, Doubles base, Doubles change, Doubles beta,
                                     const Stream& stream, DoubleView out) {
    reference::sample_tempered_logistic(field, base, change, beta, stream, out);
}
inline void add_softplus_changes(ConstDoubleView field, Doubles base, Doubles change, Doubles from, Doubles to,
                                 Sums out) {
    reference::add_softplus_changes(field, base, change, from, to, out);
}
inline void softmax(const CategoricalField<double>& input, DoubleView out) { threaded::softmax(input, out); }
inline void sample_softmax(const CategoricalField<double>& input, const Stream& stream, DoubleView out) {
    threaded::sample_softmax(input, stream, out);
}
inline void add_log_sum_exps(double scale, const CategoricalField<double>& input, Sums out) {
    threaded::add_log_sum_exps(scale, input, out);
}
inline void sample_normal(ConstDoubleView mean, Doubles deviation, Doubles beta, const Stream& stream, DoubleView out) {
    reference::sample_normal(mean, deviation, beta, stream, out);
}
inline void add_dots(double scale, ConstDoubleView a, Doubles vector, Sums out) {
    reference::add_dots(scale, a, vector, out);
}
inline void add_row_dots(double scale, ConstDoubleView a, ConstDoubleView c, Sums out) {
    reference::add_row_dots(scale, a, c, out);
}
inline void add_weighted_squares(double scale, ConstDoubleView a, Doubles center, Doubles precision, Sums out) {
    reference::add_weighted_squares(scale, a, center, precision, out);
}
inline void add_column_sums(double scale, ConstDoubleView a, Doubles row_weights, std::span<double> out) {
    reference::add_column_sums(scale, a, row_weights, out);
}
inline void add_column_moments(ConstDoubleView a, Doubles center, Doubles row_weights, Sums first, Sums second) {
    reference::add_column_moments(a, center, row_weights, first, second);
}
inline void add_vector(ConstDoubleView a, Doubles vector, DoubleView out) { reference::add_vector(a, vector, out); }
inline void scale_columns(ConstDoubleView a, Doubles factors, DoubleView out) {
    reference::scale_columns(a, factors, out);
}
inline void add(ConstDoubleView a, ConstDoubleView b, DoubleView out) { reference::add(a, b, out); }
inline void approach(double rate, ConstDoubleView goal, DoubleView out) { reference::approach(rate, goal, out); }
inline void scale_rows(double scale, Doubles factors, DoubleView out) { reference::scale_rows(scale, factors, out); }
inline void add_group_sums(ConstDoubleView a, Doubles row_weights, DoubleView out) {
    reference::add_group_sums(a, row_weights, out);
}

}  // namespace rbm
