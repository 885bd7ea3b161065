// SPDX-License-Identifier: MIT
// Gaussian units: real-valued pixels, spectra, embeddings.
//
//   E_own(x)          =  sum_i (x_i - center_i)^2 / (2 sigma_i^2)
//   statistic(x)_i    =  x_i / sigma_i^2
//   p(x_i | field_i)  =  N(center_i + field_i, sigma_i^2 / beta)
//
// Shapes: B rows of a batch, N units of this bank.  States, center and sigma are in the units of the prepared data.
// Source: Cho, Ilin & Raiko, "Improved learning of Gaussian-Bernoulli restricted Boltzmann machines", ICANN 2011: the
// logarithm of sigma as parameter keeps sigma positive and its gradient tame.
#pragma once

#include <array>

#include "rbm/model/units/unit_kind.h"

namespace rbm {

template <class Real>
struct BasicGaussian {
    static constexpr std::string_view name = "gaussian";  ///< tag in model files; never change it
    /// Units move a hidden unit's field by as much as there are of them: at a learning rate of 0.1, 64 pixels learn
    /// well and 784 diverge within 20 updates; at 0.01 these do best (docs/grey-images.md).
    static constexpr UnitFacts facts{.states = "real numbers",
                                     .energy = "+ sum_{i} ({x}_{i} - {c}_{i})^2 / (2 sigma_{i}^2)",
                                     .statistic = "({x}_{i} / sigma_{i}^2)",
                                     .bounded = false,
                                     .standardizes = true,
                                     .hidden_in_programs = false,
                                     .largest_rate_times_units = 8};
    static constexpr bool discrete = false;
    static constexpr bool gradient_needs_coupling = true;

    Buffer<Real> center;     ///< [N] mean of a unit whose field is 0
    Buffer<Real> log_sigma;  ///< [N] log of the standard deviation; 0 suits standardised data

    BasicGaussian() = default;
    explicit BasicGaussian(std::size_t count) : center(count), log_sigma(count) {}

    std::size_t width() const { return center.size(); }
    std::span<const Real> location() const { return center; }
    std::span<Real> location() { return center; }
    /// out = sigma^2.
    bool location_variance(std::vector<Real>& out) const;
    std::size_t site_width() const { return 1; }
    BasicMatrix<Real> site_states() const { return {0, 1}; }

    /// state / sigma^2, as a view into scratch.
    MatrixView<const Real> statistic(MatrixView<const Real> state, BasicMatrix<Real>& scratch) const;

    /// out = center + field; the temperature does not move it.  field, out [B x N], may be the same.
    void mean(MatrixView<const Real> field, BetaOf<Real>, MatrixView<Real> out) const;

    /// out ~ N(center + field, sigma^2 / beta).
    void sample(MatrixView<const Real> field, BetaOf<Real>, const Stream&, MatrixView<Real> out) const;

    /// out[b] += E_own(state[b]).
    void add_energy(MatrixView<const Real> state, std::span<double> out) const;

    /// out[b] += log of the integral of exp(-beta (E_own(x) - statistic(x) . field[b])) over x.
    void add_log_normalizer(MatrixView<const Real> field, BetaOf<Real>, std::span<double> out) const;

    /// out[b] += log of the density N(state; mean, sigma^2).
    void add_log_probability(MatrixView<const Real> state, MatrixView<const Real> mean, std::span<double> out) const;

    /// gradient += sum_b row_weights[b] dE_own/d(center, log_sigma) at state[b].
    void add_gradient(MatrixView<const Real> state, std::span<const Real> row_weights, BasicGaussian& gradient) const;
    /// gradient += what 1 / sigma^2 in the coupling -statistic(x) field adds to it: 2 coupling on log_sigma.
    void add_coupling(std::span<const double> coupling, BasicGaussian& gradient) const;

    /// The same averaged over p(x | field) at beta 1; `mean` is what mean() gives.
    void add_expected_gradient(MatrixView<const Real> field, MatrixView<const Real> mean,
                               std::span<const Real> row_weights, BasicGaussian& gradient) const;

    /// out = d(log p(x, other side)) / dx = (center + field - x) / sigma^2, at the field of the other side's mean.
    void score(MatrixView<const Real> state, MatrixView<const Real> field, MatrixView<Real> out) const;

    /// Evenly spaced values of the one unit there is, fine and wide enough that sums times the step are integrals to
    /// 1e-12 wherever fields stay within +-reach.  Throws Unsupported for more units than one.
    IntegrationGrid integration_grid(double reach) const;

    /// gradient += sum_b along[b] . d(score)/d(center, log_sigma) at field 0, and curvature . d(d score / dx): what the
    /// field adds to both comes by the weights' gradient and add_coupling.  along [B x N], curvature [N].
    void add_score_gradient(MatrixView<const Real> state, MatrixView<const Real> along,
                            std::span<const double> curvature, BasicGaussian& gradient) const;

    /// center = means, log_sigma = log of the standard deviations (variance 1 where it is 0).
    void fit_marginals(std::span<const double> means, std::span<const double> variances, std::size_t samples);

    static constexpr auto parameters() {
        return std::array{BankParameter("center", &BasicGaussian::center),
                          BankParameter("log_sigma", &BasicGaussian::log_sigma, Role::log_scale)};
    }
    struct Path;
    bool operator==(const BasicGaussian&) const = default;

  private:
    /// sigma^exponent, in memory of the calling thread that the next call takes over.
    std::span<const Real> powers_of_sigma(Real exponent) const;
};

/// The geometric path from one bank to another.  The exponents add up, so precision and precision x center are
/// interpolated:
///
///   precision(beta)  =  (1 - beta) p0 + beta p1,   center(beta)  =  ((1 - beta) p0 c0 + beta p1 c1) / precision(beta)
///
/// The weights see x p1, whatever beta is: a field f of the machine moves the mean by beta p1 f / precision(beta).
template <class Real>
struct BasicGaussian<Real>::Path {
    BasicGaussian start, end;
    std::vector<Real> start_precision, end_precision;  ///< [N] p0, p1
    std::vector<Real> start_pull, end_pull;            ///< [N] p0 c0, p1 c1

    void set(const BasicGaussian& first, const BasicGaussian& last);

    /// It stays as it is: there is no flat distribution of real numbers.
    static void flatten(BasicGaussian&) {}
    /// E_own becomes beta E_own, beta > 0; the statistic is multiplied by beta.
    static void scale_energy(BasicGaussian& bank, double beta);

    BasicGaussian at(double beta) const;
    void sample(MatrixView<const Real> field, BetaOf<Real> beta, const Stream&, MatrixView<Real> out) const;
    void add_energy_change(MatrixView<const Real> state, std::span<double> out) const;
    void add_normalizer_change(MatrixView<const Real> field, BetaOf<Real> from, BetaOf<Real> to,
                               std::span<double> out) const;
};
static_assert(UnitKind<BasicGaussian<float>, float> && UnitKind<BasicGaussian<double>, double>);

using Gaussian = BasicGaussian<float>;

}  // namespace rbm
