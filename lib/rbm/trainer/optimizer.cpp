// SPDX-License-Identifier: MIT
#include "rbm/trainer/optimizer.h"

#include <fmt/format.h>

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
std::vector<float> offset_statistic(const Machine& machine, std::span<const float> offset) {
    Matrix scratch;
    const ConstView row(offset.data(), 1, offset.size());
    const auto values = statistic(machine.visible, row, scratch).row(0);
    return {values.begin(), values.end()};
}

/// The gradient of plain parameters becomes that of centred ones: W -= location_v hidden_offset^T + s_v location_h^T.
void center(Machine& gradient, std::span<const float> visible_statistic, std::span<const float> hidden_offset) {
    const auto visible_gradient = location(std::as_const(gradient.visible));
    const auto hidden_gradient = location(std::as_const(gradient.hidden));
    for (std::size_t i = 0; i < gradient.visible_count(); ++i) {
        const auto row = gradient.weights.row(i);
        for (std::size_t j = 0; j < row.size(); ++j)
            row[j] -= visible_gradient[i] * hidden_offset[j] + visible_statistic[i] * hidden_gradient[j];
    }
}

/// A step of the centred parameters becomes one of the plain ones: the locations make up for what W's step moves.
void uncenter(Machine& step, std::span<const float> visible_statistic, std::span<const float> hidden_offset) {
    const auto visible_step = location(step.visible);
    const auto hidden_step = location(step.hidden);
    for (std::size_t i = 0; i < step.visible_count(); ++i) {
        const auto row = std::as_const(step.weights).row(i);
        float shift = 0;
        for (std::size_t j = 0; j < row.size(); ++j) {
            shift += row[j] * hidden_offset[j];
            hidden_step[j] -= row[j] * visible_statistic[i];
        }
        visible_step[i] -= shift;
    }
}

double norm(std::span<const float> values) {
    double squares = 0;
    for (const float value : values) squares += static_cast<double>(value) * static_cast<double>(value);
    return std::sqrt(squares);
}

double norm(const Machine& machine) {
    double squares = 0;
    machine.each_parameter([&](const std::string&, std::span<const float> values) {
        squares += std::pow(norm(values), 2);
    });
    return std::sqrt(squares);
}

bool is_log_sigma(const std::string& name) { return name.ends_with("log_sigma"); }

/// gradient becomes the step (to be added).
void sgd_step(Machine& gradient, UpdateState& state, const UpdateSettings& settings, float rate, float momentum) {
    each_pair(gradient, state.velocity, [&](const std::string& name, auto values, std::span<float> velocity) {
        const float own_rate = is_log_sigma(name) ? rate * settings.log_sigma_rate : rate;
        for (std::size_t i = 0; i < values.size(); ++i) {
            velocity[i] = momentum * velocity[i] - own_rate * values[i];
            values[i] = velocity[i];
        }
    });
}

/// Source: Kingma & Ba, "Adam", ICLR 2015, with its constants 0.9, 0.999 and 1e-8.
void adam_step(Machine& gradient, UpdateState& state, const UpdateSettings& settings, float rate) {
    constexpr double first_decay = 0.9, second_decay = 0.999;
    const double count = static_cast<double>(state.updates + 1);
    const float first_correction = static_cast<float>(1 / (1 - std::pow(first_decay, count)));
    const float second_correction = static_cast<float>(1 / (1 - std::pow(second_decay, count)));
    std::vector<std::span<float>> seconds;
    state.second_moment.each_parameter([&](const std::string&, std::span<float> values) { seconds.push_back(values); });
    std::size_t index = 0;
    each_pair(gradient, state.velocity, [&](const std::string& name, auto values, std::span<float> first) {
        const std::span<float> second = seconds[index++];
        const float own_rate = is_log_sigma(name) ? rate * settings.log_sigma_rate : rate;
        for (std::size_t i = 0; i < values.size(); ++i) {
            first[i] += static_cast<float>(1 - first_decay) * (values[i] - first[i]);
            second[i] += static_cast<float>(1 - second_decay) * (values[i] * values[i] - second[i]);
            values[i] = -own_rate * first_correction * first[i] / (std::sqrt(second_correction * second[i]) + 1e-8F);
        }
    });
}

