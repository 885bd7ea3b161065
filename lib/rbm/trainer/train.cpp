// SPDX-License-Identifier: MIT
#include "rbm/trainer/train.h"

#include <fmt/format.h>

#include <boost/random/uniform_int_distribution.hpp>
#include <chrono>
#include <cmath>
#include <numeric>

#include "rbm/data/column_moments.h"
#include "rbm/kernels/error.h"
#include "rbm/kernels/ops.h"

namespace rbm {
namespace {

// Longer batches end within, too, when they are cancelled, and are undone.  No number depends on this clock.
constexpr auto long_batch = std::chrono::milliseconds(50);

// Independent generators of one run, forked from its seed; start.cpp has 3 and 4.
constexpr std::uint64_t shuffle_purpose = 1, pixel_purpose = 2;

std::vector<std::uint32_t> shuffled_rows(std::size_t rows, std::uint64_t seed, std::uint64_t epoch) {
    std::vector<std::uint32_t> order(rows);
    std::iota(order.begin(), order.end(), 0U);
    Random random = Random(seed).fork(shuffle_purpose).fork(epoch);
    for (std::size_t i = rows; i > 1; --i)
        std::swap(order[i - 1], order[boost::random::uniform_int_distribution<std::size_t>(0, i - 1)(random)]);
    return order;
}

/// What is drawn afresh in each epoch: the pixels of grey data.
Stream pixel_stream(std::uint64_t seed, std::uint64_t epoch) {
    return {Random(seed).fork(pixel_purpose).state().key, epoch, 0};
}

float momentum_at(const TrainSettings& settings, double epochs_done) {
    const double target = static_cast<double>(settings.momentum), start = std::min(0.5, target);
    const double ramp = static_cast<double>(settings.momentum_ramp);
    return static_cast<float>(ramp <= 0 || epochs_done >= ramp ? target
                                                               : start + (target - start) * epochs_done / ramp);
}

double mean_weight(std::span<const float> weights) {
    double sum = 0;
    for (const float weight : weights) sum += static_cast<double>(weight);
    return sum / static_cast<double>(weights.size());
}

/// The weights of a batch's rows, divided by their sum: what its means are taken with.
void shares_of(std::span<const float> row_weights, std::vector<float>& shares) {
    const double total = mean_weight(row_weights) * static_cast<double>(row_weights.size());
    shares.assign(row_weights.size(), 1.0F / static_cast<float>(row_weights.size()));
    if (total > 0)
        for (std::size_t b = 0; b < shares.size(); ++b)
            shares[b] = static_cast<float>(static_cast<double>(row_weights[b]) / total);
}

void fill_with_zeros(Machine& gradient, bool weights_too) {
    gradient.each_parameter([&](std::string_view name, std::span<float> values) {
        if (weights_too || name != "weights") std::fill(values.begin(), values.end(), 0.0F);
    });
}

/// The batch counts, but the machine is the earlier one, at rest.
void go_back(const Machine& machine, TrainState& state) {
    state.machine = machine;
    fill_with_zeros(state.update.velocity, true);
    ++state.update.updates;
    ++state.batch;
}

/// Once for all updates.
void check_settings(const UpdateSettings& settings) {
    const auto require = [](const char* name, float value, bool holds, const char* expected) {
        if (!holds || !std::isfinite(value))
            throw InvalidArgument(fmt::format("train: {} is {}, expected {}", name, value, expected));
    };
    const auto at_least_0 = [&](const char* name, float value) {
        require(name, value, value >= 0, "a finite number of at least 0");
    };
    at_least_0("learning_rate", settings.learning_rate);
    require("momentum", settings.momentum, settings.momentum >= 0 && settings.momentum < 1,
            "a number of at least 0 and below 1");
    at_least_0("momentum_ramp", settings.momentum_ramp);
    at_least_0("weight_decay", settings.weight_decay);
    at_least_0("weight_decay_l1", settings.weight_decay_l1);
    require("sparsity_target", settings.sparsity_target, true, "a finite number");
    at_least_0("sparsity_cost", settings.sparsity_cost);
    at_least_0("gradient_norm_limit", settings.gradient_norm_limit);
    require("offset_rate", settings.offset_rate, settings.offset_rate >= 0 && settings.offset_rate <= 1,
            "a number from 0 to 1");
    at_least_0("log_sigma_rate", settings.log_sigma_rate);
    require("averaging", settings.averaging, settings.averaging >= 0 && settings.averaging <= 1,
            "a number from 0 to 1");
    require("maximum_sigma", settings.maximum_sigma, settings.maximum_sigma > 0, "a finite number above 0");
    const std::string range =
        fmt::format("a number above 0, and at most the {} of maximum_sigma", settings.maximum_sigma);
    for (const float low : settings.minimum_sigma)
        require("minimum_sigma", low, low > 0 && low <= settings.maximum_sigma, range.c_str());
}

void check_shapes(const TrainState& state, const Dataset& data, const TrainSettings& settings,
                  std::span<const float> sample_weights, std::size_t chains) {
    if (state.chains.count() != chains)
        throw InvalidArgument(fmt::format("train: the state has {} persistent chains, the objective expects {}",
                                          state.chains.count(), chains));
    if (data.cols() != state.machine.visible_count())
        throw InvalidArgument(fmt::format("train: data has {} columns, the machine has {} visible units", data.cols(),
                                          state.machine.visible_count()));
    if (data.rows() == 0) throw InvalidArgument("train: data has no rows");
    if (settings.batch_size == 0) throw InvalidArgument("train: batch_size is 0, expected at least 1");
    check_row_weights(sample_weights, data.rows());
    check_settings(settings);
    if (settings.minimum_sigma.size() != 1 && settings.minimum_sigma.size() != data.cols())
        throw InvalidArgument(fmt::format("train: {} values of minimum_sigma, expected 1 or {}",
                                          settings.minimum_sigma.size(), data.cols()));
}

}  // namespace

void detail::train(TrainState& state, const AnyObjective& objective, const Dataset& data, const TrainSettings& settings,
                   const TrainObserver& observer, std::span<const float> sample_weights, const Control& control) {
    check_shapes(state, data, settings, sample_weights, objective.negative_rows(0));
    const std::size_t batches = batch_count(data.rows(), settings.batch_size);
    const std::uint64_t total = static_cast<std::uint64_t>(batches) * settings.epochs;
    const double mean_of_weights = sample_weights.empty() ? 1 : mean_weight(sample_weights);
    Work work(control, "training", total, state.epoch * batches + state.batch);
    Random random = Random::from_state(state.random);
    const bool may_end_early = detail::current_work() != nullptr;
    bool batches_are_long = may_end_early;  // until the first is done
    std::optional<TrainState> before;       // of a long batch
    GradientWorkspace workspace;
    workspace.defer_weights = settings.gradient_norm_limit == 0;  // a limit asks for the gradient before the step
    UpdateWorkspace update_workspace;
    const std::size_t product_rows = settings.batch_size + objective.negative_rows(settings.batch_size);
    std::optional<PreparedMachine<float>> prepared(std::in_place, state.machine, workspace.machine, product_rows);
    if (workspace.machine.prepared.holds(state.machine.weights.view()))
        update_workspace.prepared = &workspace.machine.prepared;
    Machine gradient = state.machine.zeros_like();
    std::vector<float> shares, batch_visible(data.cols()), batch_hidden(state.machine.hidden_count());

    while (state.epoch < settings.epochs) {
        const auto order = shuffled_rows(data.rows(), state.seed, state.epoch);
        const Stream pixels = pixel_stream(state.seed, state.epoch);
        EpochReport report{static_cast<std::size_t>(state.epoch) + 1, settings.epochs, 0, 0, 0, 0, {}};
        const auto train_on_batch = [&] {
            const std::size_t first = static_cast<std::size_t>(state.batch) * settings.batch_size;
            const auto rows = std::span(order).subspan(first, std::min(settings.batch_size, data.rows() - first));
            workspace.resize(state.machine, rows.size(), objective.negative_rows(rows.size()));
            data.fill(rows, pixels, workspace.visible.rows_from(0, rows.size()));
            const double share = 1 / (mean_of_weights * static_cast<double>(rows.size()));
            for (std::size_t b = 0; b < rows.size(); ++b)
                workspace.row_weights[b] = static_cast<float>(
                    sample_weights.empty() ? share : share * static_cast<double>(sample_weights[rows[b]]));

            workspace.weight_product.reset();
            workspace.loss.reset();
            workspace.done = static_cast<double>(state.update.updates) / static_cast<double>(total);
            workspace.stride = 1 / static_cast<double>(total);
            workspace.learning_rate_factor = 1;
            workspace.go_back_to = nullptr;
            shares_of(std::span(workspace.row_weights).first(rows.size()), shares);
            objective.add_gradient(state.machine, rows.size(), state.chains, random, workspace, gradient);
            if (workspace.go_back_to != nullptr) {
                prepared.reset();
                go_back(*workspace.go_back_to, state);
                prepared.emplace(state.machine, workspace.machine, product_rows);
                state.random = random.state();
                return;
            }

            update_workspace.weight_product = workspace.weight_product;

            std::fill(batch_visible.begin(), batch_visible.end(), 0.0F);
            std::fill(batch_hidden.begin(), batch_hidden.end(), 0.0F);
            add_column_sums(1.0, workspace.visible.rows_from(0, rows.size()), shares, batch_visible);
            add_column_sums(1.0, workspace.hidden_mean.rows_from(0, rows.size()), shares, batch_hidden);
            report.learning_rate = scheduled_rate(settings, state.update.updates, total) *
                                   static_cast<float>(workspace.learning_rate_factor);
            const float momentum =
                momentum_at(settings, static_cast<double>(state.epoch) +
                                          static_cast<double>(state.batch) / static_cast<double>(batches));
            const UpdateReport one = update(state.machine, gradient, state.update, settings, report.learning_rate,
                                            momentum, batch_visible, batch_hidden, update_workspace);
            fill_with_zeros(gradient, !workspace.weight_product);
            state.gradient_norms += one.gradient_norm;
            state.steps_to_weights += one.step_to_weights;
            state.losses += workspace.loss.value_or(0);
            ++state.batch;
            state.random = random.state();
        };
        while (state.batch < batches) {
            const auto began = std::chrono::steady_clock::now();
            if (batches_are_long) {
                before = state;
                try {
                    train_on_batch();
                } catch (...) {
                    state = std::move(*before);
                    throw;
                }
            } else {
                const Uninterrupted whole;
                train_on_batch();
            }
            batches_are_long = may_end_early && std::chrono::steady_clock::now() - began > long_batch;
            if (state.batch < batches) work.advance();
        }
        report.updates = state.update.updates;
        report.gradient_norm = state.gradient_norms / static_cast<double>(batches);
        report.step_to_weights = state.steps_to_weights / static_cast<double>(batches);
        if (workspace.loss) report.loss = state.losses / static_cast<double>(batches);
        ++state.epoch;
        state.batch = 0;
        state.gradient_norms = state.steps_to_weights = state.losses = 0;
        if (observer.on_epoch) {
            const Uninterrupted callback;
            observer.on_epoch(report, state);
        }
        work.advance();
    }
}

}  // namespace rbm
