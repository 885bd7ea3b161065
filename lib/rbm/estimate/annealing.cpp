// SPDX-License-Identifier: MIT
#include "rbm/estimate/annealing.h"

#include <cmath>
#include <stdexcept>

namespace rbm {
namespace {

void check_steps(std::size_t steps) {
    if (steps == 0) throw std::invalid_argument("betas: found 0 steps, expected at least 1");
}

double variance(std::span<const double> values) {
    double mean = 0, squares = 0;
    for (const double value : values) mean += value / static_cast<double>(values.size());
    for (const double value : values) squares += (value - mean) * (value - mean);
    return squares / static_cast<double>(std::max<std::size_t>(values.size(), 2) - 1);
}

/// `steps` equal steps from low to high, both of them included at the end.
void append_steps(std::vector<float>& betas, double low, double high, std::size_t steps) {
    for (std::size_t i = 1; i <= steps; ++i)
        betas.push_back(static_cast<float>(low + (high - low) * static_cast<double>(i) / static_cast<double>(steps)));
}

}  // namespace

std::vector<float> linear_betas(std::size_t steps) {
    check_steps(steps);
    std::vector<float> betas{0};
    append_steps(betas, 0, 1, steps);
    return betas;
}

std::vector<float> salakhutdinov_murray_betas(std::size_t steps) {
    check_steps(steps);
    const auto share = [&](double parts) {
        return static_cast<std::size_t>(std::lround(static_cast<double>(steps) * parts / 14500));
    };
    std::vector<float> betas{0};
    const std::size_t first = share(500), second = share(4500);
    append_steps(betas, 0, 0.5, first);
    append_steps(betas, first == 0 ? 0 : 0.5, 0.9, second - first);
    append_steps(betas, static_cast<double>(betas.back()), 1, steps - second);
    betas.back() = 1;
    return betas;
}

Annealing::Annealing(const Bridge& bridge, std::size_t chains)
    : visible(chains, bridge.visible_count()),
      log_weights(chains),
      bridge_(bridge),
      hidden_(chains, bridge.hidden_count()),
      from_(chains),
      to_(chains),
      ratios_(chains) {}

void Annealing::run(std::span<const float> betas, Random& random, const OnStep& on_step) {
    std::fill(log_weights.begin(), log_weights.end(), 0.0);
    step_variances.assign(betas.size() - 1, 0.0);
    for (std::size_t step = 0; step + 1 < betas.size(); ++step) {
        std::fill(from_.begin(), from_.end(), betas[step]);
        std::fill(to_.begin(), to_.end(), betas[step + 1]);
        bridge_.hidden_field(visible, hidden_);
        bridge_.log_ratios(visible, hidden_, from_, to_, ratios_);
        for (std::size_t c = 0; c < ratios_.size(); ++c) log_weights[c] += ratios_[c];
        step_variances[step] = variance(ratios_);
        if (step + 2 < betas.size()) {  // where the last sweep would lead is of no interest
            bridge_.sample_hidden(hidden_.view(), to_, random.next(), hidden_);
            bridge_.visible_field(hidden_, visible);
            bridge_.sample_visible(visible.view(), to_, random.next(), visible);
        }
        if (on_step) on_step(step + 1);
    }
}

ThermodynamicLength ThermodynamicLength::measure(const Bridge& bridge, std::size_t steps, std::size_t chains,
                                                 Random& random, const OnStep& on_step) {
    Annealing pilot(bridge, chains);
    bridge.sample_base(random.next(), pilot.visible);
    ThermodynamicLength result;
    result.betas = linear_betas(steps);
    pilot.run(result.betas, random, on_step);
    result.length.assign(1, 0.0);
    for (const double variance_of_step : pilot.step_variances)
        result.length.push_back(result.length.back() + std::sqrt(variance_of_step));
    return result;
}

std::vector<float> ThermodynamicLength::betas_at_equal_lengths(std::size_t steps) const {
    check_steps(steps);
    // A tenth of the steps is spread evenly: where the pilot saw no spread there may be some.
    const double evenly = std::max(0.1 * total(), 1e-9);
    const auto length_at = [&](std::size_t k) { return length[k] + evenly * static_cast<double>(betas[k]); };
    const double all = length_at(betas.size() - 1);
    std::vector<float> result{0};
    for (std::size_t i = 1, k = 0; i < steps; ++i) {
        const double wanted = all * static_cast<double>(i) / static_cast<double>(steps);
        while (k + 2 < betas.size() && length_at(k + 1) < wanted) ++k;
        const double within = (wanted - length_at(k)) / (length_at(k + 1) - length_at(k));
        const double low = static_cast<double>(betas[k]), high = static_cast<double>(betas[k + 1]);
        result.push_back(static_cast<float>(low + std::clamp(within, 0.0, 1.0) * (high - low)));
    }
    result.push_back(1);
    return result;
}

}  // namespace rbm
