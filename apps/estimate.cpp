// SPDX-License-Identifier: MIT
// rbm-estimate: log Z of a machine, and the mean log-likelihood of data under it.
#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/command.h"
#include "apps/prepare.h"
#include "rbm/estimate/exact.h"
#include "rbm/estimate/monitor.h"
#include "rbm/kernels/error.h"

namespace rbm::app {
namespace {

/// Mean of -F over the rows, in the units of the raw data.  Throws DataError for grey rows of Bernoulli units.
double mean_negative_free_energy(const Model& model, const Dataset& data, const CommonSettings& settings) {
    if (model.preparation.binarize == Binarize::none && takes_unit_interval(model.machine.visible)) {
        const Matrix rows = all_rows(data, settings);
        for (std::size_t i = 0; i < rows.values().size(); ++i)
            if (rows.values()[i] != 0 && rows.values()[i] != 1)
                throw DataError(
                    fmt::format("{}: row {}, column {}: found {}, expected 0 or 1; grey values have no "
                                "log-likelihood, use --binarize",
                                data.name, i / data.cols() + 1, i % data.cols() + 1, rows.values()[i]));
    }
    double sum = 0;
    for (const double value : free_energies(model.machine, data, data_stream(settings), settings.beta)) sum -= value;
    return sum / static_cast<double>(data.rows()) - log_scale_sum(model.preparation);
}

std::string how_prepared(const Model& model) {
    if (!takes_unit_interval(model.machine.visible))
        return model.preparation.mean.empty() ? "as they are" : "standardised; densities in the units of the data";
    if (model.preparation.binarize != Binarize::threshold)
        return fmt::format("binarize {}", name_of(model.preparation.binarize));
    return fmt::format("binarize threshold {}", model.preparation.threshold);
}

}  // namespace
}  // namespace rbm::app

int main(int argc, char** argv) {
    using namespace rbm;
    using namespace rbm::app;
    CommonSettings common;
    std::string model_path, data_path, method = "exact";
    bool save = false;
    Program program("rbm-estimate", "Estimate log Z of a machine, and with DATA the mean log-likelihood, in nats.");
    program.example("rbm-estimate run/model.safetensors test.idx.gz", "how likely are these images under the model?")
        .example("rbm-estimate run/model.safetensors --save", "write log Z into the model, for rbm-score")
        .argument("MODEL", &model_path, "model file")
        .optional_argument("DATA", &data_path, "samples whose mean log-likelihood is wanted")
        .option("method", choice(&method, {"exact"}), "exact adds up all states of the smaller side, up to 25 units")
        .option("save", flag(&save), "write log Z into the model file")
        .common(common, {"seed", "threads", "beta", "binarize", "threshold", "json", "force"});
    return run_command(program, argc, argv, [&] {
        if (save && model_path == "-")
            throw UsageError("option --save: the model comes from standard input, expected a file to write into");
        if (save && common.beta != 1)
            throw UsageError("option --save: found with --beta, expected beta 1: a model's log Z is its own");
        Model model = load_model(model_path);
        require_beta(model, common);
        if (save && model.log_partition && !common.force)
            throw FileError(fmt::format("{}: has a log Z already, by {}; use --force to replace it", model_path,
                                        model.log_partition->method));
        std::optional<Dataset> data;
        if (!data_path.empty()) data = prepare_for(model, load_raw(data_path), program, common);
        const double log_partition =
            exact_log_partition(model.machine, enumerable_side(model.machine), common.beta, [] { throw_if_stopped(); });
        nlohmann::ordered_json object{{"method", method},
                                      {"log_partition", log_partition},
                                      {"log_partition_low", log_partition},
                                      {"log_partition_high", log_partition}};
        std::string text = fmt::format("log Z           {:14.6f} nats  (exact)\n", log_partition);
        if (data) {
            const double log_likelihood = mean_negative_free_energy(model, *data, common) - log_partition;
            object["samples"] = data->rows();
            object["prepared"] = how_prepared(model);
            for (const char* key : {"log_likelihood", "log_likelihood_low", "log_likelihood_high"})
                object[key] = log_likelihood;
            text += fmt::format("log-likelihood  {:14.6f} nats per sample, {} samples, {}\n", log_likelihood,
                                data->rows(), how_prepared(model));
        }
        if (save) {
            save_log_partition(model_path, {log_partition, log_partition, log_partition, method});
        }
        write_output(common.json ? object.dump() + "\n" : text);
        return 0;
    });
}
