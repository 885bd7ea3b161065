// SPDX-License-Identifier: MIT
#include "rbm/estimate/sandwich.h"

#include <algorithm>
#include <cmath>

#include "rbm/estimate/acceptance_ratio.h"

namespace rbm {
namespace {

bool exceeds(const PartitionEstimate& forward, const PartitionEstimate& reverse) {
    return forward.value - reverse.value > 3 * std::hypot(forward.standard_error, reverse.standard_error);
}

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

void conclude(Sandwich& result, double base_log_partition, std::span<const double> up, std::span<const double> down) {
    const PartitionEstimate& first = result.forward ? *result.forward : result.from_tempering;
    result.value = first.value;
    result.low = first.low;
    result.high = std::max(result.from_tempering.high, result.from_data ? result.from_data->high : first.low);
    if (!result.forward) {
        if (result.from_data) result.value = std::max(result.value, result.from_data->value);
        return;
    }
    result.bounds = !exceeds(first, result.from_tempering) && !(result.from_data && exceeds(first, *result.from_data));
    if (result.bounds && result.low <= result.high) {
        result.value = std::clamp(base_log_partition + acceptance_ratio(up, down), result.low, result.high);
    } else {
        result.bounds = false;
        result.high = std::max(result.high, first.high);
        result.low = std::min(result.low, result.from_tempering.low);
        if (result.from_data) result.low = std::min(result.low, result.from_data->low);
    }
}

Sandwich sandwich_log_partition(const Bridge& bridge, const SandwichSettings& settings, ConstView data_start,
                                Random& random, const Control& control) {
    Work work(control, "sandwich", sandwich_steps(settings, data_start.rows > 0));
    const AisSettings& annealing = settings.annealing;
    Sandwich result;
    const std::vector<float> betas = spaced_betas(bridge, annealing, random, work.part());
    std::vector<double> up, down;
    if (settings.forward)
        result.forward = annealed_log_partition(bridge, betas, annealing.chains, random, &up, work.part());
    result.tempering = tempering_log_partition(bridge, settings.tempering, random, annealing.chains, work.part());
    result.from_tempering = reverse_log_partition(bridge, betas, result.tempering.samples, random, &down, work.part());
    if (data_start.rows > 0) {
        const Matrix samples = swept(bridge, data_start, data_sweeps(annealing), random, work.part());
        result.from_data = reverse_log_partition(bridge, betas, samples, random, nullptr, work.part());
    }
    conclude(result, bridge.base_log_partition(), up, down);
    return result;
}

}  // namespace rbm
