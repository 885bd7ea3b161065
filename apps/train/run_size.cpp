// SPDX-License-Identifier: MIT
#include "apps/train/run_size.h"

#include <cmath>

#include "apps/train/training_rules.h"
#include "rbm/method/recipes.h"

namespace rbm::app {
namespace {

// Of fewer rows the likelihood of a tenth says nothing.
constexpr std::size_t fewest_rows_to_divide = 100;
constexpr double share_to_hold_out = 0.1, most_to_hold_out = 2000;

// The next numbers are those of the eight sets in docs/likelihood.md: 16 to 180 columns, 1,600 to 17,412 rows.
constexpr std::size_t rows_per_hidden = 4, fewest_hidden = 16;

std::size_t hidden_for(std::size_t rows, std::size_t visible) {
    return std::min({2 * visible, most_hidden_by_default, std::max(fewest_hidden, rows / rows_per_hidden)});
}

std::size_t epochs_for(std::size_t updates, std::size_t batches) {
    const std::size_t wanted = (updates + batches - 1) / batches;
    const std::size_t most = std::max(most_epochs_by_default, (fewest_updates + batches - 1) / batches);
    return std::clamp<std::size_t>(wanted, 10, most);
}

/// Of the first two digits of a number.
float rounded(double value) {
    const double digits = std::pow(10, 1 - std::floor(std::log10(value)));
    return static_cast<float>(std::round(value * digits) / digits);
}

/// A prior whose weight is that of so many rows: few rows need a large one.
float penalty_for(std::size_t rows) {
    constexpr double weight = 5, most = 0.005;
    return rounded(std::min(most, weight / static_cast<double>(rows)));
}

/// Fields of many visible units add up, and so do the errors of a step.
float rate_for(std::size_t visible) {
    constexpr double most = 0.5, least = 0.1, times_visible = 100;
    return rounded(std::clamp(times_visible / static_cast<double>(visible), least, most));
}

/// From near 0, weights begin to grow only after many updates, and under a penalty perhaps never.  A run of few updates
/// has no time to shrink those that it has no use for.
float initial_weights_for(std::size_t visible) {
    constexpr double most = 0.3, field = 4;  // the field of a hidden unit grows with the root of the visible ones
    return rounded(std::min(most, field / std::sqrt(static_cast<double>(visible))));
}
constexpr std::size_t updates_to_shrink = 1000;

bool is_of_bits(const RunSettings& run) {
    const StateForm form = state_form(make_units<float>(run.visible_units, 1, columns_of(run.visible_states)));
    return form.discrete && form.low == 0 && !unit_row(run.visible_units).has_states;
}

}  // namespace

bool is_set(const Program& program, const RunSettings& run, std::string_view option) {
    return program.given(option) || (run.recipe && !recipe(*run.recipe).text(std::string(option)).empty());
}

void choose_judge(const Program& program, RunSettings& run) {
    const bool held_out_by_option = run.hold_out && *run.hold_out > 0;
    if (held_out_by_option && !run.validation.empty())
        throw UsageError("option --hold-out: has no effect with --validation; leave it out");
    if (!run.method().makes_updates()) return;
    // Likelihoods of rows with holes are those of rows with means in them, which judge wrongly.
    const bool may_have_holes = run.missing != "refuse" || run.sequences.gaps_are_missing();
    if (!is_set(program, run, "stop-on") && !may_have_holes) {
        // Who says how long to train, and has nothing to judge by, gets the last model.
        const bool divides = !run.hold_out && !is_set(program, run, "epochs");
        if (!run.validation.empty() || held_out_by_option || divides) run.stop_on = "best";
    }
}

std::size_t held_out_rows(const RunSettings& run, std::size_t rows) {
    const double share = static_cast<double>(run.hold_out.value_or(0)) * static_cast<double>(rows);
    return std::min(static_cast<std::size_t>(std::lround(share)), rows - 1);
}

void size_run(const Program& program, RunSettings& run, std::size_t rows, std::size_t visible) {
    const ObjectiveMethod& method = run.method();
    if (!method.makes_updates()) {
        run.hidden = run.hidden.value_or(std::min(2 * visible, most_hidden_by_default));
        run.epochs = run.epochs.value_or(default_iterations);
        return;
    }
    if (run.stop_on == "best" && run.validation.empty() && !run.hold_out) {
        if (rows < fewest_rows_to_divide) {
            run.stop_on = "off";
        } else {
            const auto all = static_cast<double>(rows);
            run.hold_out = static_cast<float>(std::min(share_to_hold_out, most_to_hold_out / all));
        }
    }
    const std::size_t held_out = held_out_rows(run, rows), left = rows - held_out;
    std::string text;
    const auto chosen = [&](const char* option, const auto& value) { text += fmt::format(" --{} {}", option, value); };
    if (!run.hidden) {
        run.hidden = hidden_for(left, visible);
        chosen("hidden", *run.hidden);
    }
    if (!run.epochs) {
        const std::size_t wanted = default_updates * (run.recipe ? recipe(*run.recipe).times_updates : 1);
        run.epochs = epochs_for(wanted, batch_count(left, run.train.batch_size));
        chosen("epochs", *run.epochs);
    }
    const std::size_t updates = *run.epochs * batch_count(left, run.train.batch_size);
    // A ladder of machines begins at weights 0 and sets its own pace.
    if (updates >= updates_to_shrink && is_of_bits(run) && method.chains != ObjectiveMethod::Chains::none &&
        !method.learns_labels && !method.keeps_ladder) {
        if (!is_set(program, run, "learning-rate") && run.train.optimizer == Optimizer::sgd) {
            run.train.learning_rate = rate_for(visible);
            chosen("learning-rate", run.train.learning_rate);
        }
        if (!run.initial_weights && run.from.empty()) {
            run.initial_weights = initial_weights_for(visible);
            chosen("initial-weights", *run.initial_weights);
        }
        if (!is_set(program, run, "weight-decay") && !is_set(program, run, "weight-decay-l1")) {
            run.train.weight_decay_l1 = penalty_for(left);
            chosen("weight-decay-l1", run.train.weight_decay_l1);
        }
    }
    if (run.stop_on == "best" && !is_set(program, run, "averaging") && !method.learns_log_partition &&
        !method.keeps_ladder) {
        run.train.averaging = 0.1F;
        chosen("averaging", run.train.averaging);
    }
    if (!text.empty()) note("by the size of the data, {} rows of {} units:{}", left, visible, text);
    if (held_out > 0)
        note(
            "{} of the {} rows are held out to judge by, and not learned (--hold-out 0 learns all, --validation FILE "
            "judges by others)",
            held_out, rows);
}

}  // namespace rbm::app
