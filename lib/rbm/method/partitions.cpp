// SPDX-License-Identifier: MIT
#include "rbm/method/partitions.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "rbm/estimate/trajectory_partition.h"
#include "rbm/model/enumerate.h"

namespace rbm {
namespace {

const Setting annealed_chains = {
    .name = "chains",
    .help = "number of annealed chains; for tempering, ladders; for trajectory, chains at each machine",
    .shown_default = "100; for tempering 10, for trajectory 50",
    .least = 2,
    .most = 1'000'000};
const Setting betas_between = {.name = "betas",
                               .help = "steps from the base to the machine",
                               .fallback = "10000",
                               .least = 1,
                               .most = 100'000'000};
const Setting tempering_sweeps = {
    .name = "steps",
    .help = "sweeps of tempering or trajectory, and of tempering for the samples of reverse",
    .shown_default = "5000 for tempering, 1000 for trajectory, else 3000",
    .least = 8,
    .most = 1'000'000'000};
const Setting path_base = {
    .name = "base",
    .help =
        "where annealing starts: independent units with the means of DATA (or those stored in the model), with the "
        "visible parameters of the model, or all states equally likely",
    .kind = Setting::Kind::word,
    .shown_default = "data if its means are known, else model",
    .words = {"data", "model", "uniform"}};
const Setting betas_schedule = {
    .name = "schedule",
    .help = "spacing of the betas: even, as in Salakhutdinov & Murray 2008, or by a pilot run",
    .kind = Setting::Kind::word,
    .fallback = "adaptive",
    .words = {"linear", "salakhutdinov-murray", "adaptive"}};

AisSettings annealing_of(const SettingValues& settings) {
    const auto& words = betas_schedule.words;
    const auto spacing = std::ranges::find(words, settings.text("schedule")) - words.begin();
    return {.chains = settings.optional_count("chains").value_or(100),
            .betas = settings.count("betas"),
            .spacing = static_cast<BetaSpacing>(spacing)};
}

TemperingSettings tempering_of(std::size_t ladders, std::size_t steps) {
    return {.ladders = ladders, .steps = steps, .settling = std::max<std::size_t>(steps / 4, 10)};
}
TemperingSettings tempering_alone(const SettingValues& settings) {
    return tempering_of(settings.optional_count("chains").value_or(10),
                        settings.optional_count("steps").value_or(5000));
}

SandwichSettings sandwich_of(const SettingValues& settings, bool forward) {
    return {.annealing = annealing_of(settings),
            .tempering = tempering_of(10, settings.optional_count("steps").value_or(3000)),
            .forward = forward};
}

std::string how_annealed(const SettingValues& settings) {
    const AisSettings annealing = annealing_of(settings);
    return fmt::format("{} chains, {} betas, schedule {}", annealing.chains, annealing.betas,
                       settings.text("schedule"));
}

/// Each fourth beta, and the last.
std::vector<float> every_fourth(std::span<const float> betas) {
    std::vector<float> few;
    for (std::size_t i = 0; i + 1 < betas.size(); i += 4) few.push_back(betas[i]);
    few.push_back(betas.back());
    return few;
}
std::size_t shorter_steps(std::size_t betas) { return (betas + 3) / 4; }

/// Weights that agree prove little: chains that all came too late, or all missed a mode, agree as well.  So twice as
/// many other chains go the same way in a quarter of the steps.
PartitionAnswer annealed(const PartitionInputs& in, Random& random) {
    const AisSettings settings = annealing_of(in.settings);
    Work work(in.control, "annealing", pilot_steps(settings) + settings.betas + shorter_steps(settings.betas));
    const auto betas = spaced_betas(in.bridge, settings, random, work.part());
    const PartitionEstimate estimate =
        annealed_log_partition(in.bridge, betas, settings.chains, random, nullptr, work.part());
    const PartitionEstimate shorter =
        annealed_log_partition(in.bridge, every_fourth(betas), 2 * settings.chains, random, nullptr, work.part());
    // Neither run is ever far too high, so what found more is nearer.
    const bool too_low = found_more(shorter, estimate);
    const PartitionEstimate& best = too_low ? shorter : estimate;
    return {best.value,
            best.low,
            std::max(best.high, estimate.high),
            !too_low,
            repeated_verdict(estimate, shorter, in.base),
            {{"forward", estimate}, {"forward, fewer betas", shorter}},
            how_annealed(in.settings)};
}

PartitionAnswer from_both_sides(const PartitionInputs& in, Random& random, bool forward) {
    const SandwichSettings settings = sandwich_of(in.settings, forward);
    const Matrix data = in.data ? in.data(settings.annealing.chains) : Matrix{};
    const Sandwich all = sandwich_log_partition(in.bridge, settings, data, random, in.control);
    PartitionAnswer answer{
        all.value, all.low, all.high, all.bounds, sandwich_verdict(all, in.base), {}, how_annealed(in.settings)};
    if (all.forward) answer.parts.push_back({"forward", *all.forward});
    answer.parts.push_back({"reverse, from tempering", all.from_tempering});
    if (all.from_data) answer.parts.push_back({"reverse, from data", *all.from_data});
    answer.parts.push_back({"tempering", all.tempering.estimate, all.tempering});
    if (all.ratio) answer.parts.push_back({"acceptance ratio", *all.ratio, {}, overlap_seen(*all.ratio)});
    return answer;
}

PartitionAnswer tempered_ladders(const PartitionInputs& in, Random& random) {
    const TemperingSettings settings = tempering_alone(in.settings);
    TemperingPartition all = tempering_log_partition(in.bridge, settings, random, 0, in.control);
    const PartitionEstimate estimate = all.estimate;
    std::string how =
        fmt::format("{} ladders of {} rungs, {} steps", settings.ladders, all.betas.size(), settings.steps);
    return {estimate.value, estimate.low,           estimate.high,
            true,           tempering_verdict(all), {{"tempering", estimate, std::move(all)}},
            std::move(how)};
}

TemperingSettings trajectory_of(const SettingValues& settings) {
    return tempering_of(settings.optional_count("chains").value_or(50),
                        settings.optional_count("steps").value_or(1000));
}

PartitionAnswer along_trajectory(const PartitionInputs& in, Random& random) {
    const TemperingSettings settings = trajectory_of(in.settings);
    TemperingPartition all = trajectory_log_partition(in.ladder, settings, random, in.control);
    const PartitionEstimate estimate = all.estimate;
    std::string how =
        fmt::format("{} chains at {} machines, {} steps", settings.ladders, in.ladder.size(), settings.steps);
    return {estimate.value, estimate.low,           estimate.high,
            true,           tempering_verdict(all), {{"trajectory", estimate, std::move(all)}},
            std::move(how)};
}

std::vector<PartitionMethod> partition_rows() {
    const auto annealed_memory = [](const SettingValues& settings) {
        return 4.0 * static_cast<double>(annealing_of(settings).chains);
    };
    return {
        {.name = "exact", .help = "sums over all states of the smaller side", .source = "the definition of Z"},
        {.name = "ais",
         .help = "anneals from a base to the machine; too low on average",
         .source = "Salakhutdinov & Murray, ICML 2008",
         .settings = {annealed_chains, betas_between, path_base, betas_schedule},
         .steps =
             [](const SettingValues& settings, bool) {
                 const AisSettings annealing = annealing_of(settings);
                 return pilot_steps(annealing) + annealing.betas + shorter_steps(annealing.betas);
             },
         .memory_per_unit = [=](const SettingValues& settings) { return 2 * annealed_memory(settings); },
         .estimate = annealed},
        {.name = "reverse",
         .help = "anneals from the machine to a base; too high on average",
         .source = "Burda, Grosse & Salakhutdinov, AISTATS 2015",
         .settings = {annealed_chains, betas_between, tempering_sweeps, path_base, betas_schedule},
         .steps = [](const SettingValues& settings,
                     bool with_data) { return sandwich_steps(sandwich_of(settings, false), with_data); },
         .memory_per_unit = annealed_memory,
         .estimate = [](const PartitionInputs& in, Random& random) { return from_both_sides(in, random, false); }},
        {.name = "sandwich",
         .help = "ais and reverse: lower and upper bounds",
         .source = "Burda, Grosse & Salakhutdinov, AISTATS 2015; Bennett, J. Comput. Phys. 1976",
         .settings = {annealed_chains, betas_between, tempering_sweeps, path_base, betas_schedule},
         .steps = [](const SettingValues& settings,
                     bool with_data) { return sandwich_steps(sandwich_of(settings, true), with_data); },
         .memory_per_unit = annealed_memory,
         .estimate = [](const PartitionInputs& in, Random& random) { return from_both_sides(in, random, true); }},
        {.name = "tempering",
         .help = "adds up acceptance ratios of neighbouring temperatures",
         .source = "Bennett, J. Comput. Phys. 1976; Swendsen & Wang, Physical Review Letters 1986",
         .settings = {annealed_chains, tempering_sweeps, path_base},
         .progress = "tempering",
         .steps = [](const SettingValues& settings, bool) { return tempering_steps(tempering_alone(settings)); },
         .memory_per_unit =
             [](const SettingValues& settings) {
                 return 50.0 * static_cast<double>(tempering_alone(settings).ladders);
             },
         .estimate = tempered_ladders},
        {.name = "trajectory",
         .help = "the same along the ladder that training kept",
         .source = "Bereux, Decelle, Furtlehner, Rosset & Seoane, arXiv 2405.15376",
         .settings = {annealed_chains, tempering_sweeps},
         .needs_ladder = true,
         .progress = "trajectory",
         .steps = [](const SettingValues& settings, bool) { return trajectory_steps(trajectory_of(settings)); },
         .memory_per_unit =
             [](const SettingValues& settings) { return 64.0 * static_cast<double>(trajectory_of(settings).ladders); },
         .estimate = along_trajectory}};
}

}  // namespace

void hold_above(PartitionAnswer& answer, const PartitionFloor& floor) {
    answer.floor = floor;
    const double least = floor.log_partition;
    const double rounding = 1e-5 * std::max(1.0, std::abs(least));  // of free energies in float
    const auto sum_at = [&](double log_partition) {
        return fmt::format("the probabilities of {} distinct samples would sum to e^{:.2f}, and cannot exceed 1",
                           floor.states, least - log_partition);
    };
    Verdict& verdict = answer.verdict;
    if (answer.high < least - rounding) {
        answer.bounds = false;
        verdict.text = "log Z cannot be right: " + sum_at(answer.high);
        verdict.warnings.push_back(
            fmt::format("log Z cannot be right: even at its upper end, {:.3f}, {}; it is at least {:.3f}, which stands "
                        "for all three numbers, and may be far higher; use more betas, chains and steps",
                        answer.high, sum_at(answer.high), least));
    } else if (answer.value < least - rounding) {
        verdict.text = fmt::format("too low, and cut at {:.3f}: {}", least, verdict.text);
        verdict.warnings.push_back(
            fmt::format("log Z = {:.3f} is too low: {}; it is at least {:.3f}, which stands in its place; use more "
                        "betas and chains",
                        answer.value, sum_at(answer.value), least));
    } else if (answer.low < least - rounding) {
        verdict.text += fmt::format("; cut at {:.3f}: lower down, {} distinct samples would be likelier than 1", least,
                                    floor.states);
    }
    for (double* end : {&answer.low, &answer.value, &answer.high}) *end = std::max(*end, least);
}

const std::vector<PartitionMethod>& partition_methods() {
    static const std::vector<PartitionMethod> all = partition_rows();
    return all;
}

const PartitionMethod& partition_method(std::string_view name) {
    return row_named(partition_methods(), name, "partition method");
}

const PartitionMethod& default_partition_method(const Machine& machine) {
    const bool small = state_count(machine.visible) != 0 || state_count(machine.hidden) != 0;
    return partition_method(small ? "exact" : "sandwich");
}

}  // namespace rbm
