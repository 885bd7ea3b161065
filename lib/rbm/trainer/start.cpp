// SPDX-License-Identifier: MIT
// What training begins with: initial parameters, offsets, chains and generators.
#include <fmt/format.h>

#include <boost/random/normal_distribution.hpp>

#include "rbm/data/column_moments.h"
#include "rbm/kernels/error.h"
#include "rbm/trainer/train.h"

namespace rbm {
namespace {

// Independent generators of one run, forked from its seed; train.cpp has 1 and 2.
constexpr std::uint64_t chain_purpose = 3, start_purpose = 4;

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

}  // namespace rbm
