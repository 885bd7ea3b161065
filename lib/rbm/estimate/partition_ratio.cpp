// SPDX-License-Identifier: MIT
#include "rbm/estimate/partition_ratio.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "rbm/estimate/acceptance_ratio.h"
#include "rbm/kernels/error.h"

namespace rbm {
namespace {

/// A step of the direct route takes one of either machine.
constexpr std::uint64_t steps_of_both = 2;

std::size_t pilot_betas(const PartitionRatioSettings& settings) {
    return std::max<std::size_t>(50, settings.betas / 10);
}

void copy_rows(ConstView from, Matrix& to) {
    for (std::size_t c = 0; c < from.rows; ++c) std::copy(from.row(c).begin(), from.row(c).end(), to.row(c).begin());
}

PathLength direct_length(const Machine& from, const Machine& to, ConstView samples, std::size_t steps, Random& random,
                         const Control& control) {
    RatioPath path(from, to, samples.rows);
    copy_rows(samples, path.visible);
    const auto run = [&](std::span<const float> betas, const Control& each) { path.run(betas, random, each); };
    return PathLength::measure(steps, path, run, control);
}

/// A machine, where its paths begin, and what tempering found of it.
struct Place {
    const Machine& machine;
    Bridge bridge;
    TemperingPartition tempering{};
    PathLength from_base{}, to_base{}, to_other{};

    Place(const Machine& of, const Units& base) : machine(of), bridge(of, base) {}
};

/// From the machine back to its base.
PathLength length_to_base(const Place& place, std::size_t steps, Random& random, const Control& control) {
    const ConstView samples = place.tempering.samples;
    Annealing pilot(place.bridge, samples.rows);
    copy_rows(samples, pilot.visible);
    std::vector<float> falling;
    const auto run = [&](std::span<const float> passed, const Control& each) {
        falling.clear();
        for (const float part : passed) falling.push_back(1 - part);
        pilot.run(falling, random, each);
    };
    return PathLength::measure(steps, pilot, run, control);
}

/// The root of the mean square of both ways.
double mean_length(const PathLength& there, const PathLength& back) {
    return std::hypot(there.length.back(), back.length.back()) / std::sqrt(2.0);
}

Sandwich sandwich_of(Place& place, const PartitionRatioSettings& settings, Random& random, Work& work) {
    const std::vector<float> betas = PathLength::both_ways(place.from_base, place.to_base).equal_steps(settings.betas);
    std::vector<double> up, down;
    Sandwich result;
    result.forward = annealed_log_partition(place.bridge, betas, settings.chains, random, &up, work.part());
    result.from_tempering =
        reverse_log_partition(place.bridge, betas, place.tempering.samples, random, &down, work.part());
    conclude(result, place.bridge.base_log_partition(), up, down);
    return result;
}

PartitionRatio by_base(Place& from, Place& to, const PartitionRatioSettings& settings, Random& random, Work& work) {
    const Sandwich of_from = sandwich_of(from, settings, random, work);
    const Sandwich of_to = sandwich_of(to, settings, random, work);
    PartitionRatio result;
    result.route = RatioRoute::base;
    result.agrees = of_from.bounds && of_to.bounds;
    result.value = of_to.value - of_from.value;
    // Not in quadrature: what is left of a bias has the same sign in all seeds.
    result.low = of_to.low - of_from.high;
    result.high = of_to.high - of_from.low;
    for (const Sandwich* one : {&of_from, &of_to})
        result.largest_spread = std::max({result.largest_spread, one->forward->spread, one->from_tempering.spread});
    return result;
}

PartitionRatio directly(Place& from, Place& to, const PartitionRatioSettings& settings, Random& random, Work& work) {
    const auto go = [&](const Place& start, const Place& end, std::span<const float> betas,
                        std::vector<double>& weights) {
        return annealed_ratio(start.machine, end.machine, start.tempering.samples, betas, random, &weights,
                              work.part(steps_of_both));
    };
    const std::vector<float> betas = PathLength::both_ways(from.to_other, to.to_other).equal_steps(settings.betas);
    std::vector<float> way_back(betas.rbegin(), betas.rend());
    for (float& beta : way_back) beta = 1 - beta;
    std::vector<double> up, down;
    PartitionRatio result;
    PartitionEstimate &forth = result.forth, &back = result.back;
    forth = go(from, to, betas, up);
    back = go(to, from, way_back, down);
    for (double* number : {&back.value, &back.low, &back.high}) *number = -*number;
    std::swap(back.low, back.high);
    result.agrees = std::abs(forth.value - back.value) <= 3 * std::hypot(forth.standard_error, back.standard_error);
    result.low = std::min(forth.low, back.low);
    result.high = std::max(forth.high, back.high);
    result.value = std::clamp(acceptance_ratio(up, down), result.low, result.high);
    result.largest_spread = std::max(forth.spread, back.spread);
    return result;
}

}  // namespace

std::size_t partition_ratio_steps(const PartitionRatioSettings& settings) {
    return 2 * tempering_steps(settings.tempering) + 8 * pilot_betas(settings) + 4 * settings.betas;
}

PartitionEstimate annealed_ratio(const Machine& from, const Machine& to, ConstView samples,
                                 std::span<const float> betas, Random& random, std::vector<double>* log_weights,
                                 const Control& control) {
    if (samples.rows < 2)
        throw InvalidArgument(fmt::format("annealed_ratio: {} samples, expected at least 2", samples.rows));
    RatioPath path(from, to, samples.rows);
    copy_rows(samples, path.visible);
    path.run(betas, random, control);
    for (double& weight : path.log_weights) weight += path.log_free_units();
    const PartitionEstimate result = mean_of_weights(path.log_weights);
    if (log_weights != nullptr) *log_weights = std::move(path.log_weights);
    return result;
}

PartitionRatio partition_ratio(const Machine& from, const Units& base_from, const Machine& to, const Units& base_to,
                               const PartitionRatioSettings& settings, Random& random, const Control& control) {
    check_visible_units(from, to);
    const bool try_direct = settings.route ? *settings.route == RatioRoute::direct : share_hidden_units(from, to);
    const bool try_base = !settings.route || *settings.route == RatioRoute::base;
    Work work(control, "partition ratio", partition_ratio_steps(settings));
    Place first(from, base_from), last(to, base_to);
    for (Place* place : {&first, &last})
        place->tempering =
            tempering_log_partition(place->bridge, settings.tempering, random, settings.chains, work.part());
    const std::size_t steps = pilot_betas(settings);
    double direct = 0, base = 0;
    if (try_direct) {
        first.to_other = direct_length(from, to, first.tempering.samples, steps, random, work.part(steps_of_both));
        last.to_other = direct_length(to, from, last.tempering.samples, steps, random, work.part(steps_of_both));
        direct = mean_length(first.to_other, last.to_other);
    }
    if (try_base) {
        for (Place* place : {&first, &last}) {
            place->from_base = PathLength::measure(place->bridge, steps, settings.chains, random, work.part());
            place->to_base = length_to_base(*place, steps, random, work.part());
        }
        base = std::hypot(mean_length(first.from_base, first.to_base), mean_length(last.from_base, last.to_base));
    }
    PartitionRatio result = try_direct && (!try_base || direct < base) ? directly(first, last, settings, random, work)
                                                                       : by_base(first, last, settings, random, work);
    result.direct_length = direct;
    result.base_length = base;
    return result;
}

}  // namespace rbm
