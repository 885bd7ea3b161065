// SPDX-License-Identifier: MIT
// rbm-estimate: log Z of a machine, and the mean log-likelihood of data under it.
#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/cli/command.h"
#include "apps/estimate/observable_options.h"
#include "apps/files/prepare.h"
#include "apps/files/read_data.h"
#include "apps/score/partition.h"
#include "rbm/estimate/monitor.h"
#include "rbm/kernels/error.h"
#include "rbm/model/enumerate.h"

namespace rbm::app {
namespace {

/// Free energies in double: those of floats are off by 1e-5 where weights are large, and an exact log Z deserves
/// better.
double precise_free_energy_sum(const Machine& machine, const Dataset& data, const CommonSettings& settings) {
    constexpr std::size_t block = 1024;
    const PreciseMachine exact = precise(machine);
    double sum = 0;
    Matrix rows;
    for (std::size_t first = 0; first < data.rows(); first += block) {
        rows.resize(std::min(block, data.rows() - first), data.cols());
        data.fill(first, data_stream(settings), rows);
        const std::vector<double> betas(rows.rows(), settings.beta);
        for (const double value : exact.free_energy(precise(rows), betas)) sum += value;
    }
    return sum;
}

/// Mean of -F over the rows, in the units of the raw data.  Throws DataError for grey rows of discrete units.
double mean_negative_free_energy(const Model& model, const Dataset& data, const CommonSettings& settings, bool exact) {
    if (model.preparation.binarize == Binarize::none && is_discrete(model.machine.visible)) {
        const Matrix rows = all_rows(data, settings), states = site_states(model.machine.visible);
        for (std::size_t r = 0; r < rows.rows(); ++r)
            if (const std::size_t i = find_no_state(states, rows.row(r)); i < data.cols())
                throw DataError(
                    fmt::format("{}: row {}, column {}: found {}, expected {}; grey values have no "
                                "log-likelihood, use --binarize",
                                data.name, r + 1, i + 1, rows(r, i),
                                states.cols() > 1 ? "a site" : unit_row(model.machine.visible).states));
    }
    double sum = 0;
    if (exact)
        sum = -precise_free_energy_sum(model.machine, data, settings);
    else
        for (const double value :
             free_energies(model.machine, data, data_stream(settings), settings.beta, until_stopped()))
            sum -= value;
    return sum / static_cast<double>(data.rows()) - log_scale_sum(model.preparation);
}

std::string how_prepared(const Model& model) {
    if (site_width(model.machine.visible) > 1) return "one-hot";
    if (!is_discrete(model.machine.visible))
        return model.preparation.mean.empty() ? "as they are" : "standardised; densities in the units of the data";
    if (model.preparation.binarize != Binarize::threshold)
        return fmt::format("binarize {}", name_of(model.preparation.binarize));
    return fmt::format("binarize threshold {}", model.preparation.threshold);
}

nlohmann::ordered_json as_json(const Model& model, const PartitionReport& report, const std::optional<Dataset>& data,
                               const std::optional<LogPartition>& likelihood) {
    nlohmann::ordered_json object{{"method", report.method},
                                  {"log_partition", report.log_partition.value},
                                  {"log_partition_low", report.log_partition.low},
                                  {"log_partition_high", report.log_partition.high}};
    if (likelihood) {
        object["samples"] = data->rows();
        object["prepared"] = how_prepared(model);
        object["log_likelihood"] = likelihood->value;
        object["log_likelihood_low"] = likelihood->low;
        object["log_likelihood_high"] = likelihood->high;
    }
    if (report.exact) return object;
    object["settings"] = report.log_partition.method;
    object["bounds"] = report.answer.bounds;
    object["verdict"] = report.answer.verdict.text;
    object["warnings"] = report.answer.verdict.warnings;
    object.update(parts_as_json(report));
    return object;
}

std::string as_text(const Model& model, const PartitionReport& report, const std::optional<Dataset>& data,
                    const std::optional<LogPartition>& likelihood) {
    const LogPartition& z = report.log_partition;
    std::string text = fmt::format("log Z           {:14.6f} nats  ({}", z.value, report.method);
    text += report.exact ? ")\n" : fmt::format(": {:.3f} to {:.3f})\n", z.low, z.high);
    if (likelihood) {
        text += fmt::format("log-likelihood  {:14.6f} nats per sample, {} samples, {}", likelihood->value, data->rows(),
                            how_prepared(model));
        text += report.exact ? "\n" : fmt::format("  ({:.3f} to {:.3f})\n", likelihood->low, likelihood->high);
    }
    if (report.exact) return text;
    text += fmt::format("verdict         {}\n\n", report.answer.verdict.text);
    return text + parts_as_table(report) + ladders_as_text(report) + fmt::format("\n{}\n", z.method);
}

/// What one beta came to.
struct Estimate {
    double beta = 1;
    PartitionReport report;
    std::optional<LogPartition> likelihood;
};

Estimate estimate_at(double beta, const Model& model, const std::optional<Dataset>& data, const Program& program,
                     CommonSettings common, const PartitionOptions& partition) {
    common.beta = beta;
    Estimate one{beta, estimate_log_partition(model, data, program, common, partition), {}};
    if (data) {
        const LogPartition& z = one.report.log_partition;
        const double constant = mean_negative_free_energy(model, *data, common, one.report.exact);
        one.likelihood = LogPartition{constant - z.value, constant - z.high, constant - z.low, {}};
    }
    for (const std::string& warning : one.report.answer.verdict.warnings) warn("{}", warning);
    return one;
}

std::string as_json(const std::vector<Estimate>& all, const Model& model, const std::optional<Dataset>& data) {
    if (all.size() == 1) return as_json(model, all[0].report, data, all[0].likelihood).dump() + "\n";
    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    for (const Estimate& one : all) {
        nlohmann::ordered_json row{{"beta", one.beta}};
        row.update(as_json(model, one.report, data, one.likelihood));
        rows.push_back(std::move(row));
    }
    return nlohmann::ordered_json{{"betas", rows}}.dump() + "\n";
}

std::string as_text(const std::vector<Estimate>& all, const Model& model, const std::optional<Dataset>& data) {
    if (all.size() == 1) return as_text(model, all[0].report, data, all[0].likelihood);
    std::string text = fmt::format("{:>10}  {:>14}  {:>12}  {:>12}", "beta", "log Z", "low", "high");
    if (data) text += fmt::format("  {:>14}  {:>12}  {:>12}", "log-likelihood", "low", "high");
    text += '\n';
    for (const Estimate& one : all) {
        const LogPartition& z = one.report.log_partition;
        text += fmt::format("{:>10}  {:14.6f}  {:12.3f}  {:12.3f}", one.beta, z.value, z.low, z.high);
        if (one.likelihood)
            text += fmt::format("  {:14.6f}  {:12.3f}  {:12.3f}", one.likelihood->value, one.likelihood->low,
                                one.likelihood->high);
        text += '\n';
    }
    text += fmt::format("nats; {}", all[0].report.method);
    return text + (data ? fmt::format("; per sample, {} samples, {}\n", data->rows(), how_prepared(model)) : "\n");
}

}  // namespace
}  // namespace rbm::app

