// SPDX-License-Identifier: MIT
// rbm-dream: what a machine believes its data look like.
#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>

#include "apps/files/arrays.h"
#include "apps/cli/command.h"
#include "apps/dream/dreamer.h"
#include "apps/dream/frames.h"
#include "apps/files/pictures.h"
#include "apps/files/prepare.h"
#include "apps/dream/samplers.h"
#include "rbm/io/atomic_file.h"
#include "rbm/io/film.h"

namespace {

using namespace rbm;
using namespace rbm::app;

struct Settings {
    CommonSettings common;
    std::string model, start = "noise", sampler = "gibbs", output;
    std::size_t chains = 64, steps = 1000;
    std::optional<std::size_t> every;
    std::optional<double> step_size;
    std::optional<std::uint32_t> label;
    bool means = false, states = false, modes = false;
};

/// The rows to start at, none for noise.
Matrix start_rows(Model& model, const Program& program, const Settings& settings) {
    if (settings.start == "noise") return {};
    const std::size_t count = settings.chains;
    const Dataset data = prepare_for(model, load_raw(settings.start), program, settings.common);
    if (data.rows() < count)
        throw UsageError(
            fmt::format("option --chains: {} chains cannot start at the {} rows of {}; use --chains {} "
                        "or fewer",
                        count, data.rows(), settings.start, data.rows()));
    return all_rows(data.slice(0, count), settings.common);
}

std::unique_ptr<Dreamer> start_dreamer(Model& model, const Program& program, const Settings& settings, Random& random) {
    const Matrix start = start_rows(model, program, settings);
    if (settings.sampler == "tempering")
        return tempering_dreamer(model, settings.common.beta, settings.chains, start, random);
    Chains chains = start.rows() == 0 ? Chains::from_noise(model.machine, settings.chains, random)
                                      : Chains::from_data(model.machine, start, random);
    if (settings.common.beta != 1) chains.beta.assign(settings.chains, static_cast<float>(settings.common.beta));
    if (settings.sampler != "gibbs")
        return proposing_dreamer(settings.sampler, model.machine, std::move(chains), settings.steps,
                                 settings.step_size);
    if (settings.label) return labelled_dreamer(model, std::move(chains), *settings.label);
    return gibbs_dreamer(model.machine, std::move(chains));
}

/// Runs the chains, and hands each frame's number and values [chains, V], in the units of the data, to `take`.
template <class Take>
DreamReport run_chains(const Model& model, Dreamer& dreamer, Random& random, const Settings& settings, bool means,
                       Take take) {
    const std::size_t every = settings.every.value_or(settings.steps);
    Matrix frame(dreamer.count(), model.machine.visible_count());
    DreamReport report;
    report.facts = {{"sampler", settings.sampler},
                    {"chains", dreamer.count()},
                    {"steps", settings.steps},
                    {"seed", settings.common.seed},
                    {"beta", settings.common.beta}};
    HealthWatch watch(model.machine, dreamer.count(), settings.steps, settings.common.beta);
    {
        Progress progress("dreaming", settings.steps, "steps");
        for (std::size_t step = 1; step <= settings.steps; ++step) {
            dreamer.step(random);
            throw_if_stopped();
            progress.update(step);
            watch.look(step, dreamer);
            if (step % every != 0 && step != settings.steps) continue;
            if (means)
                dreamer.means(frame);
            else
                dreamer.states(frame);
            if (settings.modes && step == settings.steps) {
                if (means) dreamer.states(frame);
                descend_to_modes(model.machine, settings.common.beta, frame, report);
            }
            restore_units(model, frame);
            take((step - 1) / every, frame);
        }
    }
    if (settings.sampler != "annealing")  // whose chains are not meant to agree with themselves
        watch.report(
            settings.sampler == "tempering" ? "take more --steps" : "take more --steps, or --sampler tempering",
            report);
    dreamer.report(report);
    return report;
}

void check_options(const Settings& settings) {
    const CommonSettings& common = settings.common;
    if (settings.means && settings.states) throw UsageError("options --means and --states: expected one of them");
    if (settings.means && settings.modes) throw UsageError("options --means and --modes: modes are states");
    if (settings.label && settings.sampler != "gibbs")
        throw UsageError(fmt::format("option --label: is held by --sampler gibbs, found {}", settings.sampler));
    if (settings.label && settings.modes) throw UsageError("options --label and --modes: modes are of all units");
    if (settings.step_size && (settings.sampler == "gibbs" || settings.sampler == "tempering"))
        throw UsageError(fmt::format("option --step-size: --sampler {} has none", settings.sampler));
    if (const auto beta = static_cast<float>(common.beta); !(beta > 0 && std::isfinite(beta)))
        throw UsageError(fmt::format("option --beta: found {}, expected a number above 0", common.beta));
    if (common.json && settings.output == "-")
        throw UsageError("option --json: standard output already carries the dreams; give --output a file");
    check_output(settings.output, {"npy", "png", "gif"}, common.force);
    refuse_terminal(settings.output);
}

void require_label(const Model& model, const Settings& settings) {
    if (!settings.label || std::ranges::binary_search(model.labels, *settings.label)) return;
    throw UsageError(fmt::format(
        "option --label: found {}, expected {}", *settings.label,
        model.labels.empty()
            ? fmt::format("a model trained with --labels; {} has none", settings.model)
            : fmt::format("one of the model's labels, from {} to {}", model.labels.front(), model.labels.back())));
}

/// Runs the chains and writes what --output wants of them.
DreamReport write_dreams(const Program& program, const Settings& settings) {
    const CommonSettings& common = settings.common;
    Model model = load_model(settings.model);
    const FramePlan plan = plan_frames(model, settings.output, settings.chains, settings.steps, settings.every);
    const bool means = plan.ending == "npy" ? settings.means : !settings.states;
    require_label(model, settings);
    Random random(common.seed);
    const std::unique_ptr<Dreamer> dreamer = start_dreamer(model, program, settings, random);
    if (plan.ending == "gif") {
        if (plan.frames == 1) note("{}: one frame only; --every M makes it a film", settings.output);
        std::optional<Film> film;
        std::optional<Greys> greys;  // of the first frame for all: films must not flicker
        DreamReport report = run_chains(model, *dreamer, random, settings, means, [&](std::size_t, Matrix& frame) {
            if (!greys) greys = Greys::of(model.machine.visible, frame);
            greys->apply(frame);
            const Picture picture = sheet(frame, model.image, plan.sheet);
            if (!film) film.emplace(picture.height, picture.width);
            film->add(picture);
        });
        write_file(settings.output, film->finish(), common.force);
        return report;
    }
    // An array holds frame after frame, a picture chain after chain.
    Matrix all(plan.frames * dreamer->count(), model.machine.visible_count());
    DreamReport report =
        run_chains(model, *dreamer, random, settings, means, [&](std::size_t number, const Matrix& frame) {
            for (std::size_t c = 0; c < frame.rows(); ++c)
                std::copy(frame.row(c).begin(), frame.row(c).end(),
                          all.row(plan.ending == "png" ? c * plan.frames + number : number * frame.rows() + c).begin());
        });
    if (plan.ending == "png") {
        Greys::of(model.machine.visible, all).apply(all);
        write_png(settings.output, sheet(all, model.image, plan.sheet), common.force);
    } else {
        write_npy(settings.output, {plan.frames, dreamer->count(), all.cols()}, std::as_const(all).values(),
                  common.force);
    }
    return report;
}

int dream(const Program& program, const Settings& settings) {
    check_options(settings);
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
        .example("rbm-dream run/model.safetensors --start test.npy --steps 5 --output near.npy",
                 "start at given samples")
        .example("rbm-dream run/model.safetensors --sampler annealing --modes --output modes.png",
                 "find its most likely pictures")
        .argument("MODEL", &settings.model, "model file")
        .option(
            "output", path(&settings.output).required().transient().named("FILE"),
            "where the dreams go: .npy (an array [frames, chains, visible units]), .png (several frames: one row per "
            "chain, time runs to the right), .gif (a film); - is .npy on standard output")
        .option("chains", count(&settings.chains, 1, 100'000'000), "chains that run side by side")
        .option("steps", count(&settings.steps, 1), "sweeps of each chain")
        .option("every", count(&settings.every, 1).shown_default("the steps").named("M"),
                "take a frame after every M steps, and after the last")
        .option("start", input(&settings.start).named("noise|DATA"),
                "where chains start: units drawn from their biases alone, or the first rows of a data file")
        .option(
            "sampler",
            choice(&settings.sampler, {"gibbs", "tempering", "metropolis", "gibbs-with-gradients", "langevin", "mala",
                                       "gibbs-langevin", "annealing"}),
            "how chains move. gibbs: all hidden units, then all visible ones; tempering: each chain is the top of a "
            "ladder of temperatures that leads to independent units, and leaves modes that Gibbs chains stay in; "
            "metropolis: flips of single units, as many per step as there are, or one Gaussian step of all; "
            "gibbs-with-gradients: ten flips per step that the gradient suggests; langevin: down the gradient, with "
            "noise, off by O(step size); mala: the same, but exact; gibbs-langevin: hidden units, then ten such steps; "
            "annealing: metropolis that cools down towards low free energies")
        .option("step-size", real(&settings.step_size, above(0)).named("R").shown_default("sought, or 0.05"),
                "of Langevin and Gaussian steps; otherwise sought during the first half of the steps, but for "
                "--sampler langevin (0.05) and annealing")
        .option("label", count(&settings.label, 0, 4294967295).named("N"),
                "of a model trained with --labels: dream of samples with this label only, which is held")
        .option("modes", flag(&settings.modes),
                "at the end go down from where the chains are to local minima of the free energy")
        .option("means", flag(&settings.means), "write the means of the units; pictures and films show them anyway")
        .option("states", flag(&settings.states), "draw sampled states in pictures and films; arrays hold them anyway")
        .common(settings.common, {"seed", "threads", "beta", "binarize", "threshold", "json", "force"});
    return run_command(program, argc, argv, [&] { return dream(program, settings); });
}
