// SPDX-License-Identifier: MIT
#include "rbm/model/units/biased_units.h"

#include "rbm/kernels/ops.h"

namespace rbm {

template <class Real>
void BiasedUnits<Real>::add_energy(MatrixView<const Real> state, std::span<double> out) const {
    add_dots(-1.0, state, std::span<const Real>(bias), out);
}

template <class Real>
void BiasedUnits<Real>::add_gradient(MatrixView<const Real> state, std::span<const Real> row_weights,
                                     BiasedUnits& gradient) const {
    add_column_sums(-1.0, state, row_weights, std::span<Real>(gradient.bias));
}

template struct BiasedUnits<float>;
template struct BiasedUnits<double>;

}  // namespace rbm
