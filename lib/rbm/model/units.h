// SPDX-License-Identifier: MIT
// The closed set of unit kinds that a model file can name: the list BasicUnits, and what all else derives from it. Only
// this floor asks which kind a bank is; others ask for what they need to know of it.
#pragma once

#include <algorithm>
#include <string>
#include <type_traits>
#include <variant>

#include "rbm/data/dataset.h"
#include "rbm/model/units/bernoulli.h"
#include "rbm/model/units/gaussian.h"
#include "rbm/model/units/potts.h"
#include "rbm/model/units/spin.h"

namespace rbm {

/// The list of kinds.  A new kind is one more name here, and its header above.
template <class Real>
using BasicUnits = std::variant<BasicBernoulli<Real>, BasicGaussian<Real>, BasicSpin<Real>, BasicPotts<Real>>;
using Units = BasicUnits<float>;

/// Calls visit(std::type_identity<Bank>{}) for the bank of each kind in the list.
template <class Real, class Visitor>
constexpr void each_kind(Visitor&& visit) {
    [&]<class... Banks>(std::type_identity<std::variant<Banks...>>) {
        (visit(std::type_identity<Banks>{}), ...);
    }(std::type_identity<BasicUnits<Real>>{});
}

/// A kind as a row of a table.
struct UnitRow : UnitFacts {
    std::string_view name;
    bool discrete = true;
    bool has_states = false;     ///< it leaves open how many states a site has
    bool has_log_scale = false;  ///< one of its parameters is a log scale
};
/// All kinds, in the order of the list.
std::span<const UnitRow> unit_rows();
/// Throws InvalidArgument listing the kinds there are.
const UnitRow& unit_row(std::string_view name);
template <class Real>
const UnitRow& unit_row(const BasicUnits<Real>& units) {
    return unit_rows()[units.index()];
}

/// An empty bank of `sites` units of the kind called `name`; throws InvalidArgument listing the kinds there are.
/// `states` is for kinds that leave open how many a site has: a Potts bank is sites x states columns wide.
template <class Real>
BasicUnits<Real> make_units(std::string_view name, std::size_t sites, std::size_t states = 0);

template <class Real>
std::string_view kind(const BasicUnits<Real>& units) {
    return std::visit([](const auto& bank) { return std::string_view(bank.name); }, units);
}
template <class Real>
std::size_t width(const BasicUnits<Real>& units) {
    return std::visit([](const auto& bank) { return bank.width(); }, units);
}
template <class Real>
std::span<Real> location(BasicUnits<Real>& units) {
    return std::visit([](auto& bank) { return bank.location(); }, units);
}
template <class Real>
std::span<const Real> location(const BasicUnits<Real>& units) {
    return std::visit([](const auto& bank) { return bank.location(); }, units);
}
/// out [N] = the variance of each unit around its location; false, and out is left alone, when that is not a parameter.
template <class Real>
bool location_variance(const BasicUnits<Real>& units, std::vector<Real>& out) {
    return std::visit([&](const auto& bank) { return bank.location_variance(out); }, units);
}
/// Columns that change together, the q of Potts units; 1 for other kinds.
template <class Real>
std::size_t site_width(const BasicUnits<Real>& units) {
    return std::visit([](const auto& bank) { return bank.site_width(); }, units);
}
template <class Real>
std::size_t site_count(const BasicUnits<Real>& units) {
    return width(units) / site_width(units);
}
/// [K x site_width] the states of one site, such as {{0}, {1}}; no rows for continuous units.
template <class Real>
BasicMatrix<Real> site_states(const BasicUnits<Real>& units) {
    return std::visit([](const auto& bank) { return bank.site_states(); }, units);
}
/// The values of one unit that can change alone, such as {0, 1}; none for continuous units and for sites of several
/// columns.
template <class Real>
std::vector<Real> alphabet(const BasicUnits<Real>& units) {
    if (site_width(units) != 1) return {};
    const BasicMatrix<Real> states = site_states(units);
    return {states.values().begin(), states.values().end()};
}
template <class Real>
bool is_discrete(const BasicUnits<Real>& units) {
    return std::visit([](const auto& bank) { return bank.discrete; }, units);
}
/// Whether states stay within bounds; else E_own grows as their square.
template <class Real>
bool is_bounded(const BasicUnits<Real>& units) {
    return unit_row(units).bounded;
}
/// An empty bank of `sites` units of the same kind.
template <class Real, class From>
BasicUnits<Real> similar_units(const BasicUnits<From>& units, std::size_t sites) {
    return make_units<Real>(kind(units), sites, site_width(units));
}
template <class Real, class From>
BasicUnits<Real> similar_units(const BasicUnits<From>& units) {
    return similar_units<Real>(units, site_count(units));
}
/// Whether both have sites of the same kind, with the same states.
template <class Real>
bool alike(const BasicUnits<Real>& first, const BasicUnits<Real>& second) {
    return kind(first) == kind(second) && site_width(first) == site_width(second);
}
/// For messages: "spin", "potts (3 states)".
template <class Real>
std::string name_with_states(const BasicUnits<Real>& units);
template <class Real>
MatrixView<const Real> statistic(const BasicUnits<Real>& units, ConstViewOf<Real> state, BasicMatrix<Real>& scratch) {
    return std::visit([&](const auto& bank) { return bank.statistic(state, scratch); }, units);
}
/// out [N] = what the statistic multiplies states by.
template <class Real>
void statistic_factors(const BasicUnits<Real>& units, BasicMatrix<Real>& ones, BasicMatrix<Real>& scratch,
                       std::vector<Real>& out) {
    ones.resize(1, width(units));
    ones.fill(1);
    const auto factors = statistic(units, ones, scratch).row(0);
    out.assign(factors.begin(), factors.end());
}
template <class Real>
std::vector<Real> statistic_factors(const BasicUnits<Real>& units) {
    BasicMatrix<Real> ones, scratch;
    std::vector<Real> factors;
    statistic_factors(units, ones, scratch, factors);
    return factors;
}
template <class Real>
void mean(const BasicUnits<Real>& units, ConstViewOf<Real> field, BetaOf<Real> beta, ViewOf<Real> out) {
    std::visit([&](const auto& bank) { bank.mean(field, beta, out); }, units);
}
template <class Real>
void sample(const BasicUnits<Real>& units, ConstViewOf<Real> field, BetaOf<Real> beta, const Stream& stream,
            ViewOf<Real> out) {
    std::visit([&](const auto& bank) { bank.sample(field, beta, stream, out); }, units);
}
template <class Real>
void add_energy(const BasicUnits<Real>& units, ConstViewOf<Real> state, std::span<double> out) {
    std::visit([&](const auto& bank) { bank.add_energy(state, out); }, units);
}
template <class Real>
void add_log_normalizer(const BasicUnits<Real>& units, ConstViewOf<Real> field, BetaOf<Real> beta,
                        std::span<double> out) {
    std::visit([&](const auto& bank) { bank.add_log_normalizer(field, beta, out); }, units);
}
/// out[b] += log p(state[b] | field), given the mean at that field.
template <class Real>
void add_log_probability(const BasicUnits<Real>& units, ConstViewOf<Real> state, ConstViewOf<Real> mean_state,
                         std::span<double> out) {
    std::visit([&](const auto& bank) { bank.add_log_probability(state, mean_state, out); }, units);
}
template <class Real>
void fit_marginals(BasicUnits<Real>& units, std::span<const double> means, std::span<const double> variances,
                   std::size_t samples) {
    std::visit([&](auto& bank) { bank.fit_marginals(means, variances, samples); }, units);
}
/// visit(parameter, values) for each parameter in file order; `parameter` is a Parameter, or its name.
template <class Real, class Visitor>
void each_parameter(BasicUnits<Real>& units, Visitor&& visit) {
    std::visit(
        [&](auto& bank) {
            for (const auto& each : bank.parameters()) visit(Parameter(each), std::span(bank.*each.values));
        },
        units);
}
template <class Real, class Visitor>
void each_parameter(const BasicUnits<Real>& units, Visitor&& visit) {
    std::visit(
        [&](const auto& bank) {
            for (const auto& each : bank.parameters()) visit(Parameter(each), std::span(bank.*each.values));
        },
        units);
}
/// The most parameters that a bank of any kind has, and the longest of their names.
inline constexpr std::size_t most_unit_parameters = [] {
    std::size_t most = 0;
    each_kind<float>([&]<class Bank>(std::type_identity<Bank>) { most = std::max(most, Bank::parameters().size()); });
    return most;
}();
inline constexpr std::size_t longest_parameter_name = [] {
    std::size_t longest = 0;
    each_kind<float>([&]<class Bank>(std::type_identity<Bank>) {
        for (const Parameter& each : Bank::parameters()) longest = std::max(longest, each.name.size());
    });
    return longest;
}();

/// What rows of data hold as states of these units.
template <class Real>
StateForm state_form(const BasicUnits<Real>& units) {
    StateForm form{.discrete = is_discrete(units)};
    if (site_width(units) > 1) {
        form.states = site_width(units);
    } else if (form.discrete) {
        const BasicMatrix<Real> states = site_states(units);
        form.low = static_cast<float>(*std::min_element(states.values().begin(), states.values().end()));
        form.high = static_cast<float>(*std::max_element(states.values().begin(), states.values().end()));
    }
    return form;
}
/// True when the data behind these units are grey values that can be binarised: units of two states.
template <class Real>
bool takes_unit_interval(const BasicUnits<Real>& units) {
    return alphabet(units).size() == 2;
}

}  // namespace rbm
