// SPDX-License-Identifier: MIT
// rbm-reconstruct: what a machine makes of samples: itself, its features, and what belongs into their holes.
#include <optional>

#include "apps/arrays.h"
#include "apps/command.h"
#include "apps/mask.h"
#include "apps/pictures.h"
#include "apps/prepare.h"
#include "rbm/sampler/clamped_gibbs.h"

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

/// A block of samples under way.
struct Block {
    ConstView raw;    ///< as in the file
    Matrix prepared;  ///< as the machine sees them
    ConstView known;  ///< one row or one for each; none without a mask
};

/// steps - 1 sweeps and then one pass through the means; with --states `steps` sweeps.  Sweeps are told to `swept`.
template <class Swept>
void reconstruct(const Model& model, const Block& block, const Settings& settings, Random& random, Swept swept,
                 View out) {
    const Machine& machine = model.machine;
    const std::size_t steps = settings.steps.value_or(1) - (settings.states ? 0 : 1);
    if (steps == 0) {
        const Matrix means = machine.visible_mean(machine.hidden_mean(block.prepared));
        std::copy(means.values().begin(), means.values().end(), out.data);
    } else {
        Chains chains = Chains::from_data(machine, block.prepared, random);
        for (std::size_t step = 1; step <= steps; ++step) swept(BlockGibbs{.steps = 1}.step(machine, chains, random));
        const Matrix end = settings.states ? chains.visible : machine.visible_mean(machine.hidden_mean(chains.visible));
        std::copy(end.values().begin(), end.values().end(), out.data);
    }
    restore_units(model, out);
}

/// Chains that hold what is known and end in means, or states, where it is not.
template <class Swept>
void fill_in(const Model& model, const Block& block, const Settings& settings, Random& random, Swept swept, View out) {
    const Clamp clamp{block.known, block.prepared};
    Chains chains = Chains::from_noise(model.machine, block.raw.rows, random);
    clamp.restore(chains.visible.view());
    for (std::size_t step = 1; step <= settings.steps.value_or(100); ++step)
        swept(ClampedGibbs{.steps = 1}.step(model.machine, clamp, chains, random));
    if (settings.states)
        std::copy(chains.visible.values().begin(), chains.visible.values().end(), out.data);
    else
        visible_means(model.machine, chains, out);
    restore_units(model, out);
    Clamp{block.known, block.raw}.restore(out);  // the data's own values, to the bit
}

/// Samples, samples with holes in mid-grey if there is a mask, and results, side by side.
Picture comparison(const Model& model, Matrix raw, ConstView known, Matrix result) {
    const Greys greys = Greys::of(model.machine.visible, raw);
    greys.apply(raw);
    greys.apply(result);
    const std::size_t size = known.rows > 0 ? 3 : 2;
    Matrix tiles(raw.rows() * size, raw.cols());
    for (std::size_t r = 0; r < raw.rows(); ++r)
        for (std::size_t i = 0; i < raw.cols(); ++i) {
            tiles(r * size, i) = raw(r, i);
            if (size == 3) tiles(r * size + 1, i) = known.row(known.rows == 1 ? 0 : r)[i] != 0 ? raw(r, i) : 0.5F;
            tiles(r * size + size - 1, i) = result(r, i);
        }
    return draw_groups(tiles, size, picture_shape(model));
}

