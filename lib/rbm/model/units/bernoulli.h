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

#include "rbm/model/units/unit_kind.h"

namespace rbm {

template <class Real>
struct BasicBernoulli {
    static constexpr std::string_view name = "bernoulli";  ///< tag in model files; never change it
    static constexpr bool discrete = true;
    static constexpr bool gradient_needs_coupling = false;

    std::vector<Real> bias;  ///< [N] log-odds of a unit whose field is 0

    BasicBernoulli() = default;
    explicit BasicBernoulli(std::size_t count) : bias(count) {}

    std::size_t width() const { return bias.size(); }
    std::span<const Real> location() const { return bias; }
    std::span<Real> location() { return bias; }
    bool location_variance(std::vector<Real>&) const { return false; }
    std::size_t site_width() const { return 1; }
    BasicMatrix<Real> site_states() const;

    /// The state itself.
    MatrixView<const Real> statistic(MatrixView<const Real> state, BasicMatrix<Real>&) const { return state; }

    /// out = p(x = 1 | field).  field, out [B x N], may be the same.
    void mean(MatrixView<const Real> field, BetaOf<Real>, MatrixView<Real> out) const;

    /// out ~ p(x | field).
    void sample(MatrixView<const Real> field, BetaOf<Real>, const Stream&, MatrixView<Real> out) const;

    /// out[b] += E_own(state[b]).
    void add_energy(MatrixView<const Real> state, std::span<double> out) const;

    /// out[b] += sum_i log(1 + exp(beta (bias_i + field_i))).
    void add_log_normalizer(MatrixView<const Real> field, BetaOf<Real>, std::span<double> out) const;

    /// out[b] += sum_i log(mean_i) where x_i is 1, log(1 - mean_i) where it is 0.
    void add_log_probability(MatrixView<const Real> state, MatrixView<const Real> mean, std::span<double> out) const;

    /// gradient += sum_b row_weights[b] dE/dbias, which is -state[b].
    void add_gradient(MatrixView<const Real> state, std::span<const Real> row_weights, BasicBernoulli& gradient) const;
    void add_coupling(std::span<const double>, BasicBernoulli&) const {}

    /// The same averaged over p(x | field); `mean` is what mean() gives.
    void add_expected_gradient(MatrixView<const Real> field, MatrixView<const Real> mean,
                               std::span<const Real> row_weights, BasicBernoulli& gradient) const;

    /// The first two derivatives of the mean in the field, unit by unit: p (1 - p) and p (1 - p) (1 - 2 p).
    void mean_slopes(MatrixView<const Real> mean, MatrixView<Real> first, MatrixView<Real> second) const;

    /// bias = log-odds of the means, held at +-log(samples) where a unit never or always is on.
    void fit_marginals(std::span<const double> means, std::span<const double> variances, std::size_t samples);

    template <class Self, class Visitor>
    static void each_parameter(Self& self, Visitor&& visit) {
        visit(std::string_view("bias"), std::span(self.bias));
    }
    bool operator==(const BasicBernoulli&) const = default;
};
static_assert(UnitKind<BasicBernoulli<float>, float> && UnitKind<BasicBernoulli<double>, double>);

using Bernoulli = BasicBernoulli<float>;

}  // namespace rbm
