// SPDX-License-Identifier: MIT
// The closed set of unit kinds that a model file can name.  Only this floor asks which kind a bank is.
#pragma once

#include <string>
#include <variant>

#include "rbm/model/bernoulli.h"
#include "rbm/model/gaussian.h"

namespace rbm {

template <class Real>
using BasicUnits = std::variant<BasicBernoulli<Real>, BasicGaussian<Real>>;
using Units = BasicUnits<float>;

/// An empty bank of `count` units of the kind called `name`; throws std::invalid_argument listing the kinds there are.
template <class Real>
BasicUnits<Real> make_units(std::string_view name, std::size_t count);

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
/// The values of one unit, such as {0, 1}; none for continuous units.
template <class Real>
std::vector<Real> alphabet(const BasicUnits<Real>& units) {
    return std::visit([](const auto& bank) { return bank.alphabet(); }, units);
}
template <class Real>
MatrixView<const Real> statistic(const BasicUnits<Real>& units, MatrixView<const Real> state,
                                 BasicMatrix<Real>& scratch) {
    return std::visit([&](const auto& bank) { return bank.statistic(state, scratch); }, units);
}
template <class Real>
void mean(const BasicUnits<Real>& units, MatrixView<const Real> field, BetaOf<Real> beta, MatrixView<Real> out) {
    std::visit([&](const auto& bank) { bank.mean(field, beta, out); }, units);
}
template <class Real>
void sample(const BasicUnits<Real>& units, MatrixView<const Real> field, BetaOf<Real> beta, const Stream& stream,
            MatrixView<Real> out) {
    std::visit([&](const auto& bank) { bank.sample(field, beta, stream, out); }, units);
}
template <class Real>
void add_energy(const BasicUnits<Real>& units, MatrixView<const Real> state, std::span<double> out) {
    std::visit([&](const auto& bank) { bank.add_energy(state, out); }, units);
}
template <class Real>
void add_log_normalizer(const BasicUnits<Real>& units, MatrixView<const Real> field, BetaOf<Real> beta,
                        std::span<double> out) {
    std::visit([&](const auto& bank) { bank.add_log_normalizer(field, beta, out); }, units);
}
template <class Real>
void fit_marginals(BasicUnits<Real>& units, std::span<const double> means, std::span<const double> variances,
                   std::size_t samples) {
    std::visit([&](auto& bank) { bank.fit_marginals(means, variances, samples); }, units);
}
template <class Real, class Visitor>
void each_parameter(BasicUnits<Real>& units, Visitor&& visit) {
    std::visit([&](auto& bank) { bank.each_parameter(bank, visit); }, units);
}
template <class Real, class Visitor>
void each_parameter(const BasicUnits<Real>& units, Visitor&& visit) {
    std::visit([&](const auto& bank) { bank.each_parameter(bank, visit); }, units);
}

/// True when the data behind these units are values in [0, 1] that can be binarised.
template <class Real>
bool takes_unit_interval(const BasicUnits<Real>& units) {
    return !alphabet(units).empty();
}

}  // namespace rbm
