// SPDX-License-Identifier: MIT
// Softmax in groups: columns come in sites of `states` each, of which one is chosen.  At inverse temperature beta
// column n has the logarithm
//
//   x_n  =  base_n + beta (field_n + change_n)
//
// up to what its whole site shares.  Shapes: field, out [B x N], N a multiple of states; base [N], or none for 0;
// change [N]; beta [B], or none for 1.  Plain loops over the rows, which the threads share; the same bytes for any
// number.
#pragma once

#include <span>

#include "rbm/kernels/matrix.h"
#include "rbm/kernels/random.h"

namespace rbm {

template <class Real>
struct CategoricalField {
    MatrixView<const Real> field;
    std::span<const Real> base, change, beta;
    std::size_t states = 0;
};

/// out[b, n] = exp(x_n) over its sum in n's site; out may be the field.
template <class Real>
void softmax(const CategoricalField<Real>& input, MatrixView<Real> out);

/// out = one column of each site 1, chosen with those probabilities, and its others 0; out may be the field.  A site
/// with a NaN is NaN.  One uniform of 24 bits per site: states rarer than 1e-7 are drawn never or too often.
template <class Real>
void sample_softmax(const CategoricalField<Real>& input, const Stream& stream, MatrixView<Real> out);

/// out[b] += scale sum over sites of log sum over states of exp(x), in double.
template <class Real>
void add_log_sum_exps(double scale, const CategoricalField<Real>& input, std::span<double> out);

}  // namespace rbm
