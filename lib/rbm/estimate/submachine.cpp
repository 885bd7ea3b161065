// SPDX-License-Identifier: MIT
#include "rbm/estimate/submachine.h"

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

/// The mean of a Gaussian unit lies within reach of its center, whatever the other side's states.
double reach(const PreciseMachine& machine, Side side) {
    const auto letters = alphabet(side == Side::visible ? machine.hidden : machine.visible);
    double extreme = 0;
    for (const double letter : letters) extreme = std::max(extreme, std::abs(letter));
    double sum = 0;
    for (const double weight : machine.weights.values()) sum += std::abs(weight);
    return extreme * sum;
}

}  // namespace

Machine submachine(const Machine& machine, std::span<const std::size_t> visible, std::span<const std::size_t> hidden) {
    Machine part(make_units<float>(kind(machine.visible), visible.size()),
                 make_units<float>(kind(machine.hidden), hidden.size()));
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
    const std::vector<std::size_t> hidden = largest(of_hidden, most_hidden);
    std::vector<double> of_visible(machine.visible_count());
    for (std::size_t i = 0; i < of_visible.size(); ++i)
        for (const std::size_t j : hidden) of_visible[i] += std::abs(static_cast<double>(machine.weights(i, j)));
    return submachine(machine, largest(of_visible, most_visible), hidden);
}

SideStates side_states(const PreciseMachine& machine, Side side) {
    const auto& units = side == Side::visible ? machine.visible : machine.hidden;
    SideStates all;
    if (const std::uint64_t count = state_count(units); count > 0) {
        all.states.resize(static_cast<std::size_t>(count), width(units));
        enumerate_states(units, 0, all.states.view());
        return all;
    }
    const auto* gaussian = std::get_if<BasicGaussian<double>>(&units);
    if (gaussian == nullptr || gaussian->width() != 1)
        throw Unsupported("side_states: expected discrete units, at most 25, or one Gaussian unit");
    // The rule of equal steps errs by exp(-2 pi^2 sigma^2 / step^2) on a Gaussian: 1e-137 at a quarter of sigma.
    const double sigma = std::exp(gaussian->log_sigma[0]), step = sigma / 4;
    const double half = reach(machine, side) + 12 * sigma;
    const auto points = static_cast<std::size_t>(std::min(2 * half / step, 0x1p22)) + 1;
    all.states.resize(points, 1);
    for (std::size_t i = 0; i < points; ++i)
        all.states(i, 0) = gaussian->center[0] - half + static_cast<double>(i) * step;
    all.log_measure = std::log(step);
    return all;
}

}  // namespace rbm
