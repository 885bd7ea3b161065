// SPDX-License-Identifier: MIT
// Softmax in groups: columns come in sites of `states` each, of which one is chosen.  At inverse temperature beta
// column n has the logarithm
//
//   x_n  =  base_n + beta (field_n + change_n)
//
// up to what its whole site shares.  Shapes: field, out [B x N], N a multiple of states; base [N], or none for 0;
// change [N]; beta [B], or none for 1.
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

namespace threaded {

/// As reference::softmax, sample_softmax and add_log_sum_exps, the rows shared out among the threads; in Real but for
/// the logarithms, which are in double.
template <class Real>
void softmax(const CategoricalField<Real>& input, MatrixView<Real> out);
template <class Real>
void sample_softmax(const CategoricalField<Real>& input, const Stream& stream, MatrixView<Real> out);
template <class Real>
void add_log_sum_exps(double scale, const CategoricalField<Real>& input, std::span<double> out);

}  // namespace threaded

}  // namespace rbm
