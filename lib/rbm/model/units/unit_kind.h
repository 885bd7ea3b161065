// SPDX-License-Identifier: MIT
// What a kind of units must know: a layer is a bank of independent units of an exponential family, and every function
// works on a batch.  A new kind is one struct with these functions, its name in units.h and a line in meson.build.
//
// Shapes: B rows of a batch, N units of the bank.  `field` [B x N] is what the weights bring from the other side,
// W . statistic(other side).  `coupling` [N] is sum_b row_weights[b] statistic(state[b]) field[b].  `beta` holds one
// inverse temperature per row, or none for 1.  Energies are in nats.
#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "rbm/kernels/matrix.h"
#include "rbm/kernels/random.h"

namespace rbm {

/// One inverse temperature per row, or empty for 1.
template <class Real>
using BetaOf = std::span<const Real>;
using Beta = BetaOf<float>;

/// The values of one continuous unit at which sums are taken for integrals, and the log of their distance.
struct IntegrationGrid {
    std::vector<double> points;
    double log_step = 0;
};

// clang-format off
template <class U, class Real>
concept UnitKind = requires(U u, const U c, MatrixView<const Real> x, MatrixView<Real> out, BasicMatrix<Real> scratch,
                            BetaOf<Real> beta, const Stream& stream, std::span<double> per_row,
                            std::span<const Real> weights, std::span<const double> moments, std::vector<Real>& row) {
    { U::name } -> std::convertible_to<std::string_view>;
    { U::discrete } -> std::convertible_to<bool>;                 // else states are real numbers
    { U::gradient_needs_coupling } -> std::convertible_to<bool>;  // is add_coupling to be called?
    { c.width() } -> std::same_as<std::size_t>;
    { c.statistic(x, scratch) } -> std::same_as<MatrixView<const Real>>;  // what the weights see of states x
    c.mean(x, beta, out);                              // out = E[state | field x]
    c.sample(x, beta, stream, out);                    // out ~ p(state | field x)
    c.add_energy(x, per_row);                          // per_row += E_own(x)
    c.add_log_normalizer(x, beta, per_row);            // per_row += log sum exp(-beta (E_own - statistic . field x))
    c.add_gradient(x, weights, u);                     // u += weights . dE_own/dparameters at states x
    c.add_coupling(moments, u);                        // u += what the coupling to the other side adds to that
    c.add_expected_gradient(x, x, weights, u);         // the same, averaged over p(state | field); also takes the mean
    { c.location() } -> std::same_as<std::span<const Real>>;  // the parameter that shifts the units: bias or center
    { u.location() } -> std::same_as<std::span<Real>>;
    { c.location_variance(row) } -> std::same_as<bool>;       // how far a unit spreads around its location; false: 1
    u.fit_marginals(moments, moments, std::size_t{});  // means, variances, samples: the best machine with W = 0
    { c.site_width() } -> std::same_as<std::size_t>;          // columns that change together: 1, or those of a group
    { c.site_states() } -> std::same_as<BasicMatrix<Real>>;   // [K x those]: its states; no rows when continuous
    c.add_log_probability(x, x, per_row);              // per_row += log p(state | field), from the latter's mean
    U::each_parameter(u, [](std::string_view, std::span<Real>) {});
    U::each_parameter(c, [](std::string_view, std::span<const Real>) {});
};
// clang-format on

}  // namespace rbm
