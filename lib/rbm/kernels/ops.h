// SPDX-License-Identifier: MIT
// One name per kernel for both number types: float runs on the backend in use, double on the reference loops
// (softplus sums and logistic on faster ones, which exact log Z and its gradient live on).
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
/// By the packed weights where they hold w.
inline void multiply(ConstView a, ConstView w, const PackedWeights& packed, View out) {
    if (packed.holds(w))
        backend().multiply_packed(a, packed, out);
    else
        backend().multiply(a, w, out);
}
inline void multiply_transposed(ConstView a, ConstView w, const PackedWeights& packed, View out) {
    if (packed.holds(w))
        backend().multiply_packed_transposed(a, packed, out);
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

inline void multiply(ConstDoubleView a, ConstDoubleView w, DoubleView out) { reference::multiply(a, w, out); }
inline void multiply_transposed(ConstDoubleView a, ConstDoubleView w, DoubleView out) {
    reference::multiply_transposed(a, w, out);
}
/// Double weights are never packed.
inline void multiply(ConstDoubleView a, ConstDoubleView w, const PackedWeights&, DoubleView out) {
    reference::multiply(a, w, out);
}
inline void multiply_transposed(ConstDoubleView a, ConstDoubleView w, const PackedWeights&, DoubleView out) {
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

}  // namespace rbm
