// SPDX-License-Identifier: MIT
#include "rbm/estimate/tempering_partition.h"

#include <fmt/format.h>

#include <cmath>
#include <numeric>

#include "rbm/estimate/acceptance_ratio.h"
#include "rbm/kernels/error.h"
#include "rbm/kernels/scalar.h"

namespace rbm {
namespace {

/// What one pair of rungs saw: log ratios by draw (sweep pair) and ladder.
struct PairRecord {
    std::vector<double> up, down;
};

/// The first-order effect of each draw on the sum of log ratios [ladders x draws]: its mean is 0 and its correlated
/// spread the estimate's error.
BasicMatrix<double> influences(const std::vector<PairRecord>& pairs, const std::vector<double>& ratios,
                               std::size_t ladders) {
    const std::size_t draws = pairs.empty() ? 0 : pairs[0].up.size() / ladders;
    BasicMatrix<double> result(ladders, draws);
    for (std::size_t k = 0; k < pairs.size(); ++k) {
        const auto& [up, down] = pairs[k];
        double slope = 0;
        for (std::size_t i = 0; i < up.size(); ++i) {
            const double u = logistic(up[i] - ratios[k]), d = logistic(down[i] + ratios[k]);
            slope += u * (1 - u) + d * (1 - d);
        }
        slope /= static_cast<double>(up.size());
        for (std::size_t i = 0; i < up.size(); ++i)
            result(i % ladders, i / ladders) += (logistic(up[i] - ratios[k]) - logistic(down[i] + ratios[k])) / slope;
    }
    return result;
}

/// The standard error of the mean from the means of `batches` stretches of each ladder, as if they were independent.
double batch_error(const BasicMatrix<double>& series, std::size_t batches) {
    const std::size_t length = series.cols() / batches, count = batches * series.rows();
    std::vector<double> means;
    for (std::size_t l = 0; l < series.rows(); ++l)
        for (std::size_t i = 0; i < batches; ++i) {
            const auto part = series.row(l).subspan(i * length, length);
            means.push_back(std::accumulate(part.begin(), part.end(), 0.0) / static_cast<double>(length));
        }
    const double mean = std::accumulate(means.begin(), means.end(), 0.0) / static_cast<double>(count);
    double squares = 0;
    for (const double value : means) squares += (value - mean) * (value - mean);
    return std::sqrt(squares / static_cast<double>(count - 1) / static_cast<double>(count));
}

std::size_t ladder_sweeps(const LadderSettings& settings) { return settings.rounds * settings.sweeps; }

}  // namespace

std::size_t tempering_steps(const TemperingSettings& settings) {
    return ladder_sweeps({}) + settings.settling + settings.steps;
}

TemperingPartition tempering_log_partition(const Bridge& bridge, const TemperingSettings& settings, Random& random,
                                           std::size_t wanted_samples, const Control& control) {
    if (settings.steps < 8)
        throw InvalidArgument(fmt::format("tempering: found {} steps, expected at least 8", settings.steps));
    Work work(control, "tempering", tempering_steps(settings));
    LadderSettings ladder;
    ladder.swap_rate = settings.swap_rate;
    TemperedChains chains = start_tempering(bridge, settings.ladders, ladder, random, work.part());
    for (std::size_t i = 0; i < settings.settling; ++i) {
        Tempering{}.step(bridge, chains, random);
        work.advance();
    }
    chains.reset_counts();

    const std::size_t rungs = chains.rungs(), ladders = chains.ladders(), draws = settings.steps / 2;
    TemperingPartition result;
    const std::size_t takes = (wanted_samples + ladders - 1) / ladders;
    result.samples.resize(wanted_samples, bridge.visible_count());
    Matrix at_machine(ladders, bridge.visible_count());
    std::size_t taken = 0;
    std::vector<PairRecord> pairs(rungs - 1);
    for (PairRecord& pair : pairs) pair.up.reserve(draws * ladders), pair.down.reserve(draws * ladders);
    for (std::size_t i = 0; i < settings.steps; ++i) {
        Tempering{}.step(bridge, chains, random);
        if (i < 2 * draws)  // each pair takes part in every other sweep
            for (std::size_t k = chains.parity; k + 1 < rungs; k += 2)
                for (std::size_t l = 0; l < ladders; ++l) {
                    pairs[k].up.push_back(chains.log_ratios[l * rungs + k]);
                    pairs[k].down.push_back(chains.log_ratios[l * rungs + k + 1]);
                }
        while (taken < takes && (i + 1) * takes >= (taken + 1) * settings.steps) {
            chains.copy_visible(at_machine);
            for (std::size_t l = 0; l < ladders && taken * ladders + l < wanted_samples; ++l)
                std::copy(at_machine.row(l).begin(), at_machine.row(l).end(),
                          result.samples.row(taken * ladders + l).begin());
            ++taken;
        }
        work.advance();
    }
    std::vector<double> ratios;
    for (const PairRecord& pair : pairs) ratios.push_back(acceptance_ratio(pair.up, pair.down));
    const BasicMatrix<double> series = influences(pairs, ratios, ladders);
    result.health = chain_health(series.view());
    result.betas = chains.betas;
    result.swap_rates = chains.swap_rates;
    result.round_trips_per_ladder = static_cast<double>(chains.round_trips) / static_cast<double>(ladders);
    PartitionEstimate& estimate = result.estimate;
    estimate.value = std::accumulate(ratios.begin(), ratios.end(), bridge.base_log_partition());
    // A slow part that is small beside the noise hides from autocorrelations, but not from the means of long stretches.
    estimate.standard_error = result.health.standard_error;
    for (const std::size_t batches : {std::size_t{1}, std::size_t{4}})
        if (batches * ladders >= 8 && draws >= 4 * batches)
            estimate.standard_error = std::max(estimate.standard_error, batch_error(series, batches));
    estimate.low = estimate.value - 3 * estimate.standard_error;
    estimate.high = estimate.value + 3 * estimate.standard_error;
    estimate.samples = draws * ladders;
    estimate.effective_samples = result.health.effective_samples;
    return result;
}

}  // namespace rbm
