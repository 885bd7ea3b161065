// SPDX-License-Identifier: MIT
// rbm-dream: what a machine believes its data look like.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <optional>

#include "apps/cli/command.h"
#include "apps/cli/control.h"
#include "apps/cli/setting_value.h"
#include "apps/dream/dream_page.h"
#include "apps/dream/frames.h"
#include "apps/dream/health_watch.h"
#include "apps/dream/modes.h"
#include "apps/files/arrays.h"
#include "apps/files/labels.h"
#include "apps/files/ladder.h"
#include "apps/files/output_table.h"
#include "apps/files/pictures.h"
#include "apps/files/prepare.h"
#include "apps/files/read_data.h"
#include "apps/files/sequences.h"
#include "rbm/io/atomic_file.h"
#include "rbm/io/film.h"
#include "rbm/io/ladder_file.h"
#include "rbm/method/samplers.h"
#include "rbm/model/labels.h"

namespace {

using namespace rbm;
using namespace rbm::app;

struct Settings {
    CommonSettings common;
    std::string model, start = "noise", sampler = "gibbs", output;
    std::size_t chains = 64, steps = 1000;
    std::optional<std::size_t> every;
    SettingValues method{settings_of(sampler_methods())};  ///< of all samplers
    std::optional<std::uint32_t> label;
    bool means = false, states = false, modes = false;
};

/// The rows to start at, none for noise.
Matrix start_rows(Model& model, const Program& program, const Settings& settings) {
    if (settings.start == "noise") return {};
    const std::size_t count = settings.chains;
    const Dataset data =
        prepare_for(model, load_for(model, settings.start, program, settings.common), program, settings.common);
    if (data.rows() < count)
        throw UsageError(
            fmt::format("option --chains: {} chains cannot start at the {} rows of {}; use --chains {} "
                        "or fewer",
                        count, data.rows(), settings.start, data.rows()));
    return all_rows(data.slice(0, count), settings.common);
}

/// The label's units, which are held: [1 x V] 1 where they are, and [C x V] their values.
void hold_label(const Model& model, std::uint32_t label, SamplerInputs& inputs) {
    const auto [off, on] = label_values(model.machine.visible, "--label");
    const std::size_t classes = model.labels.size(), data = model.machine.visible_count() - classes;
    const std::vector<std::uint32_t> labels = {label};
    const std::size_t place = places_of(labels, model.labels, "--label")[0];
    inputs.held = Matrix(1, model.machine.visible_count());
    inputs.at = Matrix(inputs.chains, model.machine.visible_count());
    for (std::size_t c = 0; c < classes; ++c) {
        inputs.held(0, data + c) = 1;
        for (std::size_t chain = 0; chain < inputs.chains; ++chain) inputs.at(chain, data + c) = c == place ? on : off;
    }
}

std::unique_ptr<RunningChains> start_chains_of(Model& model, const Program& program, const Settings& settings,
                                               Random& random) {
    const SamplerMethod& method = sampler_method(settings.sampler);
    SamplerInputs inputs{.machine = model.machine,
                         .settings = settings.method,
                         .chains = settings.chains,
                         .steps = settings.steps,
                         .beta = settings.common.beta,
                         .start = start_rows(model, program, settings),
                         .control = until_stopped()};
    if (!model.rates.empty()) inputs.base = [&](const Machine& machine) { return base_of_rates(model, machine); };
    require_units(method, model.machine.visible);
    if (method.needs_ladder) {
        inputs.ladder = ladder_of(settings.model, model.machine);
        if (inputs.ladder.empty()) refuse_without_ladder("sampler", method.name, settings.model);
    }
    if (settings.label) hold_label(model, *settings.label, inputs);
    return method.start(inputs, random);
}

/// Runs the chains, and hands each frame's number and values [chains, V], in the units of the data or, for a table,
/// prepared, to `take`.
template <class Take>
DreamReport run_chains(const Model& model, RunningChains& chains, Random& random, const Settings& settings, bool means,
                       Take take) {
    const bool in_prepared_units = ending_of(settings.output) == "csv";
    const std::size_t every = settings.every.value_or(settings.steps);
    Matrix frame(chains.count(), model.machine.visible_count());
    DreamReport report;
    report.facts = {{"sampler", settings.sampler},
                    {"chains", chains.count()},
                    {"steps", settings.steps},
                    {"seed", settings.common.seed},
                    {"beta", settings.common.beta}};
    HealthWatch watch(model.machine, chains.count(), settings.steps, settings.common.beta);
    {
        Progress progress("dreaming", settings.steps, "steps");
        for (std::size_t step = 1; step <= settings.steps; ++step) {
            chains.step(random);
            throw_if_stopped();
            progress.update(step);
            watch.look(step, chains);
            if (step % every != 0 && step != settings.steps) continue;
            if (means)
                chains.means(frame);
            else
                chains.states(frame);
            if (settings.modes && step == settings.steps) {
                if (means) chains.states(frame);
                descend_to_modes(model.machine, settings.common.beta, frame, report);
            }
            if (!in_prepared_units) restore_units(model, frame);
            take((step - 1) / every, frame);
        }
    }
    const SamplerMethod& method = sampler_method(settings.sampler);
    if (method.stationary) watch.report(method.when_stuck, report);
    report.take(chains.report());
    return report;
}

/// The chains of a page run in the browser, by Gibbs, for as long as somebody looks.
void check_page_options(const Program& program, const Settings& settings) {
    for (const char* name : {"steps", "every", "modes"})
        if (program.given(name))
            throw UsageError(
                fmt::format("option --{}: the chains of a page run for as long as it is open; leave it out", name));
    if (const Settings defaults; settings.sampler != defaults.sampler)
        throw UsageError(fmt::format("option --sampler: found {}, but the chains of a page move by {}",
                                     settings.sampler, defaults.sampler));
}

void check_options(const Program& program, const Settings& settings) {
    const CommonSettings& common = settings.common;
    if (settings.means && settings.states) throw UsageError("options --means and --states: expected one of them");
    if (settings.means && settings.modes) throw UsageError("options --means and --modes: modes are states");
    const SamplerMethod& method = sampler_method(settings.sampler);
    if (settings.label && !method.holds_units)
        throw UsageError(fmt::format("option --label: --sampler {} cannot hold it; take gibbs", settings.sampler));
    if (settings.label && settings.modes) throw UsageError("options --label and --modes: modes are of all units");
    refuse_idle_settings(program, sampler_methods(), method, "sampler");
    if (const auto beta = static_cast<float>(common.beta); !(beta > 0 && std::isfinite(beta)))
        throw UsageError(fmt::format("option --beta: found {}, expected a number above 0", common.beta));
    if (common.json && settings.output == "-")
        throw UsageError("option --json: standard output already carries the dreams; give --output a file");
    check_output(settings.output, {"npy", "csv", "png", "gif", "fasta", "fa", "html"}, common.if_exists());
    const std::string ending = ending_of(settings.output);
    if (ending == "html") check_page_options(program, settings);
    if (ending != "csv" && ending != "fasta" && ending != "fa" && ending != "html") refuse_terminal(settings.output);
}

void require_label(const Model& model, const Settings& settings) {
    if (!settings.label || std::ranges::binary_search(model.labels, *settings.label)) return;
    throw UsageError(fmt::format(
        "option --label: found {}, expected {}", *settings.label,
        model.labels.empty()
            ? fmt::format("a model trained with --labels; {} has none", settings.model)
            : fmt::format("one of the model's labels, from {} to {}", model.labels.front(), model.labels.back())));
}

void require_letters(const Model& model, const Settings& settings) {
    if (settings.means) throw UsageError("option --means: sequences have letters, not means; leave it out");
    if (model.letters.empty())
        throw UsageError(
            fmt::format("option --output: {} was not trained on sequences (FASTA) and knows no letters; "
                        "write .npy",
                        settings.model));
}

/// Writes a page that runs the chains itself.
DreamReport write_page(Model& model, const Program& program, const Settings& settings) {
    const std::filesystem::path path = settings.model;  // the folder says more than model.safetensors
    DreamPage page{.title = (path.parent_path().filename() / path.filename()).string(),
                   .chains = settings.chains,
                   .beta = settings.common.beta,
                   .seed = settings.common.seed,
                   .means = !settings.states,
                   .label = std::nullopt,
                   .start = start_rows(model, program, settings)};
    if (settings.label) page.label = std::ranges::lower_bound(model.labels, *settings.label) - model.labels.begin();
    const std::string text = dream_page(model, page);
    write_file(settings.output, std::as_bytes(std::span(text)), settings.common.if_exists());
    DreamReport report;
    report.facts = {{"sampler", settings.sampler},
                    {"chains", settings.chains},
                    {"seed", settings.common.seed},
                    {"beta", settings.common.beta}};
    note("{}: open it in a browser; it holds the machine and needs no network", settings.output);
    return report;
}

/// Runs the chains and writes what --output wants of them.
DreamReport write_dreams(const Program& program, const Settings& settings) {
    const CommonSettings& common = settings.common;
    Model model = load_model(settings.model);
    require_label(model, settings);
    if (ending_of(settings.output) == "html") return write_page(model, program, settings);
    const FramePlan plan = plan_frames(model, settings.output, settings.chains, settings.steps, settings.every);
    const bool sequences = plan.ending == "fasta" || plan.ending == "fa";
    const bool pictures = plan.ending == "png" || plan.ending == "gif";
    const bool means = pictures ? !settings.states : settings.means;
    if (sequences) require_letters(model, settings);
    Random random(common.seed);
    const std::unique_ptr<RunningChains> chains = start_chains_of(model, program, settings, random);
    if (plan.ending == "gif") {
        if (plan.frames == 1) note("{}: one frame only; --every M makes it a film", settings.output);
        std::optional<Film> film;
        std::optional<Greys> greys;  // of the first frame for all: films must not flicker
        DreamReport report = run_chains(model, *chains, random, settings, means, [&](std::size_t, Matrix& frame) {
            if (!greys) greys = Greys::of(model.machine.visible, frame);
            greys->apply(frame);
            const Picture picture = sheet(frame, model.image, plan.sheet);
            if (!film) film.emplace(picture.height, picture.width, FilmOptions{.colour = picture.channels == 3});
            film->add(picture);
        });
        write_file(settings.output, film->finish(), common.if_exists());
        return report;
    }
    if (sequences) {
        const std::size_t every = settings.every.value_or(settings.steps);
        std::vector<Sequence> written;
        DreamReport report =
            run_chains(model, *chains, random, settings, means, [&](std::size_t number, Matrix& frame) {
                add_sequences(frame, model.letters, std::min((number + 1) * every, settings.steps), written);
            });
        write_file(settings.output, encode_fasta(written), common.if_exists());
        return report;
    }
    // An array holds frame after frame, a picture chain after chain.
    Matrix all(plan.frames * chains->count(), model.machine.visible_count());
    DreamReport report =
        run_chains(model, *chains, random, settings, means, [&](std::size_t number, const Matrix& frame) {
            for (std::size_t c = 0; c < frame.rows(); ++c)
                std::copy(frame.row(c).begin(), frame.row(c).end(),
                          all.row(plan.ending == "png" ? c * plan.frames + number : number * frame.rows() + c).begin());
        });
    if (plan.ending == "png") {
        Greys::of(model.machine.visible, all).apply(all);
        write_png(settings.output, sheet(all, model.image, plan.sheet), common.if_exists());
    } else if (plan.ending == "csv") {
        write_file(settings.output, visible_table(model, std::as_const(all).view()), common.if_exists());
    } else {
        write_npy(settings.output, {plan.frames, chains->count(), all.cols()}, std::as_const(all).values(),
                  common.if_exists());
    }
    return report;
}

std::string sampler_page(const std::string& name) {
    const SamplerMethod& row = sampler_method(name);
    std::string page = page_head("sampler", row);
    constexpr const char* units[] = {"of any kind", "discrete", "continuous"};
    page += entry("visible units", units[static_cast<std::size_t>(row.units)] +
                                       (row.instead.empty() ? "" : "; for others take " + row.instead));
    page += entry("--label", row.holds_units ? "can be held" : "cannot be held");
    page += entry("in the end", row.stationary ? "chains agree; where they do not: " + row.when_stuck
                                               : "chains have cooled down, each in a mode of its own");
    return page;
}

/// Steps along a ladder: each moves the chains of all its machines, and they begin well mixed.
constexpr std::size_t steps_along_ladder = 200;

/// With a ladder beside the model chains go along it, unless told otherwise: Gibbs alone sticks where it starts.
void prefer_ladder(const Program& program, Settings& settings) {
    std::error_code ignored;
    const bool may = !program.given("sampler") && settings.start == "noise" && !settings.label &&
                     ending_of(settings.output) != "html" && settings.model != "-";
    if (!may || !std::filesystem::is_regular_file(ladder_beside(settings.model), ignored)) return;
    settings.sampler = "trajectory";
    if (!program.given("steps")) settings.steps = steps_along_ladder;
    note("{}: the run left a ladder, along which the chains go, for {} steps; --sampler gibbs does without",
         settings.model, settings.steps);
}

int dream(const Program& program, Settings& settings) {
    prefer_ladder(program, settings);
    check_options(program, settings);
    if (ending_of(settings.output) == "html" && !program.given("chains")) settings.chains = DreamPage{}.chains;
    const DreamReport report = write_dreams(program, settings);
    if (settings.common.json) write_output(report.json_text());
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    Settings settings;
    Program program("rbm-dream", "Run Markov chains of a trained machine: what it believes its data look like.");
    program.example("rbm-dream run/model.safetensors --output dreams.png", "draw 64 dreams")
        .example("rbm-dream run/model.safetensors --every 10 --output dreams.gif", "make a film of them")
        .example("rbm-dream run/model.safetensors --output dream.html",
                 "a page on which the machine dreams in a browser: paint, and it fills in the rest")
        .example("rbm-dream run/model.safetensors --start test.npy --steps 5 --output near.npy",
                 "start at given samples")
        .example("rbm-dream run/model.safetensors --sampler annealing --modes --output modes.png",
                 "find its most likely pictures")
        .argument("MODEL", &settings.model, "model file")
        .option(
            "output", path(&settings.output).required().transient().named("FILE"),
            "where the dreams go; .npy (an array [frames, chains, visible units]), .csv (a "
            "line per chain of each frame, with the names of columns, and categories as words), .fasta "
            "(sequences), .png (several frames: one row per "
            "chain, time runs to the right), .gif (a film), .html (a page that runs the chains itself); - is .npy on "
            "standard output")
        .option("chains",
                count(&settings.chains, 1, 100'000'000)
                    .shown_default(fmt::format("{}; {} in a page", settings.chains, DreamPage{}.chains)),
                "chains that run side by side")
        .option("steps",
                count(&settings.steps, 1)
                    .shown_default(fmt::format("{}; {} along a ladder", settings.steps, steps_along_ladder)),
                "sweeps of each chain")
        .option("every", count(&settings.every, 1).shown_default("the steps").named("M"),
                "take a frame after every M steps, and after the last")
        .option("start", input(&settings.start).named("noise|DATA"),
                "where chains start: units drawn from their biases alone, or the first rows of a data file")
        .option("sampler", choice(&settings.sampler, names_of(sampler_methods())).named("NAME"),
                "how chains move: one of those below; trajectory where a ladder lies beside the model");
    declare_settings(program, sampler_methods(), &settings.method);
    program
        .option("label", count(&settings.label, 0, 4294967295).named("N"),
                "of a model trained with --labels: dream of samples with this label only, which is held")
        .option("modes", flag(&settings.modes),
                "at the end go down from where the chains are to local minima of the free energy")
        .option("means", flag(&settings.means), "write the means of the units; pictures and films show them anyway")
        .option("states", flag(&settings.states),
                "draw sampled states in pictures and films; arrays and tables hold them anyway")
        .common(settings.common, {"seed", "threads", "beta", "binarize", "threshold", "channels", "header", "keep",
                                  "drop", "decimal-comma", "json", "force"})
        .pages("sampler", "Samplers (more on each: --help-sampler NAME)", lines_of(sampler_methods()), sampler_page);
    return run_command(program, argc, argv, [&] { return dream(program, settings); });
}