/// Decay joins the step, so that centring makes up for it as well.
void add_decay(const Machine& machine, Machine& step, const UpdateSettings& settings, float rate) {
    const float l2 = rate * settings.weight_decay, l1 = rate * settings.weight_decay_l1;
    if (l2 == 0 && l1 == 0) return;
    const auto weights = machine.weights.values();
    const auto steps = step.weights.values();
    for (std::size_t i = 0; i < weights.size(); ++i) {
        steps[i] -= l2 * weights[i];
        const float moved = weights[i] + steps[i];
        steps[i] -= std::copysign(std::min(l1, std::abs(moved)), moved);
    }
}

void bound(std::span<float> log_sigma, const UpdateSettings& settings) {
    for (std::size_t i = 0; i < log_sigma.size(); ++i) {
        if (std::isnan(log_sigma[i])) continue;  // left for the check of the update
        const float low = settings.minimum_sigma[settings.minimum_sigma.size() == 1 ? 0 : i];
        log_sigma[i] = std::clamp(log_sigma[i], std::log(low), std::log(settings.maximum_sigma));
    }
}

void add_step(Machine& machine, const Machine& step, const UpdateSettings& settings, std::uint64_t update_number) {
    each_pair(machine, step, [&](const std::string& name, std::span<float> values, std::span<const float> steps) {
        for (std::size_t i = 0; i < values.size(); ++i) values[i] += steps[i];
        if (is_log_sigma(name)) bound(values, settings);
        const float limit = name == "weights" ? largest_weight : std::numeric_limits<float>::max();
        for (std::size_t i = 0; i < values.size(); ++i)
            if (!(std::abs(values[i]) <= limit))
                throw Diverged(fmt::format("update {}: {}[{}] is {}; lower the learning rate, or check the scale of the "
                                           "data", update_number + 1, name, i, values[i]));
    });
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
    return state;
}

void bound_log_sigma(Machine& machine, const UpdateSettings& settings) {
    machine.each_parameter([&](const std::string& name, std::span<float> values) {
        if (is_log_sigma(name)) bound(values, settings);
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
                    std::span<const float> batch_hidden) {
    std::vector<float> visible_statistic;
    if (settings.centering) {
        follow(state.visible_offset, batch_visible, settings.offset_rate);
        follow(state.hidden_offset, batch_hidden, settings.offset_rate);
        visible_statistic = offset_statistic(machine, state.visible_offset);
        center(gradient, visible_statistic, state.hidden_offset);
    }
    if (settings.sparsity_cost > 0) {
        follow(state.hidden_activity, batch_hidden, 0.1F);
        const auto bias = location(gradient.hidden);
        for (std::size_t j = 0; j < bias.size(); ++j)
            bias[j] += settings.sparsity_cost * (state.hidden_activity[j] - settings.sparsity_target);
    }
    UpdateReport report;
    report.gradient_norm = norm(gradient);
    if (settings.gradient_norm_limit > 0 && report.gradient_norm > static_cast<double>(settings.gradient_norm_limit)) {
        const float shrink = static_cast<float>(static_cast<double>(settings.gradient_norm_limit) / report.gradient_norm);
        gradient.each_parameter([&](const std::string&, std::span<float> values) {
            for (float& value : values) value *= shrink;
        });
    }
    if (settings.optimizer == Optimizer::adam)
        adam_step(gradient, state, settings, learning_rate);
    else
        sgd_step(gradient, state, settings, learning_rate, momentum);
    add_decay(machine, gradient, settings, learning_rate);
    const double length = norm(machine.weights.values());
    if (length > 0) report.step_to_weights = norm(gradient.weights.values()) / length;
    if (settings.centering) uncenter(gradient, visible_statistic, state.hidden_offset);
    add_step(machine, gradient, settings, state.updates);
    ++state.updates;
    return report;
}

}  // namespace rbm
