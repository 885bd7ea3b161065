// SPDX-License-Identifier: MIT
// rbm-score: the free energy of each sample, its log-likelihood when the model knows its log Z, and what follows from
// them: likelihood ratios, anomalies.
#include "apps/score/against.h"
#include "apps/files/arrays.h"
#include "apps/score/classify.h"
#include "apps/cli/command.h"
#include "apps/files/labels.h"
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
    if (settings.missing == "nan") exclude("missing", {"attribution", "calibrate"}, "that needs whole samples");
    exclude("calibrate", {"labels", "against", "attribution"}, "it looks at familiar samples only");
    if (settings.calibrate && settings.common.beta != 1)
        throw UsageError("option --calibrate: found with --beta, expected beta 1: the threshold is the model's own");
    if (settings.calibrate && settings.model == "-")
        throw UsageError("option --calibrate: the model comes from standard input, expected a file to write into");
    if (settings.anomalous_label && settings.labels.empty())
        throw UsageError("option --anomalous-label: has no effect without --labels");
    if (settings.classify)
        exclude("classify", {"against", "missing", "attribution", "calibrate", "anomalous-label", "beta"},
                "that is not about labels");
    check_output(settings.output, {"csv", "npy"}, settings.common.force);
    if (!settings.attribution.empty()) check_output(settings.attribution, {"npy", "png"}, settings.common.force);
}

void write_scores(const Scores& scores, const ScoreSettings& settings) {
    const std::string& output = settings.output;
    const bool force = settings.common.force;
    const std::vector<double> table = scores.row_by_row();
    const std::size_t width = scores.columns.size(), rows = table.size() / width;
    if (settings.common.json) write_output(scores.json_text());
    if (ending_of(output) == "npy")
        write_npy(output, width == 1 ? std::vector{rows} : std::vector{rows, width}, table, force);
    else if (output != "-" || !(settings.common.json || settings.calibrate))
        write_file(output, encode_csv(scores.names, table), force);
}

/// What needs free energies of data and label together.
void check_labels(const Model& model, const Program& program, const ScoreSettings& settings, bool without) {
    if (settings.classify && model.labels.empty())
        throw UsageError(fmt::format("option --classify: {} has no labels; train it with --labels", settings.model));
    if (!model.labels.empty() && !without && settings.calibrate)
        throw UsageError("option --calibrate: found samples with their labels, expected them without");
    for (const char* option : {"against", "missing", "attribution", "beta"})
        if (without && program.given(option))
            throw UsageError(fmt::format(
                "option --{}: needs samples with their labels, {} columns: add them by rbm-data --labels FILE --model",
                option, model.machine.visible_count()));
}

int run(const Program& program, const ScoreSettings& settings) {
    check_options(program, settings);
    Model model = load_model(settings.model);
    require_beta(model, settings.common);
    if (settings.calibrate && model.anomaly && !settings.common.force)
        throw FileError(
            fmt::format("{}: has a threshold of anomalies already; use --force to replace it", settings.model));
    Dataset raw = load_raw(settings.data, settings.missing == "nan");
    const bool without_labels = lacks_labels(model, raw.cols());
    check_labels(model, program, settings, without_labels);
    if (settings.missing == "nan") raw.allow_missing();
    if (without_labels) raw = with_label_columns(model, raw);
    const Dataset data = prepare_for(model, raw, program, settings.common);
    const bool ranks = !settings.labels.empty() && !settings.classify;
    const std::vector<bool> anomalous = ranks ? anomalous_samples(settings, data.rows()) : std::vector<bool>{};
    std::optional<Against> against;
    if (!settings.against.empty()) against = load_against(settings);
    std::optional<LabelPosterior> posterior;
    if (settings.classify || without_labels) posterior = posterior_of(model, data, settings.common);
    Scores scores = score_samples(model, data, settings, posterior ? &*posterior : nullptr);
    if (settings.classify) classify(scores, model, *posterior, settings);
    if (against) compare(scores, model, data, std::move(*against), program, settings);
    if (ranks) rank_anomalies(scores, anomalous);
    if (settings.calibrate) calibrate(scores, settings);
    if (!settings.attribution.empty()) write_attribution(model, raw, data, settings);
    write_scores(scores, settings);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    ScoreSettings s;
    Program program("rbm-score", "Give each sample its free energy under a trained machine, in nats; low is familiar.");
    program.example("rbm-score run/model.safetensors test.idx.gz > scores.csv", "score every image")
        .example("rbm-score run/model.safetensors - --output scores.npy < samples.csv", "in a pipe, for NumPy")
        .example("rbm-score run/model.safetensors train.idx.gz --calibrate 0.99",
                 "call what is above 99 % of these an anomaly from now on")
        .example("rbm-score run/model.safetensors test.idx.gz --against other/model.safetensors",
                 "which of two models makes a sample more likely, without their log Z")
        .example("rbm-score run/model.safetensors test.idx.gz --classify --labels test-labels.idx.gz",
                 "label every image, and tell how many are wrong")
        .argument("MODEL", &s.model, "model file")
        .argument("DATA", &s.data, "samples, one per row; - is standard input")
        .option("output", path(&s.output), "where the scores go: .csv or .npy; - is standard output, as CSV")
        .option(
            "against", input(&s.against).named("MODEL|DATA"),
            "another model: adds the log of the ratio of both densities, with its interval; or other samples: tells "
            "how far the mean free energies are apart")
        .option(
            "missing", choice(&s.missing, {"refuse", "nan"}),
            "nan: NaN in DATA, or a gap in CSV, is a value that is not known, and free energies are those of what is, "
            "with their "
            "interval; exact where at most 25 bits, or as many states of others, are missing or hidden, else by AIS")
        .option("classify", flag(&s.classify),
                "of a model trained with --labels: adds the most probable label and the probability of each; with "
                "--labels FILE tells how often it is wrong")
        .option("chains", count(&s.chains, 2, 1'000'000),
                "chains that anneal side by side, for --against and --missing")
        .option("betas", count(&s.betas, 1, 100'000'000), "steps that they anneal in")
        .group("Anomalies")
        .option("calibrate", probability(&s.calibrate),
                "write into the model file which free energy this share of DATA does not exceed; from then on scores "
                "have a column `anomaly`")
        .option(
            "labels", input(&s.labels).named("FILE"),
            "1 for each sample that is an anomaly, else 0: tells ROC AUC and average precision; with --classify the "
            "right labels; IDX, .npy or a table of one column")
        .option("anomalous-label", count(&s.anomalous_label, 0, 4294967295),
                "the label of anomalies, where there are others than 0 and 1")
        .option("attribution", path(&s.attribution).named("FILE"),
                "write for each value how much it surprises, -log p(v_i | all others) in nats (real values: the free "
                "energy that mending it would save), as .npy [samples, values] or .png; of Potts units, one number for "
                "each")
        .common(s.common, {"seed", "threads", "beta", "binarize", "threshold", "json", "force"});
    return run_command(program, argc, argv, [&] { return run(program, s); });
}
