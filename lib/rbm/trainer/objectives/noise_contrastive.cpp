// SPDX-License-Identifier: MIT
#include "rbm/trainer/objectives/noise_contrastive.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <type_traits>
#include <utility>

#include "rbm/kernels/ops.h"
#include "rbm/trainer/objectives/both_phases.h"

namespace rbm {
namespace {

template <class Real>
BasicUnits<Real> converted(const Units& units) {
    if constexpr (std::is_same_v<Real, float>) {
        return units;
    } else {
        return precise(units);
    }
}

/// -F(v) - log q(v) of all rows, whose hidden fields lie in the workspace.
template <class Real>
std::vector<double> log_ratios(const BasicMachine<Real>& machine, const BasicUnits<Real>& base,
                               const BasicGradientWorkspace<Real>& workspace) {
    const auto states = workspace.visible.view();
    std::vector<double> energies(states.rows), ratios(states.rows), base_normalizer(1);
    add_log_normalizer(machine.hidden, workspace.hidden_field.view(), {}, ratios);
    add_energy(machine.visible, states, energies);
    for (std::size_t r = 0; r < ratios.size(); ++r) ratios[r] -= energies[r];
    add_energy(base, states, ratios);
    const BasicMatrix<Real> zero(1, states.cols);
    add_log_normalizer(base, zero.view(), {}, base_normalizer);
    for (double& ratio : ratios) ratio += base_normalizer[0];
    return ratios;
}

/// How well rows of data and noise are told apart, as c moves.
template <class Real>
struct Telling {
    const std::vector<double>& ratios;   ///< first those of the data
    std::span<const Real> data_weights;  ///< [B]
    double noise_weight;                 ///< of each row of noise
    double log_samples;

    struct Row {
        double weight, sign;  ///< of its log odds in what the loss takes softplus of: -1 for data
    };
    Row row(std::size_t r) const {
        if (r < data_weights.size()) return {static_cast<double>(data_weights[r]), -1};
        return {noise_weight, 1};
    }
    double log_odds(std::size_t r, double constant) const { return ratios[r] + constant - log_samples; }

    /// Where the loss of these rows is smallest: Newton's method, held in a bracket, for far away the loss is straight.
    double best_constant() const {
        const auto [least, most] = std::ranges::minmax(ratios);
        constexpr double sure = 40, tolerance = 1e-10;
        constexpr int iterations = 100;
        double low = log_samples - most - sure, high = log_samples - least + sure;
        double constant = std::isfinite(low) && std::isfinite(high) ? 0.5 * (low + high) : 0;
        for (int n = 0; n < iterations && high - low > tolerance; ++n) {
            double slope = 0, curvature = 0;
            for (std::size_t r = 0; r < ratios.size(); ++r) {
                const auto [weight, sign] = row(r);
                const double wrong = logistic(sign * log_odds(r, constant));
                slope += weight * sign * wrong;
                curvature += weight * wrong * (1 - wrong);
            }
            (slope > 0 ? high : low) = constant;
            const double next = constant - slope / curvature;
            const bool inside = next > low && next < high;
            const double moved = inside ? next : 0.5 * (low + high);
            if (inside && std::abs(moved - constant) < tolerance) return moved;
            constant = moved;
        }
        return constant;
    }
};

}  // namespace

double NoiseContrastive::damping(double done, double stride) {
    return std::max({0.01, 0.1 * (1 - done), std::min(0.1, 10 * stride)});
}

template <class Real>
NoiseContrastive::Learned NoiseContrastive::learned(const BasicNegativePhase<Real>& phase, double done, double stride) {
    const double share = damping(done, stride);
    const auto error = [&](double variance) { return 3 * std::sqrt(variance * share / (2 - share)); };
    const double log_partition = -phase.log_constant.value_or(0), by_noise = log_partition + phase.log_noise_gap;
    const double of_both = error(phase.log_constant_variance), of_noise = error(phase.log_noise_variance);
    return {log_partition, std::min(log_partition - of_both, by_noise - of_noise),
            std::max(log_partition + of_both, by_noise + of_noise)};
}

template <class Real>
void NoiseContrastive::add_gradient(const BasicMachine<Real>& machine, std::size_t batch,
                                    BasicNegativePhase<Real>& phase, Random& random,
                                    BasicGradientWorkspace<Real>& workspace, BasicMachine<Real>& gradient) const {
    const std::size_t noise = negative_rows(batch);
    const BasicUnits<Real> source = converted<Real>(base);
    workspace.scratch.resize(std::max<std::size_t>(workspace.scratch.size(), 1));
    BasicMatrix<Real>& zero = workspace.scratch[0];
    zero.resize(noise, machine.visible_count());
    zero.fill(0);
    sample(source, std::as_const(zero).view(), {}, random.next(), workspace.visible.rows_from(batch, noise));
    detail::field_and_mean(machine, workspace, 0, batch + noise);
    const std::vector<double> ratios = log_ratios(machine, source, workspace);
    double total = 0;
    for (std::size_t b = 0; b < batch; ++b) total += static_cast<double>(workspace.row_weights[b]);
    const Telling<Real> telling{ratios, std::span<const Real>(workspace.row_weights).first(batch),
                                total / static_cast<double>(batch), std::log(static_cast<double>(samples))};
    const double constant = telling.best_constant();
    // log Z by the noise alone, minus that by both.
    const double gap = log_sum_exp(std::span(ratios).subspan(batch)) - std::log(static_cast<double>(noise)) + constant;
    if (!phase.log_constant) {
        phase.log_constant = constant;
        phase.log_noise_gap = gap;
    }
    const double share = damping(workspace.done, workspace.stride);
    const auto widened = [&](double variance, double distance) {
        return (1 - share) * (variance + share * distance * distance);
    };
    const double distance = constant - *phase.log_constant;
    phase.log_constant_variance = widened(phase.log_constant_variance, distance);
    phase.log_constant = *phase.log_constant + share * distance;
    // The mean of the ratio of both Z, not of its logarithm, which is too low where few rows carry the sum.
    phase.log_noise_variance = widened(phase.log_noise_variance, gap - phase.log_noise_gap);
    phase.log_noise_gap = log_sum_exp(std::array{std::log1p(-share) + phase.log_noise_gap, std::log(share) + gap});

    double loss = 0;
    for (std::size_t r = 0; r < batch + noise; ++r) {
        const auto [own, sign] = telling.row(r);
        const double wrong = sign * telling.log_odds(r, constant);
        loss += own * softplus(wrong);
        workspace.row_weights[r] = static_cast<Real>(-own * sign * logistic(wrong));  // of F
    }
    detail::add_stacked_gradient(machine, workspace, gradient);
    workspace.loss = loss;
}

#define RBM_INSTANTIATE(Real)                                                                                        \
    template void NoiseContrastive::add_gradient(const BasicMachine<Real>&, std::size_t, BasicNegativePhase<Real>&,  \
                                                 Random&, BasicGradientWorkspace<Real>&, BasicMachine<Real>&) const; \
    template NoiseContrastive::Learned NoiseContrastive::learned(const BasicNegativePhase<Real>&, double, double);
RBM_INSTANTIATE(float)
RBM_INSTANTIATE(double)
#undef RBM_INSTANTIATE

}  // namespace rbm
