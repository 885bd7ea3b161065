// SPDX-License-Identifier: MIT
// Potts units: sites that are in one of q states, such as letters of a sequence or answers to a question.  A site is
// one-hot: q columns next to each other, one of them 1 and the others 0.
//
//   E_own(x)           =  -sum_i bias_i x_i
//   statistic(x)       =  x
//   p(x_k=1 | field)   =  exp(beta (bias_k + field_k)) / sum over k's site of the same
//
// A constant added to the biases of one site, or to its columns' weights with one unit, changes no probability.
// Shapes: B rows of a batch, N = sites x q columns of this bank.  Nothing here allocates; shapes are the caller's
// promise.
// Source: Potts, "Some generalized order-disorder transformations", 1952; Salakhutdinov, Mnih & Hinton, "Restricted
// Boltzmann machines for collaborative filtering", ICML 2007, who have softmax visible units.
#pragma once

#include "rbm/kernels/categorical.h"
#include "rbm/model/units/unit_kind.h"

namespace rbm {

template <class Real>
struct BasicPotts {
    static constexpr std::string_view name = "potts";  ///< tag in model files; never change it
    static constexpr bool discrete = true;
    static constexpr bool gradient_needs_coupling = false;

    std::vector<Real> bias;  ///< [N] log probability of a state where the field is 0, up to a constant per site
    std::size_t states = 2;  ///< q, of each site

    BasicPotts() = default;
    /// Throws std::invalid_argument for less than two states.
    BasicPotts(std::size_t sites, std::size_t states_of_each);

    std::size_t width() const { return bias.size(); }
    std::span<const Real> location() const { return bias; }
    std::span<Real> location() { return bias; }
    bool location_variance(std::vector<Real>&) const { return false; }
    std::size_t site_width() const { return states; }
    BasicMatrix<Real> site_states() const;

    /// The state itself.
    MatrixView<const Real> statistic(MatrixView<const Real> state, BasicMatrix<Real>&) const { return state; }

    /// out = the probability of each state of each site.  field, out [B x N], may be the same.
    void mean(MatrixView<const Real> field, BetaOf<Real>, MatrixView<Real> out) const;

    /// out ~ p(x | field), one-hot.
    void sample(MatrixView<const Real> field, BetaOf<Real>, const Stream&, MatrixView<Real> out) const;

    /// out[b] += E_own(state[b]).
    void add_energy(MatrixView<const Real> state, std::span<double> out) const;

    /// out[b] += sum over sites of log sum over states of exp(beta (bias + field)).
    void add_log_normalizer(MatrixView<const Real> field, BetaOf<Real>, std::span<double> out) const;

    /// out[b] += sum over sites of the log of the mean of the state that is on.
    void add_log_probability(MatrixView<const Real> state, MatrixView<const Real> mean, std::span<double> out) const;

    /// gradient += sum_b row_weights[b] dE/dbias, which is -state[b].
    void add_gradient(MatrixView<const Real> state, std::span<const Real> row_weights, BasicPotts& gradient) const;
    void add_coupling(std::span<const double>, BasicPotts&) const {}

    /// The same averaged over p(x | field); `mean` is what mean() gives.
    void add_expected_gradient(MatrixView<const Real> field, MatrixView<const Real> mean,
                               std::span<const Real> row_weights, BasicPotts& gradient) const;

    /// bias = log of the means, those of a site adding up to 0.  A state is taken as 1 / (samples (q - 1)) times as
    /// frequent as its site's most frequent one at least: for two states, Bernoulli units' bound.
    void fit_marginals(std::span<const double> means, std::span<const double> variances, std::size_t samples);

    template <class Self, class Visitor>
    static void each_parameter(Self& self, Visitor&& visit) {
        visit(std::string_view("bias"), std::span(self.bias));
    }
    bool operator==(const BasicPotts&) const = default;

  private:
    CategoricalField<Real> input(MatrixView<const Real> field, BetaOf<Real> beta) const {
        return {field, {}, bias, beta, states};
    }
};
static_assert(UnitKind<BasicPotts<float>, float> && UnitKind<BasicPotts<double>, double>);

using Potts = BasicPotts<float>;

}  // namespace rbm
