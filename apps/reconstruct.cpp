// SPDX-License-Identifier: MIT
// rbm-reconstruct: what a machine makes of samples: themselves, their features, and what belongs into their holes.
#include <algorithm>
#include <optional>

#include "apps/cli/command.h"
#include "apps/files/arrays.h"
#include "apps/files/mask.h"
#include "apps/files/output_table.h"
#include "apps/files/pictures.h"
#include "apps/files/prepare.h"
#include "apps/files/read_data.h"
#include "apps/files/sequences.h"
#include "apps/score/reconstruction.h"
#include "rbm/io/atomic_file.h"

namespace {

using namespace rbm;
using namespace rbm::app;

constexpr std::size_t block_rows = 1000;
constexpr std::size_t most_pictures = 50;

struct Settings {
    CommonSettings common;
    std::string model, data, output, mask, spread, missing = "refuse";
    std::optional<std::size_t> steps, chains;
    bool hidden = false, states = false;
};

/// The model, and samples with what is known of them.
struct Task {
    Model model;
    Dataset raw;       ///< as in the file
    Dataset prepared;  ///< as the machine sees them
    Matrix mask;       ///< one row or one for each; none without a mask
};

/// Whether some values are held, and the others filled in.
bool holds_some(const Settings& settings) { return !settings.mask.empty() || settings.missing == "nan"; }

/// Spins are -1 and 1, or 0 and 1, in all of a file.
bool has_negative_values(const Dataset& data) {
    for (std::size_t row = 0; row < data.rows(); ++row)
        for (std::size_t col = 0; col < data.cols(); ++col)
            if (data.value(row, col) < 0) return true;
    return false;
}

std::size_t chains_of(const Settings& settings) {
    constexpr std::size_t for_a_spread = 100;
    return settings.chains.value_or(settings.spread.empty() ? 1 : for_a_spread);
}

Task open(const Program& program, const Settings& settings, bool picture) {
    Task task{load_model(settings.model), {}, {}, {}};
    task.raw = in_letters_of(task.model, load_for(task.model, settings.data, program, settings.common,
                                                  holds_some(settings) ? "nan" : "refuse"));
    if (settings.missing == "nan") task.raw = with_missing(std::move(task.raw), task.model.machine.visible);
    if (task.model.image == ImageShape{}) task.model.image = task.raw.image;
    const Units units = task.model.machine.visible;
    const bool codes = task.raw.cols() == site_count(units);
    if (holds_some(settings) && (codes || task.raw.cols() == width(units))) {
        const bool in_data = settings.mask.empty();
        task.mask = in_data ? mask_of_known(task.raw)
                            : load_mask(settings.mask, task.raw.rows(), task.raw.cols(), task.model.image);
        std::vector<float> fill = task.model.preparation.mean;  // never seen but in pictures
        fill.resize(task.raw.cols());
        if (!codes)  // the first state of each site, so that it is one
            for (std::size_t i = 0; i < fill.size(); i += site_width(units)) fill[i] = 1;
        if (const float low = state_form(units).low; low < 0 && has_negative_values(task.raw))
            std::ranges::fill(fill, low);
        task.raw = without_unknown(task.raw, task.mask, fill);
        task.mask = by_sites(task.mask, in_data ? fmt::format("{}: what is not NaN", settings.data) : settings.mask,
                             site_width(units), codes);
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

/// What is written: means or states, and how far chains lie around them.
struct Results {
    Matrix values;  ///< [rows x V], or [rows x H] for features; [rows chains x V] for states of several chains
    Matrix spread;  ///< [rows x V], or empty
};

/// Block by block, so that memory is that of the result.
Results results(const Task& task, const Settings& settings) {
    const bool masked = task.mask.rows() > 0;
    const std::size_t rows = task.raw.rows(), visible = task.raw.cols(), hidden = task.model.machine.hidden_count();
    const std::size_t chains = masked ? chains_of(settings) : 1, copies = settings.states ? chains : 1;
    const std::size_t block = std::clamp<std::size_t>(block_rows / chains, 1, rows);
    const std::size_t width = settings.hidden ? hidden : visible;
    // The result, and a block's values, states and fields.
    require_memory(sizeof(float) * (static_cast<double>(rows * copies) * static_cast<double>(width) +
                                    9.0 * static_cast<double>(block * chains) * static_cast<double>(visible + hidden)),
                   fmt::format("the result for {} samples", rows));
    Results result{Matrix(rows * copies, width), Matrix(settings.spread.empty() ? 0 : rows, visible)};
    Matrix raw, prepared;
    Random random(settings.common.seed);
    Progress progress(settings.hidden ? "hidden units" : masked ? "filling in" : "reconstructing", rows, "samples");
    for (std::size_t first = 0; first < rows; first += block) {
        const std::size_t count = std::min(block, rows - first);
        raw.resize(count, visible);
        prepared.resize(count, visible);
        task.raw.fill(first, data_stream(settings.common), raw);
        task.prepared.fill(first, data_stream(settings.common), prepared);
        const ConstView known = task.mask.rows() > 1 ? task.mask.rows_from(first, count) : task.mask.view();
        Control control = until_stopped();
        control.progress = [&](const ProgressReport&) { progress.update(first); };
        const ReconstructionSettings how{settings.steps.value_or(masked ? 100 : 1), settings.states, chains, control};
        const SampleBlock samples{raw, prepared, known};
        const View out = result.values.rows_from(first * copies, count * copies);
        const View spread = settings.spread.empty() ? View{} : result.spread.rows_from(first, count);
        if (settings.hidden)
            features(task.model, samples, how, random, out);
        else if (masked)
            fill_in(task.model, samples, how, random, out, spread);
        else
            reconstruct(task.model, samples, how, random, out);
        throw_if_stopped();
        progress.update(first + count);
    }
    return result;
}

int run(const Program& program, const Settings& settings) {
    const CommonSettings& common = settings.common;
    if (settings.hidden && (settings.steps || !settings.mask.empty()))
        throw UsageError("option --hidden: extracts features of unchanged samples, so it excludes --steps and --mask");
    if (settings.hidden && settings.missing == "nan")
        throw UsageError("option --missing: fills in samples, so it excludes --hidden");
    if (!settings.mask.empty() && settings.missing == "nan")
        throw UsageError("option --missing: found with --mask, which already says what is missing");
    for (const char* option : {"chains", "spread"})
        if (program.given(option) && !holds_some(settings))
            throw UsageError(fmt::format("option --{}: has no effect without --mask or --missing nan", option));
    check_output(settings.output, {"npy", "csv", "png", "fasta", "fa"}, common.if_exists());
    if (!settings.spread.empty()) check_output(settings.spread, {"npy"}, common.if_exists());
    if (!settings.spread.empty() && chains_of(settings) < 2)
        throw UsageError("option --spread: found with one chain, expected --chains 2 or more");
    const bool picture = ending_of(settings.output) == "png", table = ending_of(settings.output) == "csv";
    const bool sequences = ending_of(settings.output) == "fasta" || ending_of(settings.output) == "fa";
    if (sequences && settings.hidden)
        throw UsageError("option --output: features are no sequences; write .npy or .csv");
    if (!table && !sequences) refuse_terminal(settings.output);
    const bool each_chain = settings.states && holds_some(settings) && chains_of(settings) > 1;
    if ((picture || table || sequences) && each_chain)
        throw UsageError("option --output: states of several chains can only be written as .npy");
    const Task task = open(program, settings, picture);
    if (sequences && task.model.letters.empty())
        throw UsageError(fmt::format("option --output: .fasta is for sequences, but the units of {} have no letters",
                                     settings.model));
    Results all = results(task, settings);
    Matrix& result = all.values;
    if (!settings.spread.empty())
        write_npy(settings.spread, {all.spread.rows(), all.spread.cols()}, std::as_const(all.spread).values(),
                  common.if_exists());
    if (each_chain) {
        const std::size_t chains = chains_of(settings);
        write_npy(settings.output, {result.rows() / chains, chains, result.cols()}, std::as_const(result).values(),
                  common.if_exists());
    } else if (table) {
        write_file(settings.output,
                   settings.hidden ? feature_table(std::as_const(result).view())
                                   : restored_table(task.model, std::as_const(result).view()),
                   common.if_exists());
    } else if (sequences) {
        write_file(settings.output,
                   encode_fasta(reconstructed_sequences(std::as_const(result).view(), task.model.letters)),
                   common.if_exists());
    } else if (!picture) {
        write_npy(settings.output, {result.rows(), result.cols()}, std::as_const(result).values(), common.if_exists());
    } else if (settings.hidden) {
        const ImageShape shape = squarest(result.cols());
        Greys::of(task.model.machine.hidden, result).apply(result);
        write_png(settings.output,
                  sheet(result, {}, sheet_within(longest_picture, result.rows(), 0, shape, "features")),
                  common.if_exists());
    } else {
        Matrix raw(task.raw.rows(), task.raw.cols());
        task.raw.fill(0, data_stream(common), raw);
        const ConstView known = task.mask.rows() > 1 ? task.mask.rows_from(0, raw.rows()) : task.mask.view();
        write_png(settings.output, comparison(task.model, raw, known, result), common.if_exists());
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    Settings settings;
    Program program("rbm-reconstruct", "Reconstruct samples, fill in missing parts, or extract features.");
    program
        .example("rbm-reconstruct run/model.safetensors test.npy --output pairs.png",
                 "draw samples and their reconstructions")
        .example("rbm-reconstruct run/model.safetensors test.npy --mask half.png --output whole.npy",
                 "fill in the black part of the mask")
        .example("rbm-reconstruct run/model.safetensors test.npy --mask half.png --output mean.npy --spread spread.npy",
                 "the same, with the uncertainty of each value")
        .example("rbm-reconstruct run/model.safetensors test.npy --hidden --output features.npy",
                 "extract features for a classifier")
        .argument("MODEL", &settings.model, "model file")
        .argument("DATA", &settings.data, "samples, one per row; - is standard input")
        .option("output", path(&settings.output).required().transient().named("FILE"),
                "write the result to FILE: .npy (an array [samples, units]), .csv (with the names of columns, and "
                "categories as words), .fasta (sequences; of means the most probable letters) or .png (samples beside "
                "results); - is .npy on standard output")
        .option("steps", count(&settings.steps, 1).shown_default("1, or 100 with a mask").named("K"),
                "passes to the hidden units and back: all but the last sample states, the last computes means")
        .option("mask", input(&settings.mask).named("FILE"),
                "what to fill in: an array (.npy, one row, or one per sample; 1 is known, 0 is missing and may be NaN "
                "in DATA) or a picture (.png; white is known, black is missing)")
        .option("missing", choice(&settings.missing, {"refuse", "nan"}),
                "nan: fill in NaN in DATA, or empty fields in CSV; replaces --mask")
        .option("chains", count(&settings.chains, 1, 1'000'000).shown_default("1, or 100 with --spread"),
                "clamped chains per sample; the result is their mean, or with --states the state of each chain: "
                "[samples, chains, values]")
        .option("spread", path(&settings.spread).named("FILE"),
                "write the standard deviation of the chains' states for each value to FILE (.npy); 0 for known values")
        .option("hidden", flag(&settings.hidden), "write the features p(h = 1 | v) instead")
        .option("states", flag(&settings.states), "write sampled states instead of means")
        .common(settings.common, {"seed", "threads", "binarize", "threshold", "channels", "header", "keep", "drop",
                                  "decimal-comma", "force"});
    return run_command(program, argc, argv, [&] { return run(program, settings); });
}
