// SPDX-License-Identifier: MIT
#include "rbm/estimate/sandwich.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "rbm/estimate/acceptance_ratio.h"

namespace rbm {
namespace {

PartitionEstimate ratio_estimate(double base_log_partition, std::span<const double> up, std::span<const double> down) {
    const AcceptanceRatio ratio = weighed_acceptance_ratio(up, down);
    PartitionEstimate result;
    result.value = base_log_partition + ratio.value;
    result.standard_error = ratio.standard_error;
    result.low = result.value - 3 * ratio.standard_error;
    result.high = result.value + 3 * ratio.standard_error;
    result.effective_samples = ratio.effective_draws;
    result.samples = std::min(up.size(), down.size());
    return result;
}

double weighted_mean(const PartitionEstimate& a, const PartitionEstimate& b) {
    constexpr double no_error = 1e-9;  // of weights that are all the same
    const double of_a = 1 / std::max(a.standard_error * a.standard_error, no_error * no_error);
    const double of_b = 1 / std::max(b.standard_error * b.standard_error, no_error * no_error);
    return (of_a * a.value + of_b * b.value) / (of_a + of_b);
}

bool has_tempering(const Sandwich& sandwich) { return sandwich.tempering.estimate.samples > 0; }

/// Gibbs sweeps of the machine itself.
Matrix swept(const Bridge& bridge, ConstView start, std::size_t sweeps, Random& random, const Control& control) {
    Work work(control, "sampling", sweeps);
    Matrix visible(start.rows, start.cols), hidden(start.rows, bridge.hidden_count());
    for (std::size_t c = 0; c < start.rows; ++c)
        std::copy(start.row(c).begin(), start.row(c).end(), visible.row(c).begin());
    const std::vector<float> one(start.rows, 1.0F);
    for (std::size_t sweep = 0; sweep < sweeps; ++sweep) {
        bridge.hidden_field(visible, hidden);
        bridge.sample_hidden(hidden.view(), one, random.next(), hidden);
        bridge.visible_field(hidden, visible);
        bridge.sample_visible(visible.view(), one, random.next(), visible);
        work.advance();
    }
    return visible;
}

}  // namespace

std::size_t data_sweeps(const AisSettings& settings) { return std::max<std::size_t>(settings.betas / 100, 10); }

std::size_t sandwich_steps(const SandwichSettings& settings, bool with_data) {
    const std::size_t betas = settings.annealing.betas;
    return pilot_steps(settings.annealing) + (settings.forward ? betas : 0) + tempering_steps(settings.tempering) +
           betas + (with_data ? data_sweeps(settings.annealing) + betas : 0);
}

Contradiction contradiction(const Sandwich& sandwich) {
    if (!sandwich.forward) return Contradiction::none;
    const PartitionEstimate& forward = *sandwich.forward;
    if (exceeds(forward, sandwich.from_tempering) || (sandwich.from_data && exceeds(forward, *sandwich.from_data)))
        return Contradiction::forward_above;
    const double high =
        std::max(sandwich.from_tempering.high, sandwich.from_data ? sandwich.from_data->high : -HUGE_VAL);
    if (forward.low > high) return Contradiction::forward_above;
    const PartitionEstimate& other = sandwich.tempering.estimate;
    const bool apart =
        has_tempering(sandwich) && travels(sandwich.tempering) && (other.high < forward.low || other.low > high);
    return apart ? Contradiction::tempering_apart : Contradiction::none;
}

void conclude(Sandwich& result, double base_log_partition, std::span<const double> up, std::span<const double> down,
              std::span<const double> down_from_data) {
    const PartitionEstimate& back = result.from_tempering;
    result.low = result.forward ? result.forward->low : back.low;
    result.high = std::max(back.high, result.from_data ? result.from_data->high : result.low);
    if (!result.forward) {
        result.value = result.from_data ? std::max(back.value, result.from_data->value) : back.value;
        return;
    }
    const PartitionEstimate& forward = *result.forward;
    std::vector<double> all_down(down.begin(), down.end());
    if (result.from_data && !exceeds(back, *result.from_data) && !exceeds(*result.from_data, back))
        all_down.insert(all_down.end(), down_from_data.begin(), down_from_data.end());
    result.ratio = ratio_estimate(base_log_partition, up, all_down);
    result.by_tempering = has_tempering(result) && travels(result.tempering);
    result.by_ratio = !result.by_tempering || !rests_on_few(*result.ratio);
    const PartitionEstimate& tempering = result.tempering.estimate;
    result.value = !result.by_tempering ? result.ratio->value
                   : !result.by_ratio   ? tempering.value
                                        : weighted_mean(*result.ratio, tempering);
    result.bounds = contradiction(result) == Contradiction::none;
    if (!result.bounds) {
        // However chains mix, a way there is hardly ever too high; where many carry it, not even its mean.
        result.value = std::max(result.value, rests_on_few(forward) ? forward.low : forward.value);
        const auto span = [&](const PartitionEstimate& estimate) {
            result.low = std::min(result.low, estimate.low);
            result.high = std::max(result.high, estimate.high);
        };
        span(forward);
        span(back);
        if (result.from_data) span(*result.from_data);
        if (result.by_tempering) span(tempering);
    }
    result.value = std::clamp(result.value, result.low, result.high);
}

Sandwich sandwich_log_partition(const Bridge& bridge, const SandwichSettings& settings, ConstView data_start,
                                Random& random, const Control& control) {
    Work work(control, "sandwich", sandwich_steps(settings, data_start.rows > 0));
    const AisSettings& annealing = settings.annealing;
    Sandwich result;
    const std::vector<float> betas = spaced_betas(bridge, annealing, random, work.part());
    std::vector<double> up, down, down_from_data;
    if (settings.forward)
        result.forward = annealed_log_partition(bridge, betas, annealing.chains, random, &up, work.part());
    result.tempering = tempering_log_partition(bridge, settings.tempering, random, annealing.chains, work.part());
    result.from_tempering = reverse_log_partition(bridge, betas, result.tempering.samples, random, &down, work.part());
    if (data_start.rows > 0) {
        const Matrix samples = swept(bridge, data_start, data_sweeps(annealing), random, work.part());
        result.from_data = reverse_log_partition(bridge, betas, samples, random, &down_from_data, work.part());
    }
    conclude(result, bridge.base_log_partition(), up, down, down_from_data);
    return result;
}

}  // namespace rbm
