// SPDX-License-Identifier: MIT
#include "apps/score/partition.h"

#include <algorithm>

#include "apps/cli/setting_value.h"
#include "apps/files/ladder.h"
#include "apps/files/prepare.h"
#include "apps/files/table.h"
#include "rbm/estimate/exact.h"
#include "rbm/estimate/monitor.h"
#include "rbm/method/trajectory_chains.h"
#include "rbm/sampler/communication.h"

namespace rbm::app {

std::pair<Units, std::string> base_of(const Model& model, const Machine& machine, const std::optional<Dataset>& data,
                                      const SettingValues& settings) {
    const bool known = data.has_value() || !model.rates.empty();
    std::string base = settings.text("base");
    if (base.empty()) base = known ? "data" : "model";
    if (base == "model") return {machine.visible, base};
    if (base == "uniform") return {uniform_base(machine), base};
    if (!known)
        throw UsageError(
            "option --base: found data, but there is no DATA and the model does not record the means of its data; give "
            "DATA or use --base model");
    return {data ? base_of_data(machine, *data) : base_of_rates(model, machine), base};
}

namespace {

/// As many rows as there are chains, evenly spread over the data, and over again where they are fewer.
Matrix rows_to_start_at(const Dataset& data, std::size_t chains, const CommonSettings& common) {
    const Dataset spread = data.spread(chains);
    const Matrix rows = all_rows(spread, common);
    Matrix result(chains, rows.cols());
    for (std::size_t c = 0; c < chains; ++c)
        std::copy(rows.row(c % rows.rows()).begin(), rows.row(c % rows.rows()).end(), result.row(c).begin());
    return result;
}

PartitionFloor floor_of(const Machine& machine, const Dataset& data, const CommonSettings& common) {
    const Stream stream = data_stream(common);
    const std::vector<double> free_energy = free_energies(machine, data, stream, common.beta, until_stopped());
    return partition_floor(machine.visible, data, stream, free_energy, until_stopped());
}

std::string nats(double value) { return fmt::format("{:.3f}", value); }

nlohmann::ordered_json as_json(const PartitionEstimate& estimate) {
    nlohmann::ordered_json object{{"log_partition", estimate.value},
                                  {"log_partition_low", estimate.low},
                                  {"log_partition_high", estimate.high},
                                  {"standard_error", estimate.standard_error}};
    if (estimate.spread > 0) object["spread"] = estimate.spread;
    object["effective_samples"] = estimate.effective_samples;
    return object;
}

nlohmann::ordered_json as_json(const TemperingPartition& tempering) {
    double lowest = 1;
    for (const double rate : tempering.swap_rates) lowest = std::min(lowest, rate);
    nlohmann::ordered_json object = as_json(tempering.estimate);
    if (!tempering.betas.empty()) object["ladder"] = tempering.betas;
    object["swap_rates"] = tempering.swap_rates;
    object["lowest_swap_rate"] = lowest;
    object["round_trips_per_ladder"] = tempering.round_trips_per_ladder;
    const Communication seen = communication(tempering.swap_rates);
    object["expected_round_trips_per_ladder"] = seen.expected * static_cast<double>(tempering.steps);
    object["attainable_round_trips_per_ladder"] = seen.attainable * static_cast<double>(tempering.steps);
    object["communication_barrier"] = seen.barrier;
    object["rungs_wanted"] = seen.rungs;
    object["autocorrelation_time"] = tempering.health.autocorrelation_time;
    object["split_r_hat"] = tempering.health.split_r_hat;
    return object;
}

std::string travel_seen(const TemperingPartition& tempering) {
    return fmt::format("{} rungs, {:.1f} round trips per ladder, R-hat {:.3f}", tempering.swap_rates.size() + 1,
                       tempering.round_trips_per_ladder, tempering.health.split_r_hat);
}

}  // namespace

void add_partition_options(Program& program, PartitionOptions& options) {
    program.option("method",
                   std::move(choice(&options.method, names_of(partition_methods())).named("NAME"))
                       .shown_default("exact if one side has at most 25 discrete units, else sandwich"),
                   "how log Z is estimated: one of those below");
    declare_settings(program, partition_methods(), &options.settings);
    program.pages("method", "Methods (more on each: --help-method NAME)", lines_of(partition_methods()),
                  [](const std::string& name) { return page_head("method", partition_method(name)); });
}

PartitionReport estimate_log_partition(const Model& model, const std::optional<Dataset>& data, const Program& program,
                                       const CommonSettings& common, const PartitionOptions& options) {
    const PartitionMethod& method =
        options.method ? partition_method(*options.method) : default_partition_method(model.machine);
    refuse_idle_settings(program, partition_methods(), method, "method");
    PartitionReport report;
    report.method = method.name;
    if (method.is_exact()) {
        const double value = exact_log_partition(model.machine, common.beta, until_stopped());
        report.exact = true;
        report.log_partition = {value, value, value, method.name};
        return report;
    }
    const SettingValues& settings = options.settings;
    const Machine machine = common.beta == 1 ? model.machine : tempered(model.machine, common.beta);
    Units start;
    std::tie(start, report.base) = base_of(model, machine, data, settings);
    const Bridge bridge(machine, start);
    const auto units = static_cast<double>(bridge.visible_count() + bridge.hidden_count());
    require_memory(method.memory_per_unit(settings) * units * sizeof(float), "the chains");
    Progress progress(method.progress, method.steps(settings, data.has_value()), "steps");
    PartitionInputs inputs{.bridge = bridge, .settings = settings, .control = shown_by(progress)};
    if (method.needs_ladder) {
        const MachineLadder below = ladder_of(options.model_path, model.machine);
        if (below.empty()) refuse_without_ladder("method", method.name, options.model_path);
        inputs.ladder = ladder_to(below, model.machine, common.beta);
    }
    if (data) inputs.data = [&](std::size_t chains) { return rows_to_start_at(*data, chains, common); };
    inputs.base = report.base == "data" ? PathBase::data : PathBase::other;
    Random random(common.seed);
    report.answer = method.estimate(inputs, random);
    if (data && is_discrete(machine.visible)) hold_above(report.answer, floor_of(model.machine, *data, common));
    const PartitionAnswer& answer = report.answer;
    report.log_partition = {answer.value, answer.low, answer.high,
                            fmt::format("{} ({}, base {})", method.name, answer.how, report.base)};
    return report;
}

nlohmann::ordered_json parts_as_json(const PartitionReport& report) {
    nlohmann::ordered_json object;
    for (const PartitionPart& part : report.answer.parts) {
        std::string key = part.name;  // "reverse, from data" as reverse_from_data
        std::erase(key, ',');
        std::ranges::replace(key, ' ', '_');
        object[key] = part.tempering ? as_json(*part.tempering) : as_json(part.estimate);
    }
    object["base"] = report.base;
    if (const auto& floor = report.answer.floor; floor && floor->states > 0) {
        object["log_partition_floor"] = floor->log_partition;
        object["distinct_states"] = floor->states;
    }
    return object;
}

std::string parts_as_table(const PartitionReport& report) {
    std::vector<std::vector<std::string>> rows{{"log Z", "low", "estimate", "high", "seen"}};
    for (const PartitionPart& part : report.answer.parts)
        rows.push_back({part.name, nats(part.estimate.low), nats(part.estimate.value), nats(part.estimate.high),
                        part.tempering      ? travel_seen(*part.tempering)
                        : part.seen.empty() ? weights_seen(part.estimate)
                                            : part.seen});
    if (const auto& floor = report.answer.floor; floor && floor->states > 0)
        rows.push_back(
            {"at least", nats(floor->log_partition), "", "", fmt::format("{} distinct samples", floor->states)});
    return table({Align::left, Align::right, Align::right, Align::right, Align::left}, rows);
}

std::string ladders_as_text(const PartitionReport& report) {
    std::string text;
    for (const PartitionPart& part : report.answer.parts) {
        if (!part.tempering) continue;
        const Communication seen = communication(part.tempering->swap_rates);
        text += fmt::format(
            "{}: communication barrier {:.2f}, which asks for {} rungs; of {:.1f} round trips per ladder that "
            "its {} rungs promise, {:.1f} were made\n",
            part.name, seen.barrier, seen.rungs, seen.expected * static_cast<double>(part.tempering->steps),
            part.tempering->swap_rates.size() + 1, part.tempering->round_trips_per_ladder);
    }
    return text;
}

}  // namespace rbm::app
