// SPDX-License-Identifier: MIT
#include "rbm/trainer/optimizer.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "rbm/kernels/error.h"
#include "rbm/kernels/ops.h"

namespace rbm {
namespace {

constexpr float largest_weight = 1e5F;

void follow(std::span<float> offset, std::span<const float> batch_mean, float rate) {
    for (std::size_t i = 0; i < offset.size(); ++i) offset[i] += rate * (batch_mean[i] - offset[i]);
}

/// statistic(offset) of the visible side, [V].
std::span<const float> offset_statistic(const Machine& machine, std::span<const float> offset, Matrix& scratch) {
    return statistic(machine.visible, ConstView(offset.data(), 1, offset.size()), scratch).row(0);
}

double squares(std::span<const float> values) {
    double sum = 0;
    for (const float value : values) sum += static_cast<double>(value) * static_cast<double>(value);
    return sum;
}

/// All parameters beside the weights: they are few.
template <class Visitor>
void each_other(Machine& machine, Visitor visit) {
    machine.each_parameter([&](const Parameter& parameter, std::span<float> values) {
        if (parameter.name != "weights") visit(parameter, values);
    });
}

/// Gradients of Gaussian units' weights and centers grow as 1 / sigma^2, and a rate that suits one sigma overshoots at
/// a tenth of it.  Taken times sigma^2, steps are in the units of the data and one rate suits all.
void scale_by_variance(BasicUnits<float>& gradient, std::span<const float> variance) {
    if (variance.empty()) return;
    const auto slopes = location(gradient);
    for (std::size_t i = 0; i < variance.size(); ++i) slopes[i] *= variance[i];
}

/// The parameters beside the weights: `gradient` becomes their step, by the same formulas as in weight_update.h.
void step_others(Machine& gradient, UpdateState& state, const UpdateSettings& settings, const WeightUpdate& weights,
                 std::vector<float>& step) {
    std::array<std::span<float>, most_machine_parameters> velocities, seconds;
    std::size_t count = 0;
    each_other(state.velocity, [&](std::string_view, std::span<float> values) { velocities[count++] = values; });
    count = 0;
    if (weights.adam)
        each_other(state.second_moment, [&](std::string_view, std::span<float> values) { seconds[count++] = values; });
    std::size_t index = 0;
    each_other(gradient, [&](const Parameter& parameter, std::span<float> values) {
        WeightUpdate own = weights;
        own.row_center = own.column_center = own.row_scale = own.column_scale = {};
        own.decay = own.decay_l1 = 0;
        if (parameter.role == Role::log_scale) own.rate *= settings.log_sigma_rate;
        step.assign(values.size(), 0.0F);
        const auto row = [&](std::span<float> of) { return View(of.data(), 1, values.size()); };
        reference::update_weights(row(values), own,
                                  {row(step), row(velocities[index]), weights.adam ? row(seconds[index]) : View()});
        std::copy(step.begin(), step.end(), values.begin());
        ++index;
    });
}

void bound_log_sigma(std::span<float> log_sigma, const UpdateSettings& settings) {
    for (std::size_t i = 0; i < log_sigma.size(); ++i) {
        if (std::isnan(log_sigma[i])) continue;  // left for the check of the update
        const float low = settings.minimum_sigma[settings.minimum_sigma.size() == 1 ? 0 : i];
        log_sigma[i] = std::clamp(log_sigma[i], std::log(low), std::log(settings.maximum_sigma));
    }
}

/// Adds the steps of all parameters but the weights, which are there already, and looks at all of them.
void finish(Machine& machine, Machine& step, const UpdateSettings& settings, double weight_squares,
            std::uint64_t update_number) {
    each_pair(machine, step, [&](const Parameter& parameter, std::span<float> values, std::span<float> steps) {
        const bool is_weights = parameter.name == "weights";
        if (!is_weights)
            for (std::size_t i = 0; i < values.size(); ++i) values[i] += steps[i];
        if (parameter.role == Role::log_scale) bound_log_sigma(values, settings);
        const float limit = is_weights ? largest_weight : std::numeric_limits<float>::max();
        // A sum of squares within bounds vouches for each element.
        if (is_weights && weight_squares <= static_cast<double>(limit) * static_cast<double>(limit)) return;
        for (std::size_t i = 0; i < values.size(); ++i)
            if (!(std::abs(values[i]) <= limit))
                throw Diverged(
                    fmt::format("update {}: {}[{}] is {}; lower the learning rate, or check the scale of the "
                                "data",
                                update_number + 1, parameter.name, i,
                                // a NaN may come with a sign, which says nothing
                                std::isnan(values[i]) ? std::numeric_limits<float>::quiet_NaN() : values[i]));
    });
}

void follow(Machine& average, const Machine& machine, float rate) {
    each_pair(average, machine, [&](std::string_view, std::span<float> means, std::span<const float> values) {
        approach(rate, ConstView(values.data(), 1, values.size()), View(means.data(), 1, means.size()));
    });
}

/// What the average takes over at the n-th time: everything at first.
float averaging_rate(float share, std::uint64_t n) {
    return static_cast<float>(std::min(1.0, 1 / (static_cast<double>(share) * static_cast<double>(n))));
}

}  // namespace

UpdateState UpdateState::start(const Machine& machine, const UpdateSettings& settings,
                               std::span<const double> visible_means) {
    UpdateState state;
    state.velocity = machine.zeros_like();
    if (settings.optimizer == Optimizer::adam) state.second_moment = machine.zeros_like();
    state.visible_offset.assign(visible_means.begin(), visible_means.end());
    // The hidden offsets start at the means of hidden units at field 0.
    state.hidden_offset.resize(machine.hidden_count());
    const Matrix zero_field(1, machine.hidden_count());
    mean(machine.hidden, zero_field.view(), {}, View(state.hidden_offset.data(), 1, machine.hidden_count()));
    state.hidden_activity = state.hidden_offset;
    if (settings.averaging > 0) state.average = machine;
    return state;
}

void bound_log_sigma(Machine& machine, const UpdateSettings& settings) {
    machine.each_parameter([&](const Parameter& parameter, std::span<float> values) {
        if (parameter.role == Role::log_scale) bound_log_sigma(values, settings);
    });
}

float scheduled_rate(const UpdateSettings& settings, std::uint64_t update, std::uint64_t total) {
    const double done = total == 0 ? 0 : static_cast<double>(update) / static_cast<double>(total);
    const double rate = static_cast<double>(settings.learning_rate);
    switch (settings.schedule) {
        case Schedule::linear:
            return static_cast<float>(rate * (1 - done));
        case Schedule::exponential:
            return static_cast<float>(rate * std::pow(0.01, done));
        case Schedule::constant:
            break;
    }
    return settings.learning_rate;
}

UpdateReport update(Machine& machine, Machine& gradient, UpdateState& state, const UpdateSettings& settings,
                    float learning_rate, float momentum, std::span<const float> batch_visible,
                    std::span<const float> batch_hidden, UpdateWorkspace& workspace) {
    WeightUpdate weights;
    if (settings.centering) {
        follow(state.visible_offset, batch_visible, settings.offset_rate);
        follow(state.hidden_offset, batch_hidden, settings.offset_rate);
        weights.row_center = offset_statistic(machine, state.visible_offset, workspace.statistic);
        weights.column_center = state.hidden_offset;
    }
    // The centred slopes take those of the locations as they are now, before sparsity, variance and step change them.
    const auto visible_slopes = location(std::as_const(gradient.visible));
    const auto hidden_slopes = location(std::as_const(gradient.hidden));
    workspace.row_slope.assign(visible_slopes.begin(), visible_slopes.end());
    workspace.column_slope.assign(hidden_slopes.begin(), hidden_slopes.end());
    weights.row_slope = workspace.row_slope;
    weights.column_slope = workspace.column_slope;
    if (location_variance(machine.visible, workspace.visible_variance)) weights.row_scale = workspace.visible_variance;
    if (location_variance(machine.hidden, workspace.hidden_variance)) weights.column_scale = workspace.hidden_variance;
    if (settings.sparsity_cost > 0) {
        follow(state.hidden_activity, batch_hidden, 0.1F);
        const auto bias = location(gradient.hidden);
        for (std::size_t j = 0; j < bias.size(); ++j)
            bias[j] += settings.sparsity_cost * (state.hidden_activity[j] - settings.sparsity_target);
    }
    scale_by_variance(gradient.visible, weights.row_scale);
    scale_by_variance(gradient.hidden, weights.column_scale);

    weights.rate = learning_rate;
    weights.momentum = momentum;
    weights.decay = learning_rate * settings.weight_decay;
    weights.decay_l1 = learning_rate * settings.weight_decay_l1;
    weights.adam = settings.optimizer == Optimizer::adam;
    if (weights.adam) {
        const double count = static_cast<double>(state.updates + 1);
        weights.first_correction = static_cast<float>(1 / (1 - std::pow(static_cast<double>(adam_first_decay), count)));
        weights.second_correction =
            static_cast<float>(1 / (1 - std::pow(static_cast<double>(adam_second_decay), count)));
    }
    double slopes = 0;
    const auto add_slopes = [&] {
        each_other(gradient, [&](std::string_view, std::span<float> values) { slopes += squares(values); });
    };
    if (settings.gradient_norm_limit > 0) {
        add_slopes();
        const double length = std::sqrt(slopes + backend().slope_squares(gradient.weights, weights));
        const double limit = static_cast<double>(settings.gradient_norm_limit);
        if (length > limit) weights.shrink = static_cast<float>(limit / length);
    }

    const bool keeps_velocity = weights.adam || settings.momentum > 0 || momentum > 0;
    auto &row_shift = workspace.row_shift, &column_shift = workspace.column_shift;
    row_shift.assign(machine.visible_count(), 0.0F);
    column_shift.assign(machine.hidden_count(), 0.0F);
    workspace.coupling.assign(workspace.weight_product && machine.couples() ? machine.visible_count() : 0, 0.0);
    const WeightMemory memory{machine.weights,
                              keeps_velocity ? state.velocity.weights.view() : View(),
                              weights.adam ? state.second_moment.weights.view() : View(),
                              row_shift,
                              column_shift,
                              workspace.coupling,
                              workspace.prepared};
    const WeightUpdateSums sums = workspace.weight_product
                                      ? backend().update_weights_by_outer(*workspace.weight_product, weights, memory)
                                      : backend().update_weights(gradient.weights, weights, memory);
    if (!workspace.coupling.empty()) {
        for (double& value : workspace.coupling) value = -value;
        machine.add_coupling(workspace.coupling, gradient);
    }
    if (settings.gradient_norm_limit == 0) add_slopes();
    step_others(gradient, state, settings, weights, workspace.step);
    // What the weights' step moved, the locations make up for.
    const auto visible_step = location(gradient.visible), hidden_step = location(gradient.hidden);
    for (std::size_t i = 0; i < row_shift.size(); ++i) visible_step[i] -= row_shift[i];
    for (std::size_t j = 0; j < column_shift.size(); ++j) hidden_step[j] -= column_shift[j];
    finish(machine, gradient, settings, sums.moved_squares, state.updates);
    UpdateReport report;
    report.gradient_norm = std::sqrt(slopes + sums.slope_squares);
    if (sums.moved_squares > 0) report.step_to_weights = std::sqrt(sums.step_squares / sums.moved_squares);
    ++state.updates;
    if (settings.averaging > 0 && state.updates % averaging_stride == 0)
        follow(state.average, machine, averaging_rate(settings.averaging, state.updates / averaging_stride));
    return report;
}

}  // namespace rbm
