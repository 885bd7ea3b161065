// SPDX-License-Identifier: MIT
// Potts units on the geometric path from one bank to another: the bias is interpolated, the field is scaled.
#pragma once

#include "rbm/model/units/potts.h"

namespace rbm {

template <class Real>
struct BasicPottsBridge {
    using Bank = BasicPotts<Real>;

    std::vector<Real> base;    ///< [N] bias at beta 0
    std::vector<Real> change;  ///< [N] bias at beta 1, less that
    std::size_t states = 2;

    /// Throws InvalidArgument when the two have other numbers of states.
    void set(const Bank& start, const Bank& end);

    /// All states alike: bias 0.
    static void flatten(Bank& bank) { bank.bias.assign(bank.width(), Real{0}); }
    /// E_own becomes beta E_own; the statistic stays.
    static void scale_energy(Bank& bank, double beta);

    Bank at(double beta) const;
    void sample(MatrixView<const Real> field, BetaOf<Real> beta, const Stream&, MatrixView<Real> out) const;
    void add_energy_change(MatrixView<const Real> state, std::span<double> out) const;
    void add_normalizer_change(MatrixView<const Real> field, BetaOf<Real> from, BetaOf<Real> to,
                               std::span<double> out) const;

  private:
    CategoricalField<Real> input(MatrixView<const Real> field, BetaOf<Real> beta) const {
        return {field, base, change, beta, states};
    }
};

}  // namespace rbm
