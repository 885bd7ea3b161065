// SPDX-License-Identifier: MIT
// Gaussian units on the geometric path from one bank to another.  The exponents add up, so precision and precision x
// center are interpolated:
//
//   precision(beta)  =  (1 - beta) p0 + beta p1,   center(beta)  =  ((1 - beta) p0 c0 + beta p1 c1) / precision(beta)
//
// The weights see x p1, whatever beta is: a field f of the machine moves the mean by beta p1 f / precision(beta).
#pragma once

#include "rbm/model/units/gaussian.h"

namespace rbm {

template <class Real>
struct BasicGaussianBridge {
    using Bank = BasicGaussian<Real>;

    Bank start, end;
    std::vector<Real> start_precision, end_precision;  ///< [N] p0, p1
    std::vector<Real> start_pull, end_pull;            ///< [N] p0 c0, p1 c1

    void set(const Bank& first, const Bank& last);

    /// It stays as it is: there is no flat distribution of real numbers.
    static void flatten(Bank&) {}
    /// E_own becomes beta E_own, beta > 0; the statistic is multiplied by beta.
    static void scale_energy(Bank& bank, double beta);

    Bank at(double beta) const;
    void sample(MatrixView<const Real> field, BetaOf<Real> beta, const Stream&, MatrixView<Real> out) const;
    void add_energy_change(MatrixView<const Real> state, std::span<double> out) const;
    void add_normalizer_change(MatrixView<const Real> field, BetaOf<Real> from, BetaOf<Real> to,
                               std::span<double> out) const;
};

}  // namespace rbm
