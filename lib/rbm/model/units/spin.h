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

#include "rbm/model/units/unit_kind.h"

namespace rbm {

template <class Real>
struct BasicSpin {
    static constexpr std::string_view name = "spin";  ///< tag in model files; never change it
    static constexpr bool discrete = true;
    static constexpr bool gradient_needs_coupling = false;

    std::vector<Real> bias;  ///< [N] half the log-odds of a unit whose field is 0

    BasicSpin() = default;
    explicit BasicSpin(std::size_t count) : bias(count) {}

    std::size_t width() const { return bias.size(); }
    std::span<const Real> location() const { return bias; }
    std::span<Real> location() { return bias; }
    bool location_variance(std::vector<Real>&) const { return false; }
    std::size_t site_width() const { return 1; }
    BasicMatrix<Real> site_states() const;

    /// The state itself.
    MatrixView<const Real> statistic(MatrixView<const Real> state, BasicMatrix<Real>&) const { return state; }

    /// out = tanh(beta (bias + field)).  field, out [B x N], may be the same.
    void mean(MatrixView<const Real> field, BetaOf<Real>, MatrixView<Real> out) const;

    /// out ~ p(x | field).
    void sample(MatrixView<const Real> field, BetaOf<Real>, const Stream&, MatrixView<Real> out) const;

    /// out[b] += E_own(state[b]).
    void add_energy(MatrixView<const Real> state, std::span<double> out) const;

    /// out[b] += sum_i log(2 cosh(beta (bias_i + field_i))).
    void add_log_normalizer(MatrixView<const Real> field, BetaOf<Real>, std::span<double> out) const;

    /// out[b] += sum_i log((1 + x_i mean_i) / 2).
    void add_log_probability(MatrixView<const Real> state, MatrixView<const Real> mean, std::span<double> out) const;

    /// gradient += sum_b row_weights[b] dE/dbias, which is -state[b].
    void add_gradient(MatrixView<const Real> state, std::span<const Real> row_weights, BasicSpin& gradient) const;
    void add_coupling(std::span<const double>, BasicSpin&) const {}

    /// The same averaged over p(x | field); `mean` is what mean() gives.
    void add_expected_gradient(MatrixView<const Real> field, MatrixView<const Real> mean,
                               std::span<const Real> row_weights, BasicSpin& gradient) const;

    /// The first two derivatives of the mean m in the field, unit by unit: 1 - m^2 and -2 m (1 - m^2).
    void mean_slopes(MatrixView<const Real> mean, MatrixView<Real> first, MatrixView<Real> second) const;

    /// bias = half the log-odds of up that the means stand for, which are held at +-log(samples).
    void fit_marginals(std::span<const double> means, std::span<const double> variances, std::size_t samples);

    template <class Self, class Visitor>
    static void each_parameter(Self& self, Visitor&& visit) {
        visit(std::string_view("bias"), std::span(self.bias));
    }
    bool operator==(const BasicSpin&) const = default;
};
static_assert(UnitKind<BasicSpin<float>, float> && UnitKind<BasicSpin<double>, double>);

using Spin = BasicSpin<float>;

namespace detail {
/// [rows] 2 beta, in memory of the calling thread that the next call takes over.
template <class Real>
BetaOf<Real> doubled(BetaOf<Real> beta, std::size_t rows);
/// 0 and 1 become -1 and 1; means likewise.
template <class Real>
void bits_to_spins(MatrixView<Real> values);
}  // namespace detail

}  // namespace rbm
