// SPDX-License-Identifier: MIT
#include "rbm/estimate/annealing.h"

#include <algorithm>
#include <cmath>

#include "rbm/kernels/error.h"

namespace rbm {
namespace {

void check_steps(std::size_t steps) {
    if (steps == 0) throw InvalidArgument("betas: found 0 steps, expected at least 1");
}

double covariance(std::span<const double> x, std::span<const double> y) {
    const double count = static_cast<double>(x.size());
    double mean_x = 0, mean_y = 0, products = 0;
    for (std::size_t i = 0; i < x.size(); ++i) mean_x += x[i] / count, mean_y += y[i] / count;
    for (std::size_t i = 0; i < x.size(); ++i) products += (x[i] - mean_x) * (y[i] - mean_y);
    return products / std::max(1.0, count - 1);
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

double AnnealingRecord::variance(std::span<const double> values) { return covariance(values, values); }

Annealing::Annealing(const Bridge& bridge, std::size_t chains)
    : visible(chains, bridge.visible_count()),
      bridge_(bridge),
      hidden_(chains, bridge.hidden_count()),
      from_(chains),
      to_(chains),
      ratios_(chains) {
    log_weights.resize(chains);
}

void Annealing::run(std::span<const float> betas, Random& random, const Control& control) {
    Work work(control, "annealing", betas.size() - 1);
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
        work.advance();
    }
}

PathLength PathLength::measure(const Bridge& bridge, std::size_t steps, std::size_t chains, Random& random,
                               const Control& control) {
    Annealing pilot(bridge, chains);
    bridge.sample_base(random.next(), pilot.visible);
    const auto run = [&](std::span<const float> path, const Control& each) { pilot.run(path, random, each); };
    return measure(steps, pilot, run, control);
}

PathLength PathLength::measure(std::size_t steps, const AnnealingRecord& pilot, const Run& run,
                               const Control& control) {
    const std::size_t parts = std::min<std::size_t>(steps, 40), chains = pilot.log_weights.size();
    BasicMatrix<double> gained(parts, chains);
    std::vector<double> before(chains), own(parts);
    PathLength result;
    result.betas.assign(1, 0.0);
    std::size_t part = 0;
    Work work(control, "pilot", steps);
    const auto note = [&](const ProgressReport& report) {
        const auto step = static_cast<std::size_t>(report.done);
        own[part] += pilot.step_variances[step - 1];
        if (step * parts >= (part + 1) * steps) {
            for (std::size_t c = 0; c < chains; ++c) gained(part, c) = pilot.log_weights[c] - before[c];
            before = pilot.log_weights;
            result.betas.push_back(static_cast<double>(step) / static_cast<double>(steps));
            ++part;
        }
        work.advance();
    };
    run(linear_betas(steps), {note, {}});
    std::vector<double> added(parts);
    for (std::size_t k = 0; k < parts; ++k) added[k] = std::max(own[k], covariance(gained.row(k), pilot.log_weights));
    result.length.assign(1, 0.0);
    for (std::size_t k = 0; k < parts; ++k) {
        // Neighbours take part: a hundred chains give a rough covariance.
        const double smooth = (added[k == 0 ? 0 : k - 1] + 2 * added[k] + added[std::min(k + 1, parts - 1)]) / 4;
        const double width = result.betas[k + 1] - result.betas[k];
        result.length.push_back(result.length.back() + std::sqrt(smooth * width));
    }
    return result;
}

double PathLength::length_at(double beta) const {
    std::size_t k = 0;
    while (k + 2 < betas.size() && betas[k + 1] < beta) ++k;
    const double within = std::clamp((beta - betas[k]) / (betas[k + 1] - betas[k]), 0.0, 1.0);
    return length[k] + within * (length[k + 1] - length[k]);
}

PathLength PathLength::both_ways(const PathLength& there, const PathLength& back) {
    PathLength sum;
    sum.betas = there.betas;
    for (const double beta : back.betas) sum.betas.push_back(1 - beta);
    std::sort(sum.betas.begin(), sum.betas.end());
    const auto same = [](double a, double b) { return b - a < 1e-9; };
    sum.betas.erase(std::unique(sum.betas.begin(), sum.betas.end(), same), sum.betas.end());
    sum.betas.front() = 0, sum.betas.back() = 1;
    for (const double beta : sum.betas)
        sum.length.push_back(there.length_at(beta) + back.length.back() - back.length_at(1 - beta));
    return sum;
}

std::vector<float> PathLength::equal_steps(std::size_t steps) const {
    check_steps(steps);
    // A tenth of the steps is spread evenly: where the pilot saw no variance there may be some.
    const double evenly = std::max(0.1 * length.back(), 1e-9);
    const auto length_at = [&](std::size_t k) { return length[k] + evenly * betas[k]; };
    const double all = length_at(betas.size() - 1);
    std::vector<float> result{0};
    for (std::size_t i = 1, k = 0; i < steps; ++i) {
        const double wanted = all * static_cast<double>(i) / static_cast<double>(steps);
        while (k + 2 < betas.size() && length_at(k + 1) < wanted) ++k;
        const double within = (wanted - length_at(k)) / (length_at(k + 1) - length_at(k));
        result.push_back(static_cast<float>(betas[k] + std::clamp(within, 0.0, 1.0) * (betas[k + 1] - betas[k])));
    }
    result.push_back(1);
    return result;
}

}  // namespace rbm
