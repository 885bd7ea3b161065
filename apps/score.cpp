// SPDX-License-Identifier: MIT
// rbm-score: the free energy of each sample, and its log-likelihood when the model knows its log Z.
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "apps/arrays.h"
#include "apps/command.h"
#include "apps/prepare.h"
#include "rbm/estimate/monitor.h"
#include "rbm/io/atomic_file.h"
#include "rbm/io/csv.h"
#include "rbm/model/enumerate.h"

namespace rbm::app {
namespace {

/// Discrete units have probabilities for their states only: a row of grey values has a free energy but no
/// log-likelihood.
std::vector<bool> rows_of_states(const Model& model, const Dataset& data, const CommonSettings& settings) {
    std::vector<bool> result(data.rows(), true);
    if (!is_discrete(model.machine.visible) || model.preparation.binarize != Binarize::none) return result;
    const Matrix states = site_states(model.machine.visible);
    Matrix row(1, data.cols());
    for (std::size_t r = 0; r < data.rows(); ++r) {
        data.fill(r, data_stream(settings), row);
        result[r] = find_no_state<float>(states, row.row(0)) == data.cols();
    }
    return result;
}

struct Scores {
    std::vector<std::string> columns{"free_energy"};
    std::vector<double> table;  ///< row by row
};

Scores score(const Model& model, const Dataset& data, const CommonSettings& settings) {
    Scores scores;
    const std::vector<double> free_energy = free_energies(model.machine, data, data_stream(settings), settings.beta);
    if (model.log_partition && settings.beta != 1)
        note("the model's log Z is that of beta 1: no log_likelihood at beta {}", settings.beta);
    if (!model.log_partition || settings.beta != 1) {
        scores.table = free_energy;
        return scores;
    }
    scores.columns.push_back("log_likelihood");
    const double constant = model.log_partition->value + log_scale_sum(model.preparation);
    const std::vector<bool> scored = rows_of_states(model, data, settings);
    for (std::size_t r = 0; r < free_energy.size(); ++r) {
        scores.table.push_back(free_energy[r]);
        scores.table.push_back(scored[r] ? -free_energy[r] - constant : std::numeric_limits<double>::quiet_NaN());
    }
    const auto without = static_cast<std::size_t>(std::count(scored.begin(), scored.end(), false));
    if (without > 0) note("{} of {} rows are not binary: they get no log_likelihood", without, scored.size());
    return scores;
}

std::string json_text(const Scores& scores) {
    nlohmann::ordered_json object;
    const std::size_t width = scores.columns.size();
    for (std::size_t c = 0; c < width; ++c) {
        auto& column = object[scores.columns[c]] = nlohmann::ordered_json::array();
        for (std::size_t i = c; i < scores.table.size(); i += width) column.push_back(scores.table[i]);
    }
    return object.dump() + "\n";
}

}  // namespace
}  // namespace rbm::app

int main(int argc, char** argv) {
    using namespace rbm;
    using namespace rbm::app;
    CommonSettings common;
    std::string model_path, data_path, output = "-";
    Program program("rbm-score", "Give each sample its free energy under a trained machine, in nats; low is familiar.");
    program.example("rbm-score run/model.safetensors test.idx.gz > scores.csv", "score every image")
        .example("rbm-score run/model.safetensors - --output scores.npy < samples.csv", "in a pipe, for NumPy")
        .argument("MODEL", &model_path, "model file")
        .argument("DATA", &data_path, "samples, one per row; - is standard input")
        .option("output", path(&output), "where the scores go: .csv or .npy; - is standard output, as CSV")
        .common(common, {"seed", "threads", "beta", "binarize", "threshold", "json", "force"});
    return run_command(program, argc, argv, [&] {
        check_output(output, {"csv", "npy"}, common.force);
        Model model = load_model(model_path);
        require_beta(model, common);
        const Dataset data = prepare_for(model, load_raw(data_path), program, common);
        const Scores scores = score(model, data, common);
        const std::size_t width = scores.columns.size();
        if (common.json) write_output(json_text(scores));
        if (ending_of(output) == "npy")
            write_npy(output, width == 1 ? std::vector{data.rows()} : std::vector{data.rows(), width}, scores.table,
                      common.force);
        else if (output != "-" || !common.json)
            write_file(output, encode_csv(scores.columns, scores.table), common.force);
        return 0;
    });
}
