// SPDX-License-Identifier: MIT
// Spin units: magnets up or down, votes for or against.  A Bernoulli machine under x = 2 v - 1, with the symmetry of
// up and down: without biases a spin and its opposite are as likely.
//
//   E_own(x)          =  -sum_i bias_i x_i,   x_i in {-1, 1}
//   statistic(x)      =  x
//   p(x_i=1 | field)  =  logistic(2 beta (bias_i + field_i)),   mean tanh(beta (bias_i + field_i))
//
// Shapes: B rows of a batch, N units of this bank.  Nothing here allocates after the first call of a thread.
// The kernels are those of Bernoulli units at twice the inverse temperature, and log 2 cosh x = softplus(2 x) - x.
// Source: Hopfield, "Neural networks and physical systems with emergent collective computational abilities", 1982; the
// Ising model.
#pragma once

#include "rbm/model/units/letter_units.h"

namespace rbm {

/// bias: half the log-odds of a unit whose field is 0.
template <class Real>
struct BasicSpin : LetterUnits<BasicSpin<Real>, Real> {
    static constexpr std::string_view name = "spin";  ///< tag in model files; never change it
    static constexpr UnitFacts facts{.states = "-1 or 1", .energy = biased_energy};
    static constexpr std::array letters{-1.0, 1.0};

    using BiasedUnits<Real>::bias;
    using LetterUnits<BasicSpin, Real>::LetterUnits;

    /// out = tanh(beta (bias + field)).  field, out [B x N], may be the same.
    void mean(MatrixView<const Real> field, BetaOf<Real>, MatrixView<Real> out) const;

    /// out ~ p(x | field).
    void sample(MatrixView<const Real> field, BetaOf<Real>, const Stream&, MatrixView<Real> out) const;

    /// out[b] += sum_i log(2 cosh(beta (bias_i + field_i))).
    void add_log_normalizer(MatrixView<const Real> field, BetaOf<Real>, std::span<double> out) const;

    /// out[b] += sum_i log((1 + x_i mean_i) / 2).
    void add_log_probability(MatrixView<const Real> state, MatrixView<const Real> mean, std::span<double> out) const;

    /// The first two derivatives of the mean m in the field, unit by unit: 1 - m^2 and -2 m (1 - m^2).
    void mean_slopes(MatrixView<const Real> mean, MatrixView<Real> first, MatrixView<Real> second) const;

    /// bias = half the log-odds of up that the means stand for, which are held at +-log(samples).
    void fit_marginals(std::span<const double> means, std::span<const double> variances, std::size_t samples);

    struct Path;
    bool operator==(const BasicSpin&) const = default;
};

template <class Real>
struct BasicSpin<Real>::Path : BiasedPath<BasicSpin, Real> {
    std::vector<Real> double_base;  ///< [N] twice the bias at beta 0, for the kernels of Bernoulli units

    void set(const BasicSpin& from, const BasicSpin& to);
    void sample(MatrixView<const Real> field, BetaOf<Real> beta, const Stream&, MatrixView<Real> out) const;
    void add_normalizer_change(MatrixView<const Real> field, BetaOf<Real> from, BetaOf<Real> to,
                               std::span<double> out) const;
};
static_assert(UnitKind<BasicSpin<float>, float> && UnitKind<BasicSpin<double>, double>);

using Spin = BasicSpin<float>;

}  // namespace rbm
