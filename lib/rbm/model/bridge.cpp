// SPDX-License-Identifier: MIT
#include "rbm/model/bridge.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "rbm/data/column_moments.h"
#include "rbm/kernels/closed_state.h"
#include "rbm/kernels/error.h"
#include "rbm/kernels/ops.h"

namespace rbm {
namespace {

template <class Bank>
using PathOf = typename std::remove_cvref_t<Bank>::Path;

template <class Real>
void flatten(BasicUnits<Real>& units) {
    std::visit([](auto& bank) { PathOf<decltype(bank)>::flatten(bank); }, units);
}

/// What one closes, the other does too: closed_state.h.
template <class Real>
void close_as(const BasicUnits<Real>& units, BasicUnits<Real>& other) {
    if (site_width(units) < 2 || width(units) != width(other)) return;
    const std::span<const Real> from = location(units);
    const std::span<Real> to = location(other);
    for (std::size_t i = 0; i < from.size(); ++i)
        if (closes(from[i])) to[i] = from[i];
}

template <class Real>
void set(BasicUnitsPath<Real>& path, const BasicUnits<Real>& from, const BasicUnits<Real>& to) {
    if (kind(from) != kind(to) || width(from) != width(to))
        throw InvalidArgument(fmt::format("Bridge: the base has {} {} units, the machine {} {} ones", width(from),
                                          kind(from), width(to), kind(to)));
    std::visit(
        [&](const auto& bank) {
            using Bank = std::remove_cvref_t<decltype(bank)>;
            using Path = PathOf<Bank>;
            if (!std::holds_alternative<Path>(path)) path.template emplace<Path>();
            std::get<Path>(path).set(std::get<Bank>(from), bank);
        },
        to);
}

/// log of the sum of exp(-E_own) over all states.
template <class Real>
double own_log_partition(const BasicUnits<Real>& units) {
    const BasicMatrix<Real> no_field(1, width(units));
    double out = 0;
    add_log_normalizer(units, no_field.view(), BetaOf<Real>{}, std::span(&out, 1));
    return out;
}

}  // namespace

template <class Real>
BasicBridge<Real>::BasicBridge(const BasicMachine<Real>& machine, const BasicUnits<Real>& visible_base)
    : visible_base_(visible_base) {
    follow(machine);
}

template <class Real>
void BasicBridge<Real>::follow(const BasicMachine<Real>& machine) {
    machine_ = machine;
    // A base that is the machine's own bank, as the flattest Gaussian one is, follows too.
    hidden_base_ = machine_.hidden;
    flatten(hidden_base_);
    close_as(machine_.visible, visible_base_);
    close_as(machine_.hidden, hidden_base_);
    set(visible_, visible_base_, machine_.visible);
    set(hidden_, hidden_base_, machine_.hidden);
    statistic_factors(machine_.visible, ones_, scratch_, visible_factors_);
    statistic_factors(machine_.hidden, ones_, scratch_, hidden_factors_);
    const auto one = [](Real factor) { return factor == 1; };
    plain_ = std::all_of(visible_factors_.begin(), visible_factors_.end(), one) &&
             std::all_of(hidden_factors_.begin(), hidden_factors_.end(), one);
    if (!plain_) {
        to_hidden_ = machine_.weights;
        to_visible_ = machine_.weights;
        for (std::size_t i = 0; i < visible_count(); ++i)
            for (std::size_t j = 0; j < hidden_count(); ++j) {
                to_hidden_(i, j) *= visible_factors_[i];
                to_visible_(i, j) *= hidden_factors_[j];
            }
        prepared_to_visible_.prepare(std::as_const(to_visible_).view());
    }
    prepared_to_hidden_.prepare(to_hidden().view());
}

template <class Real>
double BasicBridge<Real>::base_log_partition() const {
    return own_log_partition(visible_base_) + own_log_partition(hidden_base_);
}

template <class Real>
BasicMachine<Real> BasicBridge<Real>::at(double beta) const {
    const auto bank_at = [&](const BasicUnitsPath<Real>& bank) {
        return std::visit([&](const auto& path) -> BasicUnits<Real> { return path.at(beta); }, bank);
    };
    BasicMachine<Real> result(bank_at(visible_), bank_at(hidden_));
    // beta s(v) W s(h) in terms of the banks' own statistics at beta.
    const auto visible_own = statistic_factors(result.visible), hidden_own = statistic_factors(result.hidden);
    for (std::size_t i = 0; i < visible_count(); ++i)
        for (std::size_t j = 0; j < hidden_count(); ++j)
            result.weights(i, j) = static_cast<Real>(beta) * machine_.weights(i, j) *
                                   (visible_factors_[i] / visible_own[i]) * (hidden_factors_[j] / hidden_own[j]);
    return result;
}

template <class Real>
void BasicBridge<Real>::hidden_field(ConstView visible_state, View out) const {
    multiply(visible_state, to_hidden().view(), prepared_to_hidden_, out);
}

template <class Real>
void BasicBridge<Real>::visible_field(ConstView hidden_state, View out) const {
    multiply_transposed(hidden_state, to_visible().view(), plain_ ? prepared_to_hidden_ : prepared_to_visible_, out);
}

template <class Real>
void BasicBridge<Real>::sample_hidden(ConstView field, Beta beta, const Stream& stream, View out) const {
    std::visit([&](const auto& path) { path.sample(field, beta, stream, out); }, hidden_);
}

template <class Real>
void BasicBridge<Real>::sample_visible(ConstView field, Beta beta, const Stream& stream, View out) const {
    std::visit([&](const auto& path) { path.sample(field, beta, stream, out); }, visible_);
}

template <class Real>
void BasicBridge<Real>::sample_base(const Stream& stream, View out) const {
    for (std::size_t r = 0; r < out.rows; ++r) std::fill(out.row(r).begin(), out.row(r).end(), Real{0});
    sample(visible_base_, out, Beta{}, stream, out);
}

template <class Real>
void BasicBridge<Real>::log_ratios(ConstView visible_state, ConstView field, Beta from, Beta to,
                                   std::span<double> out) const {
    std::fill(out.begin(), out.end(), 0.0);
    std::visit([&](const auto& path) { path.add_energy_change(visible_state, out); }, visible_);
    for (std::size_t b = 0; b < out.size(); ++b) out[b] *= static_cast<double>(from[b]) - static_cast<double>(to[b]);
    std::visit([&](const auto& path) { path.add_normalizer_change(field, from, to, out); }, hidden_);
}

template class BasicBridge<float>;
template class BasicBridge<double>;

template <class Real>
BasicMachine<Real> tempered(const BasicMachine<Real>& machine, double beta) {
    BasicMachine<Real> result = machine;
    double coupling = beta;
    for (BasicUnits<Real>* units : {&result.visible, &result.hidden}) {
        if (!is_bounded(*units) && !(beta > 0))
            throw InvalidArgument(
                fmt::format("tempered: beta is {}, {} units need a beta above 0", beta, kind(*units)));
        if (width(*units) == 0) continue;
        const double before = static_cast<double>(statistic_factors(*units)[0]);
        const BasicUnits<Real> unscaled = *units;
        std::visit([&](auto& bank) { PathOf<decltype(bank)>::scale_energy(bank, beta); }, *units);
        close_as(unscaled, *units);
        coupling *= before / static_cast<double>(statistic_factors(*units)[0]);
    }
    for (Real& weight : result.weights.values()) weight = static_cast<Real>(coupling * static_cast<double>(weight));
    return result;
}
template Machine tempered(const Machine&, double);
template PreciseMachine tempered(const PreciseMachine&, double);

template <class Real>
BasicUnits<Real> base_of_marginals(const BasicMachine<Real>& machine, std::span<const double> means,
                                   std::span<const double> variances) {
    if (means.size() != machine.visible_count() || variances.size() != machine.visible_count())
        throw InvalidArgument(fmt::format("base_of_marginals: {} means and {} variances for {} visible units",
                                          means.size(), variances.size(), machine.visible_count()));
    BasicUnits<Real> base = machine.visible;
    fit_marginals(base, means, variances, 20);
    return base;
}
template Units base_of_marginals(const Machine&, std::span<const double>, std::span<const double>);
template BasicUnits<double> base_of_marginals(const PreciseMachine&, std::span<const double>, std::span<const double>);

Units base_of_data(const Machine& machine, const Dataset& data, std::span<const float> row_weights) {
    const ColumnMoments moments = column_moments(data, row_weights);
    return base_of_marginals<float>(machine, moments.mean, moments.variance);
}

template <class Real>
BasicUnits<Real> uniform_base(const BasicMachine<Real>& machine) {
    if (!is_bounded(machine.visible))
        throw Unsupported(
            fmt::format("a uniform base: {} units have no uniform distribution, use the data's or the model's",
                        kind(machine.visible)));
    BasicUnits<Real> base = machine.visible;
    flatten(base);
    close_as(machine.visible, base);
    return base;
}
template Units uniform_base(const Machine&);
template BasicUnits<double> uniform_base(const PreciseMachine&);

}  // namespace rbm
