// SPDX-License-Identifier: MIT
#include "rbm/method/objectives.h"

#include <fmt/format.h>

#include "rbm/kernels/error.h"
#include "rbm/trainer/objectives/contrastive_divergence.h"
#include "rbm/trainer/objectives/discriminative.h"
#include "rbm/trainer/objectives/fast_persistent.h"
#include "rbm/trainer/objectives/noise_contrastive.h"
#include "rbm/trainer/objectives/pseudo_likelihood.h"
#include "rbm/trainer/objectives/ratio_matching.h"
#include "rbm/trainer/objectives/score_matching.h"
#include "rbm/trainer/objectives/tempered_divergence.h"
#include "rbm/trainer/objectives/trajectory_divergence.h"

namespace rbm {
namespace {

Setting count_setting(std::string name, std::string help, std::uint64_t least, std::string fallback) {
    return {.name = std::move(name), .help = std::move(help), .fallback = std::move(fallback), .least = least};
}
Setting real_setting(std::string name, std::string help, SettingRange range, std::string fallback) {
    return {.name = std::move(name),
            .help = std::move(help),
            .kind = Setting::Kind::real,
            .fallback = std::move(fallback),
            .range = range};
}

// Settings that several rows share.
const Setting steps_setting = count_setting("steps", "sweeps of Gibbs sampling per update: the k of CD-k", 1, "1");
const Setting schedule_setting = {.name = "steps-schedule",
                                  .help = "linear: --steps grows from 1 to its value, in stages of equal length",
                                  .kind = Setting::Kind::word,
                                  .fallback = "constant",
                                  .words = {"constant", "linear"}};
const Setting chains_setting = {.name = "chains",
                                .help = "persistent chains; with tempering, ladders",
                                .shown_default = "the batch size",
                                .least = 1};
const Setting flips_setting =
    count_setting("flips", "visible units changed per update, drawn anew for each; 0: all of them", 0, "0");

StepsSchedule schedule_of(const SettingValues& settings) {
    return settings.text("steps-schedule") == "linear" ? StepsSchedule::linear : StepsSchedule::constant;
}
ContrastiveDivergence cd_of(const SettingValues& settings) { return {settings.count("steps"), schedule_of(settings)}; }

/// What those share that learn labels.
ObjectiveMethod classifier(ObjectiveMethod row) {
    row.learns_labels = true;
    row.refuses_missing =
        "needs whole samples, but values are missing; those that learn the joint density, such as pcd, can do without "
        "them";
    // A classifier's errors say more than a density's.  On MNIST a rate of 0.05 for each sample of a batch is best,
    // that of Larochelle & Bengio: 2.0 % of labels are wrong where a rate of 0.5 for 100 leaves 4.4 % (20 epochs).
    row.initial_weights = 0.03F;
    row.rate_per_sample = 0.05F;
    row.largest_rate = 5;
    row.memory = [](const SettingValues&, const RunSize& run) {
        return run.labels * (2 * run.batch * run.hidden + 3 * run.visible);
    };
    return row;
}

std::vector<ObjectiveMethod> objective_rows() {
    return {
        {.name = "pcd",
         .help = "persistent contrastive divergence: chains go on and on",
         .source = "Younes 1989; Tieleman, ICML 2008",
         .settings = {steps_setting, schedule_setting, chains_setting},
         .chains = ObjectiveMethod::Chains::persistent,
         .make =
             [](const ObjectiveInputs& in) {
                 return any_objective(
                     PersistentContrastiveDivergence{in.settings.count("steps"), in.chains, schedule_of(in.settings)});
             }},
        {.name = "cd",
         .help = "contrastive divergence: chains start at the data",
         .source = "Hinton, Neural Computation 2002",
         .settings = {steps_setting, schedule_setting},
         .chains = ObjectiveMethod::Chains::from_data,
         .make = [](const ObjectiveInputs& in) { return any_objective(cd_of(in.settings)); }},
        {.name = "fpcd",
         .help = "pcd with fast weights that drive chains out of modes",
         .source = "Tieleman & Hinton, ICML 2009",
         .settings = {steps_setting, schedule_setting, chains_setting,
                      real_setting("fast-rate", "learning rate of the fast weights; follows no schedule", {.low = 0},
                                   "0.05"),
                      real_setting("fast-decay", "what is left of the fast weights after an update",
                                   {.low = 0, .high = 1, .without_high = true}, "0.95")},
         .chains = ObjectiveMethod::Chains::persistent,
         .memory = [](const SettingValues&, const RunSize& run) { return 4 * run.visible * run.hidden; },
         .make =
             [](const ObjectiveInputs& in) {
                 return any_objective(FastPersistentContrastiveDivergence{
                     in.settings.count("steps"), in.chains, schedule_of(in.settings), in.settings.real("fast-rate"),
                     in.settings.real("fast-decay")});
             }},
        {.name = "tempering",
         .help = "pcd by parallel tempering, whose chains leave modes",
         .source = "Desjardins et al., AISTATS 2010; Cho, Raiko & Ilin, IJCNN 2010",
         .settings = {steps_setting,
                      schedule_setting,
                      chains_setting,
                      {.name = "rungs",
                       .help = "chains per ladder, from the data's marginals to the machine",
                       .fallback = "10",
                       .least = 2,
                       .most = 1000}},
         .chains = ObjectiveMethod::Chains::persistent,
         .memory =
             [](const SettingValues& settings, const RunSize& run) {
                 const double rungs = static_cast<double>(settings.count("rungs"));
                 return 3 * run.visible * run.hidden + run.chains * rungs * (run.visible + run.hidden);
             },
         .make =
             [](const ObjectiveInputs& in) {
                 return any_objective(TemperedDivergence{in.base(), in.settings.count("steps"), in.chains,
                                                         in.settings.count("rungs"), schedule_of(in.settings)});
             }},
        {.name = "trajectory",
         .help = "pcd that swaps with its own past; knows log Z",
         .source = "Bereux, Decelle, Furtlehner, Rosset & Seoane, arXiv 2405.15376",
         .settings = {steps_setting, schedule_setting, chains_setting,
                      count_setting("ladder-interval", "updates between two looks at the ladder", 1, "4"),
                      real_setting("swap-rate",
                                   "a machine is kept when the present one swaps with the last kept less often",
                                   {.low = 0.1, .high = 0.9}, "0.3")},
         .chains = ObjectiveMethod::Chains::persistent,
         .keeps_ladder = true,
         // Chains have to keep up: on MNIST (784-500, 6 epochs) log Z is right within 0.6 at a rate of 0.02, and off by
         // 200 at 0.1, where the machine swaps with no past of its own.
         .rate_per_sample = 0.0002F,
         .largest_rate = 0.02F,
         .memory =
             [](const SettingValues&, const RunSize& run) {
                 constexpr double machines = 64;  // as many as hard data ask for
                 return machines * (run.visible * run.hidden + run.chains * run.visible);
             },
         .make =
             [](const ObjectiveInputs& in) {
                 return any_objective(
                     TrajectoryDivergence{in.settings.count("steps"), in.chains, schedule_of(in.settings),
                                          in.settings.count("ladder-interval"), in.settings.precise("swap-rate")});
             }},
        {.name = "exact",
         .help = "the likelihood of a small machine, by L-BFGS",
         .source = "Liu & Nocedal, Mathematical Programming 1989",
         .settings = {count_setting("restarts", "random starts, of which the best is kept", 1, "10")},
         .refuses_missing = "needs the states of whole samples, but values are missing",
         .uses_only = {"validation", "sample-weights", "visible-units", "visible-states", "hidden-units",
                       "hidden-states", "hidden", "standardize", "algorithm", "minimum-sigma", "restarts", "epochs",
                       "weight-decay", "seed", "threads", "binarize", "threshold", "alphabet"},
         .why_only = "draws no samples and takes no steps of given length",
         .proof = ObjectiveMethod::Proof::elsewhere,
         .proof_elsewhere = "docs/experiments/exact_optima.py: it reaches optima that are known"},
        {.name = "score-matching",
         .help = "fits d log p(v)/dv in closed form (continuous units)",
         .source = "Hyvarinen, JMLR 2005",
         .make = [](const ObjectiveInputs&) { return any_objective(ScoreMatching{}); }},
        {.name = "denoising",
         .help = "score matching of noisy data (continuous units)",
         .source = "Vincent, Neural Computation 2011",
         .settings = {real_setting("noise-sigma", "standard deviation of the noise, in units of the prepared data",
                                   {.low = 0, .without_low = true}, "0.3")},
         .proof = ObjectiveMethod::Proof::slope,
         .make =
             [](const ObjectiveInputs& in) {
                 return any_objective(DenoisingScoreMatching{in.settings.real("noise-sigma")});
             }},
        {.name = "sliced",
         .help = "score matching in random directions (continuous)",
         .source = "Song, Garg, Shi & Ermon, UAI 2019",
         .settings = {count_setting("slices", "random directions per row", 1, "1")},
         .make =
             [](const ObjectiveInputs& in) { return any_objective(SlicedScoreMatching{in.settings.count("slices")}); }},
        {.name = "pseudo-likelihood",
         .help = "log p of each unit given the others (discrete units)",
         .source = "Besag, The Statistician 1975",
         .settings = {flips_setting},
         .make = [](const ObjectiveInputs& in) { return any_objective(PseudoLikelihood{in.settings.count("flips")}); }},
        {.name = "ratio-matching",
         .help = "p(v with one unit changed) / p(v) (discrete units)",
         .source = "Hyvarinen, Computational Statistics & Data Analysis 2007",
         .settings = {flips_setting},
         .make = [](const ObjectiveInputs& in) { return any_objective(RatioMatching{in.settings.count("flips")}); }},
        {.name = "nce",
         .help = "noise-contrastive estimation; learns log Z too",
         .source = "Gutmann & Hyvarinen, AISTATS 2010",
         .settings = {count_setting("noise-samples", "rows of noise per row of data", 1, "10")},
         .learns_log_partition = true,
         .model_rows =
             [](const SettingValues& settings, const RunSize& run) {
                 return static_cast<double>(settings.count("noise-samples")) * run.batch;
             },
         .make =
             [](const ObjectiveInputs& in) {
                 return any_objective(NoiseContrastive{in.base(), in.settings.count("noise-samples")});
             }},
        classifier({.name = "discriminative",
                    .help = "log p(label | data): a classifier (with --labels)",
                    .source = "Larochelle & Bengio, ICML 2008",
                    .proof = ObjectiveMethod::Proof::slope,
                    .make = [](const ObjectiveInputs& in) { return any_objective(Discriminative{in.classes}); }}),
        classifier({.name = "hybrid",
                    .help = "discriminative plus cd (with --labels)",
                    .source = "Larochelle, Mandel, Pascanu & Bengio, JMLR 2012",
                    .settings = {steps_setting,
                                 schedule_setting,
                                 {.name = "generative-weight",
                                  .help = "weight of the log-likelihood of data and label, by cd",
                                  .kind = Setting::Kind::real,
                                  .fallback = "0.01",
                                  .range = {.low = 0},
                                  .precise = true}},
                    .chains = ObjectiveMethod::Chains::from_data,
                    .proof = ObjectiveMethod::Proof::elsewhere,
                    .proof_elsewhere = "tests/unit/test_labels.cpp: its gradient is the sum of both parts",
                    .make =
                        [](const ObjectiveInputs& in) {
                            return any_objective(Hybrid<ContrastiveDivergence>{
                                {in.classes}, cd_of(in.settings), in.settings.precise("generative-weight")});
                        }}),
    };
}

}  // namespace

const std::vector<ObjectiveMethod>& objective_methods() {
    static const std::vector<ObjectiveMethod> all = objective_rows();
    return all;
}

const ObjectiveMethod& objective_method(std::string_view name) {
    return row_named(objective_methods(), name, "objective");
}

}  // namespace rbm
