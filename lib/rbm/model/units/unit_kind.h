// SPDX-License-Identifier: MIT
// What a kind of units must know: a layer is a bank of independent units of an exponential family, and every function
// works on a batch.  A new kind is one struct with these functions and its name in the list of units.h; see
// docs/extending.md.  Kinds whose only parameter is a bias find most of it in biased_units.h.
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

/// A log scale is the logarithm of a standard deviation: it has bounds and a learning rate of its own, and people are
/// shown the deviation.  Its name is "log_" and that of the deviation.
enum class Role { plain, log_scale };

/// What a visitor of parameters is given beside the values; those that need no more take it as a std::string_view.
struct Parameter {
    std::string_view name;
    Role role = Role::plain;
    constexpr operator std::string_view() const { return name; }
};

/// A parameter of a kind, one value per unit, and where a bank keeps it.
template <class Bank, class Real>
struct BankParameter : Parameter {
    Buffer<Real> Bank::*values;
    constexpr BankParameter(std::string_view tag, Buffer<Real> Bank::*where, Role its_role = Role::plain)
        : Parameter{tag, its_role}, values(where) {}
};

/// What a kind says about itself before there is a bank of it.  In the two formulas {x} stands for the letter of the
/// units, {i} for their index, {a} for their bias and {c} for their center.
struct UnitFacts {
    std::string_view states;                 ///< what a unit can be, for help pages: "0 or 1"
    std::string_view energy;                 ///< E_own with its sign, for people: "- sum_{i} {a}_{i} {x}_{i}"
    std::string_view statistic = "{x}_{i}";  ///< what the weights see of a unit
    bool bounded = true;                     ///< else states go to infinity and E_own grows as their square
    bool standardizes = false;               ///< by default each column of data gets mean 0 and deviation 1
    bool hidden_in_programs = true;          ///< may rbm-train make hidden units of it?
    float largest_rate_times_units = 0;      ///< bounds the default learning rate by this over the visible units; 0: no
};

// clang-format off
/// What a kind must know of the geometric path from one bank to another, where E_own and the machine's field go from
/// those of the first to those of the second: see bridge.h.
template <class P, class U, class Real>
concept UnitPath = requires(const P c, P path, U bank, const U end, MatrixView<const Real> x, MatrixView<Real> out,
                            BetaOf<Real> beta, const Stream& stream, std::span<double> per_row) {
    path.set(end, end);                               // from, to; allocates at the first call only
    P::flatten(bank);                                 // the flattest bank of its width
    P::scale_energy(bank, 1.0);                       // E_own times beta
    { c.at(0.5) } -> std::same_as<U>;                 // the bank at beta: E_own up to a constant
    c.sample(x, beta, stream, out);                   // out ~ p(state | field x of the machine)
    c.add_energy_change(x, per_row);                  // per_row += E_own(x) - E_base(x)
    c.add_normalizer_change(x, beta, beta, per_row);  // per_row += the change of log sum f over states at field x
};

template <class U, class Real>
concept UnitKind = requires(U u, const U c, MatrixView<const Real> x, MatrixView<Real> out, BasicMatrix<Real> scratch,
                            BetaOf<Real> beta, const Stream& stream, std::span<double> per_row,
                            std::span<const Real> weights, std::span<const double> moments, std::vector<Real>& row) {
    { U::name } -> std::convertible_to<std::string_view>;
    { U::facts } -> std::convertible_to<UnitFacts>;
    { U::discrete } -> std::convertible_to<bool>;                 // else states are real numbers
    { U::gradient_needs_coupling } -> std::convertible_to<bool>;  // is add_coupling to be called?
    { U::parameters()[0] } -> std::convertible_to<Parameter>;     // an array of BankParameter, in file order
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
    requires UnitPath<typename U::Path, U, Real>;
    requires std::equality_comparable<U>;
};
// clang-format on

}  // namespace rbm
