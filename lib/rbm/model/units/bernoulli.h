// SPDX-License-Identifier: MIT
// Bernoulli units: pixels that are on or off, features that are present or absent.
//
//   E_own(x)          =  -sum_i bias_i x_i,   x_i in {0, 1}
//   statistic(x)      =  x
//   p(x_i=1 | field)  =  logistic(beta (bias_i + field_i))
//
// Shapes: B rows of a batch, N units of this bank.  Nothing here allocates; shapes are the caller's promise.
// Source: Smolensky, "Information processing in dynamical systems", 1986; Hinton, "Training products of experts", 2002.
#pragma once

#include "rbm/model/units/letter_units.h"

namespace rbm {

/// bias: the log-odds of a unit whose field is 0.
template <class Real>
struct BasicBernoulli : LetterUnits<BasicBernoulli<Real>, Real> {
    static constexpr std::string_view name = "bernoulli";  ///< tag in model files; never change it
    static constexpr UnitFacts facts{.states = "0 or 1", .energy = biased_energy};
    static constexpr std::array letters{0.0, 1.0};

    using BiasedUnits<Real>::bias;
    using LetterUnits<BasicBernoulli, Real>::LetterUnits;

    /// out = p(x = 1 | field).  field, out [B x N], may be the same.
    void mean(MatrixView<const Real> field, BetaOf<Real>, MatrixView<Real> out) const;

    /// out ~ p(x | field).
    void sample(MatrixView<const Real> field, BetaOf<Real>, const Stream&, MatrixView<Real> out) const;

    /// out[b] += sum_i log(1 + exp(beta (bias_i + field_i))).
    void add_log_normalizer(MatrixView<const Real> field, BetaOf<Real>, std::span<double> out) const;

    /// out[b] += sum_i log(mean_i) where x_i is 1, log(1 - mean_i) where it is 0.
    void add_log_probability(MatrixView<const Real> state, MatrixView<const Real> mean, std::span<double> out) const;

    /// The first two derivatives of the mean in the field, unit by unit: p (1 - p) and p (1 - p) (1 - 2 p).
    void mean_slopes(MatrixView<const Real> mean, MatrixView<Real> first, MatrixView<Real> second) const;

    /// bias = log-odds of the means, held at +-log(samples) where a unit never or always is on.
    void fit_marginals(std::span<const double> means, std::span<const double> variances, std::size_t samples);

    struct Path;
    bool operator==(const BasicBernoulli&) const = default;
};

template <class Real>
struct BasicBernoulli<Real>::Path : BiasedPath<BasicBernoulli, Real> {
    void sample(MatrixView<const Real> field, BetaOf<Real> beta, const Stream&, MatrixView<Real> out) const;
    void add_normalizer_change(MatrixView<const Real> field, BetaOf<Real> from, BetaOf<Real> to,
                               std::span<double> out) const;
};
static_assert(UnitKind<BasicBernoulli<float>, float> && UnitKind<BasicBernoulli<double>, double>);

using Bernoulli = BasicBernoulli<float>;

}  // namespace rbm