int main(int argc, char** argv) {
    using namespace rbm;
    using namespace rbm::app;
    CommonSettings common;
    PartitionOptions partition;
    std::string model_path, data_path;
    bool save = false;
    std::vector<double> betas = {1};
    ObservableOptions observing;
    Program program("rbm-estimate", "Estimate log Z of a machine and, given DATA, the mean log-likelihood, in nats.");
    program.example("rbm-estimate run/model.safetensors test.idx.gz", "how likely are these images under the model?")
        .example("rbm-estimate run/model.safetensors --save", "write log Z into the model, for rbm-score")
        .example("rbm-estimate run/model.safetensors test.idx.gz --method sandwich --betas 100000",
                 "with lower and upper bounds")
        .example("rbm-estimate run/model.safetensors --observables", "energy, entropy, heat capacity, ... against beta")
        .argument("MODEL", &model_path, "model file")
        .optional_argument("DATA", &data_path, "compute the mean log-likelihood of these samples");
    add_partition_options(program, partition);
    program.option("save", flag(&save), "write log Z into the model file")
        .option("beta", beta_list(&betas),
                "inverse temperature, which multiplies the energy; several with commas between make a table");
    add_observable_options(program, observing);
    program.common(common, {"seed", "threads", "binarize", "threshold", "channels", "header", "keep", "drop",
                            "decimal-comma", "json", "force"});
    return run_command(program, argc, argv, [&] {
        if (save && model_path == "-")
            throw UsageError("option --save: the model comes from standard input, expected a file to write into");
        if (save && betas != std::vector{1.0})
            throw UsageError("option --save: found with --beta, expected beta 1: a model stores its log Z for beta 1");
        check_observable_options(observing, program, partition, !data_path.empty());
        Model model = load_model(model_path);
        partition.model_path = model_path;
        require_betas(model, betas);
        if (save && model.log_partition && !common.force)
            throw FileError(fmt::format("{}: already has a log Z, by {}; use --force to replace it", model_path,
                                        model.log_partition->method));
        std::optional<Dataset> data;
        if (!data_path.empty()) data = prepare_for(model, load_for(model, data_path, program, common), program, common);
        if (observing.asked()) {
            write_output(observed(observing, {program, common, partition, betas, model, data}));
            return 0;
        }
        std::vector<Estimate> all;
        for (const double beta : betas) all.push_back(estimate_at(beta, model, data, program, common, partition));
        if (save) {
            PartitionReport& report = all[0].report;
            LogPartition& z = report.log_partition;
            if (!report.exact)
                z.method.insert(z.method.size() - 1, fmt::format("; data: {}{}", how_prepared(model),
                                                                 report.answer.bounds ? "" : "; chains do not mix"));
            save_log_partition(model_path, z);
        }
        write_output(common.json ? as_json(all, model, data) : as_text(all, model, data));
        return 0;
    });
}