int run(const Program& program, const Settings& settings) {
    const CommonSettings& common = settings.common;
    if (settings.hidden && (settings.steps || !settings.mask.empty()))
        throw UsageError("option --hidden: gives the features of the samples as they are, without --steps and --mask");
    check_output(settings.output, {"npy", "png"}, common.force);
    use_threads(common);
    Model model = load_model(settings.model);
    Dataset raw = load_raw(settings.data);
    if (model.image == ImageShape{}) model.image = raw.image;
    Dataset data = prepare_for(model, raw, program, common);
    Matrix mask;
    if (!settings.mask.empty()) mask = load_mask(settings.mask, raw.rows(), raw.cols(), model.image);

    const bool picture = ending_of(settings.output) == "png";
    if (picture && raw.rows() > most_pictures) {
        note("{}: the picture shows the first {} of {} samples", settings.output, most_pictures, raw.rows());
        raw = raw.slice(0, most_pictures);
        data = data.slice(0, most_pictures);
    }
    const std::size_t rows = raw.rows(), visible = raw.cols(), hidden = model.machine.hidden_count();
    const std::size_t block = std::min(rows, block_rows), width = settings.hidden ? hidden : visible;
    // The result, in memory and on its way to the file, and a block's states, fields and values.
    require_memory(sizeof(float) * (2.0 * static_cast<double>(rows) * static_cast<double>(width) +
                                    6.0 * static_cast<double>(block) * static_cast<double>(visible + hidden)),
                   fmt::format("the result for {} samples", rows));
    Matrix result(rows, width), originals(block, visible);
    Random random(common.seed);
    Progress progress(settings.hidden   ? "hidden units"
                      : mask.rows() > 0 ? "filling in"
                                        : "reconstructing",
                      rows, "samples");
    for (std::size_t first = 0; first < rows; first += block) {
        const std::size_t count = std::min(block, rows - first);
        originals.resize(count, visible);
        raw.fill(first, Stream{}, originals);
        Block now{originals, Matrix(count, visible),
                  mask.rows() > 1 ? mask.view().rows_from(first, count) : mask.view()};
        data.fill(first, data_stream(common), now.prepared);
        const View out = result.rows_from(first, count);
        const auto swept = [&](StepReport) {
            throw_if_stopped();
            progress.update(first);
        };
        if (settings.hidden) {
            const Matrix features = settings.states ? model.machine.sample_hidden(now.prepared, random)
                                                    : model.machine.hidden_mean(now.prepared);
            std::copy(features.values().begin(), features.values().end(), out.data);
        } else if (mask.rows() > 0) {
            fill_in(model, now, settings, random, swept, out);
        } else {
            reconstruct(model, now, settings, random, swept, out);
        }
        throw_if_stopped();
        progress.update(first + count);
    }
    if (!picture) {
        write_npy(settings.output, {rows, width}, std::as_const(result).values(), common.force);
    } else if (settings.hidden) {
        Greys::of(model.machine.hidden, result).apply(result);
        const ImageShape shape = squarest(hidden);
        write_png(settings.output, sheet(result, shape, sheet_within(longest_picture, rows, 0, shape, "features")),
                  common.force);
    } else {
        raw.fill(0, Stream{}, originals);  // at most one block
        write_png(settings.output, comparison(model, originals, mask, result), common.force);
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    Settings settings;
    Program program("rbm-reconstruct",
                    "Pass samples through a trained machine and back, fill in their holes, or give "
                    "their features.");
    program
        .example("rbm-reconstruct run/model.safetensors test.npy --output pairs.png",
                 "draw samples beside their "
                 "reconstructions")
        .example("rbm-reconstruct run/model.safetensors test.npy --mask half.png --output whole.npy",
                 "fill in what the "
                 "mask leaves black")
        .example("rbm-reconstruct run/model.safetensors test.npy --hidden --output features.npy",
                 "features for a "
                 "classifier")
        .argument("MODEL", &settings.model, "model file")
        .argument("DATA", &settings.data, "samples, one per row; - is standard input")
        .option(
            "output", path(&settings.output).required().transient().named("FILE"),
            "where the result goes: .npy (an array [samples, units]) or .png (samples beside results); - is .npy on "
            "standard output")
        .option("steps", count(&settings.steps, 1).shown_default("1, or 100 with a mask").named("K"),
                "passes to the hidden units and back; all but the last draw states, the last gives means")
        .option(
            "mask", input(&settings.mask).named("FILE"),
            "fill in: an array (.npy, one row or one per sample; 1 is known, 0 is not) or a picture (.png; white is "
            "known, black is not)")
        .option("hidden", flag(&settings.hidden), "give the features p(h = 1 | v) instead")
        .option("states", flag(&settings.states), "give drawn states instead of means")
        .common(settings.common, {"seed", "threads", "binarize", "threshold", "force"});
    return run_command(program, argc, argv, [&] { return run(program, settings); });
}
