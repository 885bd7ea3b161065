// SPDX-License-Identifier: MIT
#include "apps/score/partition.h"

#include <cmath>

#include "apps/files/prepare.h"
#include "rbm/data/column_means.h"
#include "rbm/estimate/exact.h"
#include "rbm/model/enumerate.h"

namespace rbm::app {
namespace {

using Row = std::vector<std::string>;

std::string method_of(const Machine& machine, const PartitionSettings& settings) {
    if (settings.method) return *settings.method;
    return state_count(machine.visible) != 0 || state_count(machine.hidden) != 0 ? "exact" : "sandwich";
}

void refuse_useless_options(const Program& program, const std::string& method) {
    const auto refuse = [&](std::initializer_list<std::string_view> options) {
        for (const auto option : options)
            if (program.given(option))
                throw UsageError(fmt::format("option --{}: has no effect with --method {}", option, method));
    };
    if (method == "exact") refuse({"chains", "betas", "steps", "base", "schedule"});
    if (method == "ais") refuse({"steps"});
    if (method == "tempering") refuse({"betas", "schedule"});
}

/// Where the path begins, and its name.
std::pair<Units, std::string> base_of(const Model& model, const Machine& machine, const std::optional<Dataset>& data,
                                      const CommonSettings& common, const PartitionSettings& settings) {
    const bool known = data.has_value() || !model.rates.empty();
    const std::string base = settings.base.value_or(known ? "data" : "model");
    if (base == "model") return {machine.visible, base};
    if (base == "uniform") return {uniform_base(machine), base};
    if (!known)
        throw UsageError(
            "option --base: found data, but there is no DATA and the model does not record the means of its data; give "
            "DATA or use --base model");
    if (!data) return {base_of_rates(model, machine), base};
    return {base_of_data(machine, *data, data_stream(common)), base};
}

/// As many rows as there are chains, evenly spread over the data, and over again where they are fewer.
Matrix rows_to_start_at(const std::optional<Dataset>& data, std::size_t chains, const CommonSettings& common) {
    if (!data) return {};
    const Dataset spread = data->spread(chains);
    const Matrix rows = all_rows(spread, common);
    Matrix result(chains, rows.cols());
    for (std::size_t c = 0; c < chains; ++c)
        std::copy(rows.row(c % rows.rows()).begin(), rows.row(c % rows.rows()).end(), result.row(c).begin());
    return result;
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

Row row_of(const std::string& name, const PartitionEstimate& estimate, const std::string& seen) {
    return {name, nats(estimate.low), nats(estimate.value), nats(estimate.high), seen};
}

std::string weights_seen(const PartitionEstimate& estimate) {
    return fmt::format("spread {:.2f}, {:.1f} effective of {} chains", estimate.spread, estimate.effective_samples,
                       estimate.samples);
}

nlohmann::ordered_json as_json(const TemperingPartition& tempering) {
    double lowest = 1;
    for (const double rate : tempering.swap_rates) lowest = std::min(lowest, rate);
    nlohmann::ordered_json object = as_json(tempering.estimate);
    object["ladder"] = tempering.betas;
    object["swap_rates"] = tempering.swap_rates;
    object["lowest_swap_rate"] = lowest;
    object["round_trips_per_ladder"] = tempering.round_trips_per_ladder;
    object["autocorrelation_time"] = tempering.health.autocorrelation_time;
    object["split_r_hat"] = tempering.health.split_r_hat;
    return object;
}

std::string travel_seen(const TemperingPartition& tempering) {
    return fmt::format("{} rungs, {:.1f} round trips per ladder, R-hat {:.3f}", tempering.betas.size(),
                       tempering.round_trips_per_ladder, tempering.health.split_r_hat);
}

void take(PartitionReport& report, const PartitionEstimate& estimate) {
    report.log_partition.value = estimate.value;
    report.log_partition.low = estimate.low;
    report.log_partition.high = estimate.high;
}

void take(PartitionReport& report, const Sandwich& sandwich) {
    report.log_partition.value = sandwich.value;
    report.log_partition.low = sandwich.low;
    report.log_partition.high = sandwich.high;
    report.bounds = sandwich.bounds;
    report.verdict = sandwich_verdict(sandwich);
    if (sandwich.forward) {
        report.table.push_back(row_of("forward", *sandwich.forward, weights_seen(*sandwich.forward)));
        report.details["forward"] = as_json(*sandwich.forward);
    }
    report.table.push_back(
        row_of("reverse, from tempering", sandwich.from_tempering, weights_seen(sandwich.from_tempering)));
    report.details["reverse_from_tempering"] = as_json(sandwich.from_tempering);
    if (sandwich.from_data) {
        report.table.push_back(row_of("reverse, from data", *sandwich.from_data, weights_seen(*sandwich.from_data)));
        report.details["reverse_from_data"] = as_json(*sandwich.from_data);
    }
    report.table.push_back(row_of("tempering", sandwich.tempering.estimate, travel_seen(sandwich.tempering)));
    report.details["tempering"] = as_json(sandwich.tempering);
}

std::string_view name_of(BetaSpacing spacing) {
    constexpr std::string_view names[] = {"linear", "salakhutdinov-murray", "adaptive"};
    return names[static_cast<std::size_t>(spacing)];
}

}  // namespace

Units base_of_data(const Machine& machine, const Dataset& data, const Stream& stream) {
    const std::vector<double> means = column_means(data);
    std::vector<double> variances(data.cols()), known(data.cols());
    Matrix row(1, data.cols());
    for (std::size_t r = 0; r < data.rows(); ++r) {
        data.fill(r, stream, row);
        for (std::size_t i = 0; i < data.cols(); ++i) {
            if (data.has_missing() && std::isnan(row(0, i))) continue;
            variances[i] += std::pow(static_cast<double>(row(0, i)) - means[i], 2);
            ++known[i];
        }
    }
    for (std::size_t i = 0; i < known.size(); ++i) variances[i] /= std::max(known[i], 1.0);
    return base_of_marginals<float>(machine, means, variances);
}

void add_partition_options(Program& program, PartitionSettings& settings) {
    program
        .option("method",
                std::move(choice(&settings.method, {{"exact", "exact"},
                                                    {"ais", "ais"},
                                                    {"reverse", "reverse"},
                                                    {"sandwich", "sandwich"},
                                                    {"tempering", "tempering"}}))
                    .shown_default("exact if one side has at most 25 discrete units, else sandwich"),
                "exact sums over all states of the smaller side; ais anneals from a base to the machine, too low on "
                "average; reverse anneals back, too high on average; sandwich does both; tempering adds up acceptance "
                "ratios between neighbouring temperatures")
        .option("chains", count(&settings.chains, 2, 1'000'000).shown_default("100; for tempering 10"),
                "number of annealed chains; for tempering, ladders")
        .option("betas", count(&settings.betas, 1, 100'000'000), "steps from the base to the machine")
        .option("steps", count(&settings.steps, 8, 1'000'000'000).shown_default("5000 for tempering, else 3000"),
                "sweeps of tempering, for tempering itself and for the samples of reverse")
        .option("base",
                std::move(choice(&settings.base, {{"data", "data"}, {"model", "model"}, {"uniform", "uniform"}}))
                    .shown_default("data if its means are known, else model"),
                "where annealing starts: independent units with the means of DATA (or those stored in the model), with "
                "the visible parameters of the model, or all states equally likely")
        .option("schedule",
                choice(&settings.schedule, {{"linear", BetaSpacing::linear},
                                            {"salakhutdinov-murray", BetaSpacing::salakhutdinov_murray},
                                            {"adaptive", BetaSpacing::adaptive}}),
                "spacing of the betas: even, as in Salakhutdinov & Murray 2008, or by a pilot run");
}

PartitionReport estimate_log_partition(const Model& model, const std::optional<Dataset>& data, const Program& program,
                                       const CommonSettings& common, const PartitionSettings& settings) {
    PartitionReport report;
    report.method = method_of(model.machine, settings);
    report.log_partition.method = report.method;
    refuse_useless_options(program, report.method);
    if (report.method == "exact") {
        const double value = exact_log_partition(model.machine, common.beta, until_stopped());
        report.log_partition = {value, value, value, report.method};
        report.verdict.text = "exact";
        return report;
    }
    const Machine machine = common.beta == 1 ? model.machine : tempered(model.machine, common.beta);
    const auto [units, base] = base_of(model, machine, data, common, settings);
    const Bridge bridge(machine, units);
    Random random(common.seed);

    SandwichSettings all;
    all.annealing.chains = settings.chains.value_or(100);
    all.annealing.betas = settings.betas;
    all.annealing.spacing = settings.schedule;
    all.tempering.ladders = report.method == "tempering" ? settings.chains.value_or(10) : 10;
    all.tempering.steps = settings.steps.value_or(report.method == "tempering" ? 5000 : 3000);
    all.tempering.settling = std::max<std::size_t>(all.tempering.steps / 4, 10);
    all.forward = report.method == "sandwich";
    const std::size_t chains = report.method == "tempering" ? all.tempering.ladders : all.annealing.chains;
    require_memory(static_cast<double>(chains) * static_cast<double>(bridge.visible_count() + bridge.hidden_count()) *
                       sizeof(float) * (report.method == "tempering" ? 50 : 4),
                   "the chains");
    const bool tempering_only = report.method == "tempering", forward_only = report.method == "ais";
    const std::size_t total = tempering_only ? tempering_steps(all.tempering)
                              : forward_only ? pilot_steps(all.annealing) + all.annealing.betas
                                             : sandwich_steps(all, data.has_value());
    Progress progress(tempering_only ? "tempering" : "annealing", total, "steps");
    std::string how;
    if (tempering_only) {
        const TemperingPartition tempering =
            tempering_log_partition(bridge, all.tempering, random, 0, shown_by(progress));
        take(report, tempering.estimate);
        report.verdict = tempering_verdict(tempering);
        report.table.push_back(row_of("tempering", tempering.estimate, travel_seen(tempering)));
        report.details["tempering"] = as_json(tempering);
        how = fmt::format("{} ladders of {} rungs, {} steps", chains, tempering.betas.size(), all.tempering.steps);
    } else {
        how = fmt::format("{} chains, {} betas, schedule {}", chains, settings.betas, name_of(settings.schedule));
        if (forward_only) {
            const auto betas = spaced_betas(bridge, all.annealing, random, shown_by(progress));
            const PartitionEstimate estimate = annealed_log_partition(bridge, betas, chains, random, nullptr,
                                                                      shown_by(progress, pilot_steps(all.annealing)));
            take(report, estimate);
            report.verdict = forward_verdict(estimate);
            report.table.push_back(row_of("forward", estimate, weights_seen(estimate)));
            report.details["forward"] = as_json(estimate);
        } else {
            take(report, sandwich_log_partition(bridge, all, rows_to_start_at(data, chains, common), random,
                                                shown_by(progress)));
        }
    }
    report.details["base"] = base;
    report.log_partition.method = fmt::format("{} ({}, base {})", report.method, how, base);
    return report;
}

}  // namespace rbm::app
