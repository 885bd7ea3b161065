// SPDX-License-Identifier: MIT
// rbm-score: the free energy of each sample, its log-likelihood when the model knows its log Z, and what follows from
// them: likelihood ratios, anomalies.
#include "apps/cli/command.h"
#include "apps/files/arrays.h"
#include "apps/files/labels.h"
#include "apps/files/read_data.h"
#include "apps/score/against.h"
#include "apps/score/classify.h"
#include "apps/score/scores.h"
#include "rbm/io/atomic_file.h"
#include "rbm/io/csv.h"
#include "rbm/kernels/error.h"

namespace {

using namespace rbm;
using namespace rbm::app;

void check_options(const Program& program, const ScoreSettings& settings) {
    const auto exclude = [&](const char* option, std::initializer_list<const char*> others, const char* why) {
        for (const char* other : others)
            if (program.given(option) && program.given(other))
                throw UsageError(fmt::format("option --{}: found with --{}, but {}", option, other, why));
    };
    if (settings.missing == "nan") exclude("missing", {"attribution", "calibrate"}, "that needs complete samples");
    exclude("calibrate", {"labels", "against", "attribution"}, "it uses familiar samples only");
    if (settings.betas_of_columns.size() > 1)
        for (const char* other :
             {"against", "missing", "calibrate", "labels", "label-column", "classify", "attribution"})
            if (program.given(other))
                throw UsageError(fmt::format(
                    "option --{}: found with several values of --beta, which give free energies only", other));
    if (settings.calibrate && settings.betas_of_columns[0] != 1)
        throw UsageError(
            "option --calibrate: found with --beta, expected beta 1: the threshold belongs to the model itself");
    if (settings.calibrate && settings.model == "-")
        throw UsageError("option --calibrate: the model comes from standard input, expected a file to write into");
    exclude("label-column", {"labels", "calibrate", "against", "attribution"}, "it says what the labels are");
    if (settings.anomalous_label && settings.labels.empty() && settings.label_column.empty())
        throw UsageError("option --anomalous-label: has no effect without --labels");
    if (settings.classify)
        exclude("classify", {"against", "missing", "attribution", "calibrate", "anomalous-label", "beta"},
                "that does not concern labels");
    check_output(settings.output, {"csv", "npy"}, settings.common.if_exists());
    if (!settings.key.empty() && ending_of(settings.output) == "npy")
        throw UsageError("option --key: .npy holds numbers only; write the scores to a .csv file");
    if (!settings.attribution.empty()) check_output(settings.attribution, {"npy", "png"}, settings.common.if_exists());
}

std::vector<std::byte> as_csv(const Scores& scores, const std::vector<double>& table) {
    if (scores.label_words.empty() && scores.key.words.empty()) return encode_csv(scores.names, table);
    std::vector<Column> columns;
    if (!scores.key.words.empty()) columns.push_back(scores.key);
    for (const std::string& name : scores.names)
        columns.push_back({name, name == "label" ? scores.label_words : std::vector<std::string>{}});
    return encode_table(columns, table);
}

void write_scores(const Scores& scores, const ScoreSettings& settings) {
    const std::string& output = settings.output;
    const IfExists if_exists = settings.common.if_exists();
    const std::vector<double> table = scores.row_by_row();
    const std::size_t rows = scores.columns.front().size(), width = table.size() / rows;
    if (settings.common.json) write_output(scores.json_text());
    if (ending_of(output) == "npy")
        write_npy(output, width == 1 ? std::vector{rows} : std::vector{rows, width}, table, if_exists);
    else if (output != "-" || !(settings.common.json || settings.calibrate))
        write_file(output, as_csv(scores, table), if_exists);
}

/// What needs free energies of data and label together.
void check_labels(const Model& model, const Program& program, const ScoreSettings& settings, bool without) {
    if (settings.classify && model.labels.empty())
        throw UsageError(fmt::format("option --classify: {} has no labels; train it with --labels", settings.model));
    if (!model.labels.empty() && !without && settings.calibrate)
        throw UsageError("option --calibrate: found samples with labels, expected samples without");
    for (const char* option : {"against", "missing", "attribution", "beta"})
        if (without && program.given(option))
            throw UsageError(fmt::format(
                "option --{}: needs samples with labels, {} columns: add them with rbm-data --labels FILE --model",
                option, model.machine.visible_count()));
}

int run(const Program& program, const ScoreSettings& settings) {
    check_options(program, settings);
    Model model = load_model(settings.model);
    require_betas(model, settings.betas_of_columns);
    if (settings.calibrate && model.anomaly && !settings.common.force)
        throw FileError(
            fmt::format("{}: already has a threshold for anomalies; use --force to replace it", settings.model));
    TableOptions table =
        with_label_column(table_options(settings.common, settings.missing, &model), settings.label_column);
    table.key = settings.key;
    Dataset raw = load_raw(settings.data, table, pictures_for(model, program, settings.common));
    const Column key = raw.key;
    if (!settings.key.empty() && key.words.empty())
        throw UsageError(fmt::format("option --key: {} is no table, and only tables have keys", settings.data));
    std::optional<Labels> given;
    if (!settings.label_column.empty()) {
        SplitLabels split = split_labels(raw, settings.label_column);
        raw = std::move(split.data);
        given = std::move(split.labels);
    }
    raw = fitted_to(model, std::move(raw));
    const bool without_labels = lacks_labels(model, raw.cols());
    check_labels(model, program, settings, without_labels);
    if (settings.missing == "nan") raw = with_missing(std::move(raw), model.machine.visible);
    if (without_labels) raw = with_label_columns(model, raw);
    const Dataset data = prepare_for(model, raw, program, settings.common);
    if (!settings.labels.empty()) given = load_labels(settings.labels, data.rows());
    const bool ranks = given && !settings.classify;
    const std::vector<bool> anomalous = ranks ? anomalous_samples(settings, *given) : std::vector<bool>{};
    std::optional<Against> against;
    if (!settings.against.empty()) against = load_against(model, program, settings);
    std::optional<LabelPosterior> posterior;
    if (settings.classify || without_labels) posterior = posterior_of(model, data, settings.common);
    Scores scores = score_samples(model, data, settings, posterior ? &*posterior : nullptr);
    if (settings.classify) classify(scores, model, *posterior, given);
    if (against) compare(scores, model, data, std::move(*against), program, settings);
    if (ranks) rank_anomalies(scores, anomalous);
    if (settings.calibrate) calibrate(scores, settings);
    if (!settings.attribution.empty()) write_attribution(model, raw, data, settings);
    scores.key = key;
    write_scores(scores, settings);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    ScoreSettings s;
    Program program("rbm-score",
                    "Print the free energy of each sample under a trained machine, in nats; low is familiar.");
    program.example("rbm-score run/model.safetensors test.idx.gz > scores.csv", "score every image")
        .example("rbm-score run/model.safetensors - --output scores.npy < samples.csv",
                 "in a pipe, as an array for NumPy")
        .example("rbm-score run/model.safetensors train.idx.gz --calibrate 0.99",
                 "from now on, samples above 99 % of these are anomalies")
        .example("rbm-score run/model.safetensors test.idx.gz --against other/model.safetensors",
                 "which of two models makes each sample more likely? needs no log Z")
        .example("rbm-score run/model.safetensors test.idx.gz --classify --labels test-labels.idx.gz",
                 "label every image, and count the wrong labels")
        .argument("MODEL", &s.model, "model file")
        .argument("DATA", &s.data, "samples, one per row; - is standard input")
        .option("output", path(&s.output), "write the scores to FILE, .csv or .npy; - is standard output, as CSV")
        .option("against", input(&s.against).named("MODEL|DATA"),
                "another model: add the log ratio of the two densities, with its interval; or other samples: compare "
                "the mean free energies")
        .option("missing", choice(&s.missing, {"refuse", "nan"}),
                "nan: NaN in DATA, or an empty field in CSV, is a missing value; free energies are those of the known "
                "values, with an interval; exact if at most 25 bits, or as many states of other units, are missing or "
                "hidden, else by AIS")
        .option("classify", flag(&s.classify),
                "for a model trained with --labels: add the most probable label and the probability of each label; "
                "with --labels FILE also report how often it is wrong")
        .option("key", path(&s.key).named("NAME"),
                "the column of DATA that names the samples, by name or number: it is no value, and stands first in the "
                "scores as it is in DATA")
        .option("chains", count(&s.chains, 2, 1'000'000), "number of annealed chains, for --against and --missing")
        .option("betas", count(&s.betas, 1, 100'000'000), "number of annealing steps")
        .group("Anomalies")
        .option("calibrate", probability(&s.calibrate),
                "write into the model file the free energy that this share of DATA does not exceed; later scores then "
                "have a column `anomaly`")
        .option("labels", input(&s.labels).named("FILE"),
                "1 for each sample that is an anomaly, else 0: report ROC AUC and average precision; with --classify "
                "the right labels; IDX, .npy or a table with one column")
        .option("label-column", path(&s.label_column).named("NAME"), "the same labels in a column of DATA")
        .option("anomalous-label", count(&s.anomalous_label, 0, 4294967295),
                "the label of anomalies, if the labels are not 0 and 1")
        .option(
            "attribution", path(&s.attribution).named("FILE"),
            "write how surprising each value is, -log p(v_i | all others) in nats (real values: by how much the free "
            "energy falls if the value is reconstructed), as .npy [samples, values] or .png; one number per Potts unit")
        .option("beta", beta_list(&s.betas_of_columns),
                "inverse temperature, which multiplies the energy; several with commas between give a column of free "
                "energies each")
        .common(s.common, {"seed", "threads", "binarize", "threshold", "channels", "header", "keep", "drop",
                           "decimal-comma", "json", "force"});
    return run_command(program, argc, argv, [&] {
        s.common.beta = s.betas_of_columns[0];
        return run(program, s);
    });
}
