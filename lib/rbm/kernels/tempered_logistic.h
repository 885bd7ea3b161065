// SPDX-License-Identifier: MIT
// Logistic units on the way from one bias to another: their argument at inverse temperature beta is
//
//   x  =  base + beta (field + change)
//
// which at beta 0 knows no field.  Shapes: field, out [B x N]; base, change [N]; beta, from, to [B], one per row.
// The plain loops run where the backend in use is the reference, and for double; else the best instructions there are.
#pragma once

#include <span>

#include "rbm/kernels/matrix.h"
#include "rbm/kernels/random.h"
#include "rbm/kernels/scalar.h"

namespace rbm {

namespace reference {

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

}  // namespace reference

namespace vectorized {

void sample_tempered_logistic(MatrixView<const float> field, std::span<const float> base, std::span<const float> change,
                              std::span<const float> beta, const Stream& stream, MatrixView<float> out);
void add_softplus_changes(MatrixView<const float> field, std::span<const float> base, std::span<const float> change,
                          std::span<const float> from, std::span<const float> to, std::span<double> out);

}  // namespace vectorized

/// out = 1 with probability logistic(x), else 0; out may be field.
void sample_tempered_logistic(MatrixView<const float> field, std::span<const float> base, std::span<const float> change,
                              std::span<const float> beta, const Stream& stream, MatrixView<float> out);
inline void sample_tempered_logistic(MatrixView<const double> field, std::span<const double> base,
                                     std::span<const double> change, std::span<const double> beta, const Stream& stream,
                                     MatrixView<double> out) {
    reference::sample_tempered_logistic(field, base, change, beta, stream, out);
}

/// out[b] += sum over n of softplus(x at to[b]) - softplus(x at from[b]), to 1e-6 of the sum of their sizes: what close
/// temperatures leave of large terms is not lost.
void add_softplus_changes(MatrixView<const float> field, std::span<const float> base, std::span<const float> change,
                          std::span<const float> from, std::span<const float> to, std::span<double> out);
inline void add_softplus_changes(MatrixView<const double> field, std::span<const double> base,
                                 std::span<const double> change, std::span<const double> from,
                                 std::span<const double> to, std::span<double> out) {
    reference::add_softplus_changes(field, base, change, from, to, out);
}

}  // namespace rbm
