// SPDX-License-Identifier: MIT
// What training begins with: initial parameters, offsets, chains and generators.
#include <fmt/format.h>

#include <boost/random/normal_distribution.hpp>

#include "rbm/data/column_moments.h"
#include "rbm/kernels/error.h"
#include "rbm/kernels/ops.h"
#include "rbm/trainer/train.h"

namespace rbm {
namespace {

// Independent generators of one run, forked from its seed; train.cpp has 1 and 2.
constexpr std::uint64_t chain_purpose = 3, start_purpose = 4, row_purpose = 6;

/// Rows spread over the data, in turn where there are fewer than `count`.
Matrix spread_rows(const Dataset& data, std::size_t count, std::uint64_t seed) {
    const Dataset some = data.spread(count);
    Matrix rows(count, data.cols());
    const Stream draws = Random(seed).fork(row_purpose).next();
    for (std::size_t first = 0; first < count; first += some.rows())
        some.slice(0, std::min(some.rows(), count - first))
            .fill(0, draws, rows.view().rows_from(first, std::min(some.rows(), count - first)));
    return rows;
}

}  // namespace

void initialize(Machine& machine, const Dataset& data, Random& random, std::span<const float> sample_weights) {
    if (data.cols() != machine.visible_count())
        throw InvalidArgument(fmt::format("initialize: data has {} columns, the machine has {} visible units",
                                          data.cols(), machine.visible_count()));
    const ColumnMoments of_data = column_moments(data, sample_weights);
    fit_marginals(machine.visible, of_data.mean, of_data.variance, of_data.rows);
    boost::random::normal_distribution<float> small(0, 0.01F);
    for (float& weight : machine.weights.values()) weight = small(random);
    machine.hidden = similar_units<float>(machine.hidden);
}

TrainState start_training(Machine machine, const Dataset& data, const TrainSettings& settings, std::size_t chains,
                          std::uint64_t seed, std::span<const float> sample_weights) {
    TrainState state;
    state.seed = seed;
    bound_log_sigma(machine, settings);
    state.update = UpdateState::start(machine, settings, column_means(data, sample_weights));
    state.machine = std::move(machine);
    Random start = Random(seed).fork(start_purpose);
    if (chains > 0) static_cast<Chains&>(state.chains) = Chains::from_noise(state.machine, chains, start);
    state.random = Random(seed).fork(chain_purpose).state();
    return state;
}

TrainState start_from_trained(Machine machine, const Dataset& data, const TrainSettings& settings, std::size_t chains,
                              std::uint64_t seed, std::span<const float> sample_weights) {
    TrainState state = start_training(std::move(machine), data, settings, 0, seed, sample_weights);
    constexpr std::size_t enough = 1000;  // for means
    const Matrix rows = spread_rows(data, std::min(enough, data.rows()), seed);
    const Matrix hidden = state.machine.hidden_mean(rows);
    std::fill(state.update.hidden_offset.begin(), state.update.hidden_offset.end(), 0.0F);
    const std::vector<float> shares(rows.rows(), 1.0F / static_cast<float>(rows.rows()));
    add_column_sums(1.0, hidden.view(), shares, state.update.hidden_offset);
    state.update.hidden_activity = state.update.hidden_offset;
    Random start = Random(seed).fork(start_purpose);
    if (chains > 0)
        static_cast<Chains&>(state.chains) = Chains::from_data(state.machine, spread_rows(data, chains, seed), start);
    return state;
}

}  // namespace rbm
