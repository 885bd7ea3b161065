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
#include "rbm/model/units/biased_units.h"

namespace rbm {

/// bias: the log probability of a state where the field is 0, up to a constant per site.
template <class Real>
struct BasicPotts : BiasedUnits<Real> {
    static constexpr std::string_view name = "potts";  ///< tag in model files; never change it
    static constexpr UnitFacts facts{.states = "one of several states", .energy = biased_energy};
    static constexpr bool discrete = true;

    using BiasedUnits<Real>::bias;
    std::size_t states = 2;  ///< q, of each site

    BasicPotts() = default;
    /// Throws InvalidArgument for less than two states.
    BasicPotts(std::size_t sites, std::size_t states_of_each);

    std::size_t site_width() const { return states; }
    BasicMatrix<Real> site_states() const;

    /// out = the probability of each state of each site.  field, out [B x N], may be the same.
    void mean(MatrixView<const Real> field, BetaOf<Real>, MatrixView<Real> out) const;

    /// out ~ p(x | field), one-hot.
    void sample(MatrixView<const Real> field, BetaOf<Real>, const Stream&, MatrixView<Real> out) const;

    /// out[b] += sum over sites of log sum over states of exp(beta (bias + field)).
    void add_log_normalizer(MatrixView<const Real> field, BetaOf<Real>, std::span<double> out) const;

    /// out[b] += sum over sites of the log of the mean of the state that is on.
    void add_log_probability(MatrixView<const Real> state, MatrixView<const Real> mean, std::span<double> out) const;

    /// bias = log of the means, those of a site adding up to 0.  A state is taken as 1 / (samples (q - 1)) times as
    /// frequent as its site's most frequent one at least: for two states, Bernoulli units' bound.
    void fit_marginals(std::span<const double> means, std::span<const double> variances, std::size_t samples);

    struct Path;
    bool operator==(const BasicPotts&) const = default;

  private:
    CategoricalField<Real> input(MatrixView<const Real> field, BetaOf<Real> beta) const {
        return {field, {}, bias, beta, states};
    }
};

template <class Real>
struct BasicPotts<Real>::Path : BiasedPath<BasicPotts, Real> {
    /// Throws InvalidArgument when the two have other numbers of states.
    void set(const BasicPotts& from, const BasicPotts& to);
    void sample(MatrixView<const Real> field, BetaOf<Real> beta, const Stream&, MatrixView<Real> out) const;
    void add_normalizer_change(MatrixView<const Real> field, BetaOf<Real> from, BetaOf<Real> to,
                               std::span<double> out) const;

  private:
    CategoricalField<Real> input(MatrixView<const Real> field, BetaOf<Real> beta) const {
        return {field, this->base.bias, this->change.bias, beta, this->end.states};
    }
};
static_assert(UnitKind<BasicPotts<float>, float> && UnitKind<BasicPotts<double>, double>);

using Potts = BasicPotts<float>;

}  // namespace rbm
