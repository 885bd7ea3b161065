// SPDX-License-Identifier: MIT
// rbm-reconstruct: what a machine makes of samples: themselves, their features, and what belongs into their holes.
#include <algorithm>
#include <optional>

#include "apps/arrays.h"
#include "apps/command.h"
#include "apps/mask.h"
#include "apps/pictures.h"
#include "apps/prepare.h"
#include "apps/reconstruction.h"

namespace {

using namespace rbm;
using namespace rbm::app;

constexpr std::size_t block_rows = 1000;
constexpr std::size_t most_pictures = 50;

struct Settings {
    CommonSettings common;
    std::string model, data, output, mask;
    std::optional<std::size_t> steps;
    bool hidden = false, states = false;
};

/// The model, and samples with what is known of them.
struct Task {
    Model model;
    Dataset raw;       ///< as in the file
    Dataset prepared;  ///< as the machine sees them
    Matrix mask;       ///< one row or one for each; none without a mask
};

Task open(const Program& program, const Settings& settings, bool picture) {
    Task task{load_model(settings.model), load_raw(settings.data), {}, {}};
    if (task.model.image == ImageShape{}) task.model.image = task.raw.image;
    const Units units = task.model.machine.visible;
    const bool codes = task.raw.cols() == site_count(units);
    if (!settings.mask.empty() && (codes || task.raw.cols() == width(units))) {
        task.mask = load_mask(settings.mask, task.raw.rows(), task.raw.cols(), task.model.image);
        std::vector<float> fill = task.model.preparation.mean;  // never seen but in pictures
        fill.resize(task.raw.cols());
        if (!codes)  // the first state of each site, so that it is one
            for (std::size_t i = 0; i < fill.size(); i += site_width(units)) fill[i] = 1;
        task.raw = without_unknown(task.raw, task.mask, fill);
        task.mask = by_sites(task.mask, settings.mask, site_width(units), codes);
    }
    task.raw = in_columns(task.model, std::move(task.raw));
    task.prepared = prepare_for(task.model, task.raw, program, settings.common);
    if (state_form(units).low != 0) task.raw = task.prepared;  // results are spins, and so must be what stands by them
    if (picture && task.raw.rows() > most_pictures) {
        note("{}: the picture shows the first {} of {} samples", settings.output, most_pictures, task.raw.rows());
        task.raw = task.raw.slice(0, most_pictures);
        task.prepared = task.prepared.slice(0, most_pictures);
    }
    return task;
}

/// [rows x V], or [rows x H] for features.  Block by block, so that memory is that of the result.
Matrix results(const Task& task, const Settings& settings) {
    const bool masked = task.mask.rows() > 0;
    const std::size_t rows = task.raw.rows(), visible = task.raw.cols(), hidden = task.model.machine.hidden_count();
    const std::size_t block = std::min(rows, block_rows), width = settings.hidden ? hidden : visible;
    // The result, and a block's values, states and fields.
    require_memory(sizeof(float) * (static_cast<double>(rows) * static_cast<double>(width) +
                                    6.0 * static_cast<double>(block) * static_cast<double>(visible + hidden)),
                   fmt::format("the result for {} samples", rows));
    Matrix result(rows, width), raw, prepared;
    Random random(settings.common.seed);
    Progress progress(settings.hidden ? "hidden units" : masked ? "filling in" : "reconstructing", rows, "samples");
    for (std::size_t first = 0; first < rows; first += block) {
        const std::size_t count = std::min(block, rows - first);
        raw.resize(count, visible);
        prepared.resize(count, visible);
        task.raw.fill(first, data_stream(settings.common), raw);
        task.prepared.fill(first, data_stream(settings.common), prepared);
        const ConstView known = task.mask.rows() > 1 ? task.mask.rows_from(first, count) : task.mask.view();
        const ReconstructionSettings how{settings.steps.value_or(masked ? 100 : 1), settings.states,
                                         [&] { throw_if_stopped(), progress.update(first); }};
        const auto work = settings.hidden ? features : masked ? fill_in : reconstruct;
        work(task.model, {raw, prepared, known}, how, random, result.rows_from(first, count));
        throw_if_stopped();
        progress.update(first + count);
    }
    return result;
}

int run(const Program& program, const Settings& settings) {
    const CommonSettings& common = settings.common;
    if (settings.hidden && (settings.steps || !settings.mask.empty()))
        throw UsageError("option --hidden: gives features of the samples as they are, so not with --steps or --mask");
    check_output(settings.output, {"npy", "png"}, common.force);
    refuse_terminal(settings.output);
    const bool picture = ending_of(settings.output) == "png";
    const Task task = open(program, settings, picture);
    Matrix result = results(task, settings);
    if (!picture) {
        write_npy(settings.output, {result.rows(), result.cols()}, std::as_const(result).values(), common.force);
    } else if (settings.hidden) {
        const ImageShape shape = squarest(result.cols());
        Greys::of(task.model.machine.hidden, result).apply(result);
        write_png(settings.output,
                  sheet(result, {}, sheet_within(longest_picture, result.rows(), 0, shape, "features")), common.force);
    } else {
        Matrix raw(task.raw.rows(), task.raw.cols());
        task.raw.fill(0, data_stream(common), raw);
        const ConstView known = task.mask.rows() > 1 ? task.mask.rows_from(0, raw.rows()) : task.mask.view();
        write_png(settings.output, comparison(task.model, raw, known, result), common.force);
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    Settings settings;
    Program program("rbm-reconstruct", "Pass samples through a machine and back, fill in holes, or give features.");
    program
        .example("rbm-reconstruct run/model.safetensors test.npy --output pairs.png",
                 "draw samples and what comes back")
        .example("rbm-reconstruct run/model.safetensors test.npy --mask half.png --output whole.npy",
                 "fill in what is black")
        .example("rbm-reconstruct run/model.safetensors test.npy --hidden --output features.npy", "for a classifier")
        .argument("MODEL", &settings.model, "model file")
        .argument("DATA", &settings.data, "samples, one per row; - is standard input")
        .option(
            "output", path(&settings.output).required().transient().named("FILE"),
            "where the result goes: .npy (an array [samples, units]) or .png (samples beside results); - is .npy on "
            "standard output")
        .option("steps", count(&settings.steps, 1).shown_default("1, or 100 with a mask").named("K"),
                "passes to the hidden units and back: all but the last draw states, the last gives means")
        .option(
            "mask", input(&settings.mask).named("FILE"),
            "fill in: an array (.npy, one row or one per sample; 1 is known, 0 is not, and may be NaN in DATA) or a "
            "picture (.png; white is known, black is not)")
        .option("hidden", flag(&settings.hidden), "give the features p(h = 1 | v) instead")
        .option("states", flag(&settings.states), "give drawn states instead of means")
        .common(settings.common, {"seed", "threads", "binarize", "threshold", "force"});
    return run_command(program, argc, argv, [&] { return run(program, settings); });
}
