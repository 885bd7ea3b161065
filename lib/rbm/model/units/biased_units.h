// SPDX-License-Identifier: MIT
// What kinds share that have a bias for each column and no other parameter:
//
//   E_own(x)      =  -sum_i bias_i x_i
//   statistic(x)  =  x
//
// Such a kind adds what depends on its states: their list, mean, sample, the normaliser, and the last two along a path.
// Shapes: B rows of a batch, N columns of a bank.  Nothing here allocates; shapes are the caller's promise.
#pragma once

#include <array>

#include "rbm/model/units/unit_kind.h"

namespace rbm {

/// Their E_own for UnitFacts.
inline constexpr std::string_view biased_energy = "- sum_{i} {a}_{i} {x}_{i}";

template <class Real>
struct BiasedUnits {
    static constexpr bool gradient_needs_coupling = false;

    Buffer<Real> bias;  ///< [N]

    BiasedUnits() = default;
    explicit BiasedUnits(std::size_t count) : bias(count) {}

    std::size_t width() const { return bias.size(); }
    std::span<const Real> location() const { return bias; }
    std::span<Real> location() { return bias; }
    bool location_variance(std::vector<Real>&) const { return false; }
    std::size_t site_width() const { return 1; }

    /// The state itself.
    MatrixView<const Real> statistic(MatrixView<const Real> state, BasicMatrix<Real>&) const { return state; }

    /// out[b] += E_own(state[b]).
    void add_energy(MatrixView<const Real> state, std::span<double> out) const;

    /// gradient += sum_b row_weights[b] dE/dbias, which is -state[b].
    void add_gradient(MatrixView<const Real> state, std::span<const Real> row_weights, BiasedUnits& gradient) const;
    void add_coupling(std::span<const double>, BiasedUnits&) const {}

    /// The same averaged over p(x | field); `mean` is what mean() gives.
    void add_expected_gradient(MatrixView<const Real>, MatrixView<const Real> mean, std::span<const Real> row_weights,
                               BiasedUnits& gradient) const {
        add_gradient(mean, row_weights, gradient);
    }

    static constexpr auto parameters() { return std::array{BankParameter("bias", &BiasedUnits::bias)}; }
    bool operator==(const BiasedUnits&) const = default;
};

/// The geometric path from one such bank to another: the bias is interpolated, the field is scaled.
template <class Bank, class Real>
struct BiasedPath {
    Bank end;                  ///< the bank at beta 1
    BiasedUnits<Real> base;    ///< its bias at beta 0, and
    BiasedUnits<Real> change;  ///< what is added to that at beta 1

    void set(const Bank& from, const Bank& to) {
        end = to;
        base.bias = from.bias;
        change.bias = to.bias;
        for (std::size_t i = 0; i < base.width(); ++i) change.bias[i] -= base.bias[i];
    }

    /// All states alike: bias 0.
    static void flatten(Bank& bank) { bank.bias.assign(bank.width(), Real{0}); }
    /// E_own becomes beta E_own; the statistic stays.
    static void scale_energy(Bank& bank, double beta) {
        for (Real& value : bank.bias) value = static_cast<Real>(beta * static_cast<double>(value));
    }

    Bank at(double beta) const {
        Bank bank = end;
        for (std::size_t i = 0; i < base.width(); ++i)
            bank.bias[i] = base.bias[i] + static_cast<Real>(beta) * change.bias[i];
        return bank;
    }
    void add_energy_change(MatrixView<const Real> state, std::span<double> out) const { change.add_energy(state, out); }
};

}  // namespace rbm
