// SPDX-License-Identifier: MIT
#include "rbm/check/submachine.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "rbm/kernels/error.h"
#include "rbm/model/enumerate.h"

namespace rbm {
namespace {

/// The positions of the largest scores, in order of position.
std::vector<std::size_t> largest(const std::vector<double>& scores, std::size_t most) {
    std::vector<std::size_t> order(scores.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
    order.resize(std::min(most, order.size()));
    std::sort(order.begin(), order.end());
    return order;
}

/// The columns of the sites with the largest scores: as many as have no more states than `most` units of two, but one
/// at least; of continuous units, `most`.
std::vector<std::size_t> strongest_sites(const Units& units, const std::vector<double>& of_columns, std::size_t most) {
    const std::size_t columns = site_width(units);
    if (columns > 1) {
        const double sites = static_cast<double>(most) / std::log2(static_cast<double>(columns));
        most = std::max<std::size_t>(1, static_cast<std::size_t>(sites));
    }
    std::vector<double> scores(of_columns.size() / columns);
    for (std::size_t i = 0; i < of_columns.size(); ++i)
        scores[i / columns] = std::max(scores[i / columns], of_columns[i]);
    std::vector<std::size_t> chosen;
    for (const std::size_t site : largest(scores, most))
        for (std::size_t k = 0; k < columns; ++k) chosen.push_back(site * columns + k);
    return chosen;
}

/// The mean of a continuous unit lies within reach of its location, whatever the other side's states.
double reach(const PreciseMachine& machine, Side side) {
    const BasicMatrix<double> states = site_states(side == Side::visible ? machine.hidden : machine.visible);
    double extreme = 0;
    for (const double letter : states.values()) extreme = std::max(extreme, std::abs(letter));
    double sum = 0;
    for (const double weight : machine.weights.values()) sum += std::abs(weight);
    return extreme * sum;
}

}  // namespace

Machine submachine(const Machine& machine, std::span<const std::size_t> visible, std::span<const std::size_t> hidden) {
    Machine part(similar_units<float>(machine.visible, visible.size() / site_width(machine.visible)),
                 similar_units<float>(machine.hidden, hidden.size() / site_width(machine.hidden)));
    each_pair(part, machine, [&](std::string_view name, std::span<float> out, std::span<const float> values) {
        if (name == "weights") return;
        const auto chosen = name.starts_with("visible.") ? visible : hidden;
        for (std::size_t i = 0; i < chosen.size(); ++i) out[i] = values[chosen[i]];
    });
    for (std::size_t i = 0; i < visible.size(); ++i)
        for (std::size_t j = 0; j < hidden.size(); ++j) part.weights(i, j) = machine.weights(visible[i], hidden[j]);
    return part;
}

Machine strongest_part(const Machine& machine, std::size_t most_visible, std::size_t most_hidden) {
    std::vector<double> of_hidden(machine.hidden_count());
    for (std::size_t i = 0; i < machine.visible_count(); ++i)
        for (std::size_t j = 0; j < of_hidden.size(); ++j)
            of_hidden[j] = std::max(of_hidden[j], std::abs(static_cast<double>(machine.weights(i, j))));
    const std::vector<std::size_t> hidden = strongest_sites(machine.hidden, of_hidden, most_hidden);
    std::vector<double> of_visible(machine.visible_count());
    for (std::size_t i = 0; i < of_visible.size(); ++i)
        for (const std::size_t j : hidden) of_visible[i] += std::abs(static_cast<double>(machine.weights(i, j)));
    return submachine(machine, strongest_sites(machine.visible, of_visible, most_visible), hidden);
}

SideStates side_states(const PreciseMachine& machine, Side side) {
    const auto& units = side == Side::visible ? machine.visible : machine.hidden;
    SideStates all;
    if (const std::uint64_t count = state_count(units); count > 0) {
        all.states.resize(static_cast<std::size_t>(count), width(units));
        enumerate_states(units, 0, all.states.view());
        return all;
    }
    if (is_discrete(units) || width(units) != 1)
        throw Unsupported("side_states: expected discrete units, at most 25, or one continuous unit");
    const IntegrationGrid grid = integration_grid(units, reach(machine, side));
    all.states.resize(grid.points.size(), 1);
    std::copy(grid.points.begin(), grid.points.end(), all.states.data());
    all.log_measure = grid.log_step;
    return all;
}

}  // namespace rbm
