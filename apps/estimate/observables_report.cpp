// SPDX-License-Identifier: MIT
#include <bit>
#include <cmath>

#include "apps/cli/setting_value.h"
#include "apps/estimate/observable_options.h"
#include "apps/files/table.h"
#include "rbm/estimate/exact.h"
#include "rbm/estimate/observables.h"
#include "rbm/estimate/verdict.h"
#include "rbm/sampler/communication.h"

namespace rbm::app {
namespace {

std::vector<double> tenths() {
    std::vector<double> betas;
    for (int i = 1; i <= 10; ++i) betas.push_back(i / 10.0);
    return betas;
}

TemperingSettings tempering_settings(const SettingValues& settings) {
    const std::size_t steps = settings.optional_count("steps").value_or(5000);
    return {.ladders = settings.optional_count("chains").value_or(10),
            .steps = steps,
            .settling = std::max<std::size_t>(steps / 4, 10)};
}

std::vector<std::string> warnings_of(const Observables& one) {
    std::vector<std::string> warnings;
    for (const std::string& text : tempering_verdict(one.tempering).warnings)
        warnings.push_back(fmt::format("beta {}: {}", one.beta, text));
    if (!(one.split_r_hat <= largest_r_hat))
        warnings.push_back(
            fmt::format("beta {}: replicas disagree about energy, magnetisation or overlaps (split R-hat {:.2f}, above "
                        "{}), and error bars are too small; use more --steps",
                        one.beta, one.split_r_hat, largest_r_hat));
    return warnings;
}

void put(nlohmann::ordered_json& object, const std::string& name, const Measured& measured) {
    object[name] = measured.value;
    object[name + "_standard_error"] = measured.standard_error;
}

nlohmann::ordered_json as_json(const Observables& one, bool exact) {
    nlohmann::ordered_json object{{"beta", one.beta}};
    put(object, "energy", one.energy);
    put(object, "free_energy", one.free_energy);
    put(object, "entropy", one.entropy);
    put(object, "heat_capacity", one.heat_capacity);
    put(object, "magnetisation", one.magnetisation);
    put(object, "absolute_magnetisation", one.absolute_magnetisation);
    put(object, "susceptibility", one.susceptibility);
    put(object, "overlap", one.overlap.mean);
    put(object, "overlap_variance", one.overlap.variance);
    object["overlap_distribution"] = {
        {"low", one.overlap.low}, {"high", one.overlap.high}, {"shares", one.overlap.shares}};
    put(object, "log_partition", one.log_partition);
    object["log_partition_method"] = exact ? "exact" : "tempering";
    object["autocorrelation_time"] = one.autocorrelation_time;
    object["effective_samples"] = one.effective_samples;
    object["split_r_hat"] = one.split_r_hat;
    const Communication seen = communication(one.tempering.swap_rates);
    object["rungs"] = one.tempering.betas.size();
    object["communication_barrier"] = seen.barrier;
    object["round_trips_per_ladder"] = one.tempering.round_trips_per_ladder;
    object["expected_round_trips_per_ladder"] = seen.expected * static_cast<double>(one.tempering.steps);
    object["warnings"] = warnings_of(one);
    return object;
}

std::string as_table(const std::vector<Observables>& all, const Model& model, const std::string& how) {
    const auto cell = [](const Measured& measured) { return with_error(measured.value, measured.standard_error); };
    // |m| is m where no unit can be negative.
    const BasicMatrix<float> states = site_states(model.machine.visible);
    bool is_signed = states.rows() == 0;
    for (const float value : states.values()) is_signed = is_signed || value < 0;
    std::vector<std::vector<std::string>> rows{{"beta", "energy", "free energy", "entropy", "heat capacity", "m"}};
    if (is_signed) rows[0].push_back("|m|");
    for (const char* name : {"susceptibility", "overlap", "its variance", "sweeps", "R-hat"}) rows[0].push_back(name);
    for (const Observables& one : all) {
        std::vector<std::string> row{fmt::format("{}", one.beta)};
        for (const Measured& measured :
             {one.energy, one.free_energy, one.entropy, one.heat_capacity, one.magnetisation})
            row.push_back(cell(measured));
        if (is_signed) row.push_back(cell(one.absolute_magnetisation));
        for (const Measured& measured : {one.susceptibility, one.overlap.mean, one.overlap.variance})
            row.push_back(cell(measured));
        row.push_back(fmt::format("{:.1f}", one.autocorrelation_time));
        row.push_back(fmt::format("{:.3f}", one.split_r_hat));
        rows.push_back(std::move(row));
    }
    return table(std::vector(rows[0].size(), Align::right), rows) +
           fmt::format(
               "\nnats; in brackets standard errors of the last digits; sweeps: autocorrelation time of the "
               "energy; log Z {}\n",
               how);
}

}  // namespace

std::string observables_report(const ObservableInputs& in) {
    const std::vector<double> betas = in.program.given("beta") ? in.betas : tenths();
    const Machine& machine = in.model.machine;
    const PartitionMethod& method =
        in.partition.method ? partition_method(*in.partition.method) : default_partition_method(machine);
    const SettingValues& values = in.partition.settings;
    const TemperingSettings settings = tempering_settings(values);
    const double units = static_cast<double>(machine.visible_count() + machine.hidden_count());
    // Six numbers of each look at each ladder: five that are kept, and their squares.
    const double looks = 6.0 * static_cast<double>(settings.ladders) *
                         static_cast<double>(std::min(settings.steps, most_observable_looks));
    require_memory(
        partition_method("tempering").memory_per_unit(values) * units * sizeof(float) + looks * sizeof(double),
        "the chains");
    const auto [base, base_name] = base_of(in.model, machine, in.data, values);
    std::vector<Observables> all;
    {
        Progress progress("observables", betas.size() * tempering_steps(settings), "steps");
        const Control control = shown_by(progress);
        Work work(control, "observables", betas.size() * tempering_steps(settings));
        for (const double beta : betas) {
            // A seed of its own for each beta: its row is the same whichever others there are.
            Random random = Random(in.common.seed).fork(std::bit_cast<std::uint64_t>(beta));
            std::optional<double> exact;
            if (method.is_exact()) exact = exact_log_partition(machine, beta, until_stopped());
            all.push_back(observables(machine, beta, base, settings, random, exact, work.part()));
        }
    }
    for (const Observables& one : all)
        for (const std::string& text : warnings_of(one)) warn("{}", text);
    if (in.common.json) {
        nlohmann::ordered_json rows = nlohmann::ordered_json::array();
        for (const Observables& one : all) rows.push_back(as_json(one, method.is_exact()));
        return nlohmann::ordered_json{
                   {"ladders", settings.ladders}, {"steps", settings.steps}, {"base", base_name}, {"observables", rows}}
                   .dump() +
               "\n";
    }
    return as_table(all, in.model, method.is_exact() ? "exact" : "by tempering") +
           fmt::format("tempering: {} ladders, {} steps at each beta, base {}\n", settings.ladders, settings.steps,
                       base_name);
}

}  // namespace rbm::app
