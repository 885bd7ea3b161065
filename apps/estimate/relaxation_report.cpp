// SPDX-License-Identifier: MIT
#include "apps/estimate/observable_options.h"
#include "apps/files/prepare.h"
#include "apps/files/table.h"
#include "rbm/estimate/relaxation.h"

namespace rbm::app {
namespace {

constexpr std::size_t chains_by_default = 500, fewest_chains = 8;

std::size_t chains_for(const ObservableInputs& in) {
    const std::size_t rows = in.data->rows();
    const std::size_t chains =
        in.partition.settings.optional_count("chains").value_or(std::min(rows, chains_by_default));
    if (chains > rows)
        throw UsageError(
            fmt::format("option --chains: {} chains cannot start at the {} rows of {}; use --chains {} or fewer",
                        chains, rows, in.data->name, rows));
    if (rows < fewest_chains)
        throw DataError(fmt::format("{}: found {} rows, expected at least {} for chains to start at", in.data->name,
                                    rows, fewest_chains));
    if (chains < fewest_chains)
        throw UsageError(
            fmt::format("option --chains: found {}, expected at least {} with --relaxation", chains, fewest_chains));
    return chains;
}

nlohmann::ordered_json as_json(const MomentDistance& distance) {
    return {{"value", distance.value}, {"standard_error", distance.standard_error}};
}

nlohmann::ordered_json as_json(const Relaxation& found) {
    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    for (const RelaxationRow& row : found.rows)
        rows.push_back({{"sweeps", row.sweeps},
                        {"energy_from_data", row.energy_from_data},
                        {"energy_from_data_standard_error", row.error_from_data},
                        {"energy_from_noise", row.energy_from_noise},
                        {"energy_from_noise_standard_error", row.error_from_noise},
                        {"distance", as_json(row.apart)},
                        {"distance_of_data_chains_to_data", as_json(row.data_to_data)},
                        {"distance_of_noise_chains_to_data", as_json(row.noise_to_data)},
                        {"agrees", row.agrees()}});
    nlohmann::ordered_json met;
    if (found.met) met = *found.met;
    return {{"met", met}, {"relaxation", rows}};
}

std::string distance_cell(const MomentDistance& distance) {
    return fmt::format("{:.4f} +- {:.4f}", distance.value, distance.standard_error);
}

std::string as_table(const Relaxation& found, std::size_t chains) {
    std::vector<std::vector<std::string>> rows{
        {"sweeps", "energy, from data", "from noise", "apart", "noise to data", "data to data"}};
    for (const RelaxationRow& row : found.rows)
        rows.push_back({fmt::format("{}", row.sweeps), with_error(row.energy_from_data, row.error_from_data),
                        with_error(row.energy_from_noise, row.error_from_noise), distance_cell(row.apart),
                        fmt::format("{:.4f}", row.noise_to_data.value), fmt::format("{:.4f}", row.data_to_data.value)});
    std::string text = table(std::vector(rows[0].size(), Align::right), rows);
    text += found.met ? fmt::format("\nmet after {} sweeps\n", *found.met)
                      : fmt::format("\nhave not met after {} sweeps\n", found.rows.back().sweeps);
    return text + fmt::format(
                      "{} chains from data, {} from noise; apart: squared difference of second moments around "
                      "the means of the data, where those of the data are 1\n",
                      chains, chains);
}

}  // namespace

std::string relaxation_report(const ObservableInputs& in, std::size_t sweeps) {
    if (in.betas.size() != 1) throw UsageError("option --beta: expected one with --relaxation");
    const std::size_t chains = chains_for(in);
    const Machine& machine = in.model.machine;
    const double units = static_cast<double>(machine.visible_count() + machine.hidden_count());
    const double rows = static_cast<double>(chains);
    require_memory((8 * rows * units + 5 * rows * rows) * sizeof(float), "the chains");
    const Matrix start = all_rows(in.data->spread(chains), in.common);
    Random random(in.common.seed);
    Relaxation found;
    {
        Progress progress("relaxation", sweeps, "sweeps");
        found = relaxation(machine, in.betas[0], start, sweeps, random, shown_by(progress));
    }
    if (!found.met)
        warn(
            "chains from noise have not met those from data after {} sweeps: what the machine dreams depends on where "
            "chains start and for how long they run",
            sweeps);
    if (in.common.json) return as_json(found).dump() + "\n";
    return as_table(found, chains);
}

}  // namespace rbm::app
