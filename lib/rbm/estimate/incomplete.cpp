// SPDX-License-Identifier: MIT
#include "rbm/estimate/incomplete.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "rbm/kernels/error.h"
#include "rbm/model/enumerate.h"
#include "rbm/model/state_sum.h"

namespace rbm {
namespace {

/// The chosen columns of a bank, whole sites.
template <class Real>
BasicUnits<Real> part_of(const BasicUnits<Real>& units, std::span<const std::size_t> chosen) {
    BasicUnits<Real> part = similar_units<Real>(units, chosen.size() / site_width(units));
    std::vector<std::span<const Real>> all;
    each_parameter(units, [&](std::string_view, std::span<const Real> values) { all.push_back(values); });
    std::size_t parameter = 0;
    each_parameter(part, [&](std::string_view, std::span<Real> values) {
        for (std::size_t i = 0; i < chosen.size(); ++i) values[i] = all[parameter][chosen[i]];
        ++parameter;
    });
    return part;
}

template <class Real>
double log_normalizer(const BasicUnits<Real>& units, MatrixView<const Real> field) {
    double out = 0;
    add_log_normalizer(units, field, BetaOf<Real>{}, std::span(&out, 1));
    return out;
}

}  // namespace

template <class Real>
BasicConditioned<Real> condition(const BasicMachine<Real>& machine, std::span<const Real> values) {
    if (values.size() != machine.visible_count())
        throw InvalidArgument(
            fmt::format("condition: {} values for {} visible units", values.size(), machine.visible_count()));
    const std::size_t hidden_count = machine.hidden_count();
    BasicConditioned<Real> result;
    std::vector<std::size_t> known;
    for (std::size_t i = 0; i < values.size(); ++i) (std::isnan(values[i]) ? result.unknown : known).push_back(i);
    const std::size_t columns = site_width(machine.visible);
    for (std::size_t i = 0; i < values.size(); ++i)
        if (std::isnan(values[i]) != std::isnan(values[i / columns * columns]))
            throw InvalidArgument(
                fmt::format("condition: columns {} and {}: found one of them unknown, but a site of {} columns is "
                            "either known or unknown as a whole",
                            i / columns * columns + 1, i + 1, columns));
    const auto rows_of = [&](BasicMachine<Real>& part, std::span<const std::size_t> chosen) {
        for (std::size_t i = 0; i < chosen.size(); ++i)
            std::copy(machine.weights.row(chosen[i]).begin(), machine.weights.row(chosen[i]).end(),
                      part.weights.row(i).begin());
    };

    BasicMachine<Real> held(part_of(machine.visible, known), machine.hidden);
    rows_of(held, known);
    BasicMatrix<Real> state(1, known.size()), field(1, hidden_count);
    for (std::size_t i = 0; i < known.size(); ++i) state(0, i) = values[known[i]];
    if (!known.empty()) {
        BasicWorkspace<Real> workspace;
        held.hidden_field(state, workspace, field);
        add_energy(held.visible, state, std::span(&result.energy, 1));
    }
    // A constant field moves a bank's location.  What it leaves of the energy is what its normaliser changes by.
    BasicUnits<Real> moved = machine.hidden;
    const auto place = location(moved);
    for (std::size_t j = 0; j < hidden_count; ++j) place[j] += field(0, j);
    const BasicMatrix<Real> no_field(1, hidden_count);
    result.energy +=
        log_normalizer(moved, no_field.view()) - log_normalizer(machine.hidden, std::as_const(field).view());
    result.machine = BasicMachine<Real>(part_of(machine.visible, result.unknown), std::move(moved));
    rows_of(result.machine, result.unknown);
    return result;
}

MarginalFreeEnergy marginal_free_energy(const Machine& machine, const PreciseMachine& exact_machine,
                                        std::span<const float> values, const MarginalSettings& settings, Random& random,
                                        const Control& control) {
    const auto exactly = [](double value) { return MarginalFreeEnergy{value, value, value, true, 0}; };
    const auto unknown =
        static_cast<std::size_t>(std::count_if(values.begin(), values.end(), [](float x) { return std::isnan(x); }));
    if (unknown == 0) return exactly(machine.free_energy(ConstView(values.data(), 1, values.size()))[0]);
    const BasicMatrix<double> wide = precise(ConstView(values.data(), 1, values.size()));
    const Units missing = similar_units<float>(machine.visible, unknown / site_width(machine.visible));
    if (state_count(missing) != 0 || state_count(machine.hidden) != 0) {
        const auto part = condition<double>(exact_machine, wide.row(0));
        const StateSum sum(part.machine, enumerable_side(part.machine));
        return exactly(part.energy - sum.log_partition(control));
    }
    const Conditioned part = condition<float>(machine, values);
    const Units base =
        settings.visible_base ? part_of(*settings.visible_base, part.unknown) : Units(part.machine.visible);
    const Bridge bridge(part.machine, base);
    const auto betas = linear_betas(settings.betas);
    const PartitionEstimate z = annealed_log_partition(bridge, betas, settings.chains, random, nullptr, control);
    return {part.energy - z.value, part.energy - z.high, part.energy - z.low, false, z.spread};
}

template BasicConditioned<float> condition(const BasicMachine<float>&, std::span<const float>);
template BasicConditioned<double> condition(const BasicMachine<double>&, std::span<const double>);

}  // namespace rbm
