// SPDX-License-Identifier: MIT
// rbm-data: makes sets with known answers, converts files, composes models.
#include <filesystem>

#include "apps/cli/command.h"
#include "apps/cli/suggest.h"
#include "apps/files/advice.h"
#include "apps/files/arrays.h"
#include "apps/files/compose.h"
#include "apps/files/convert_model.h"
#include "apps/files/data_file.h"
#include "apps/files/description.h"
#include "apps/files/labels.h"
#include "apps/files/prepare.h"
#include "apps/files/read_data.h"
#include "apps/files/sequence_weights.h"
#include "apps/files/sequences.h"
#include "apps/files/toy_sets.h"
#include "apps/files/triples.h"
#include "rbm/data/with_labels.h"
#include "rbm/io/atomic_file.h"
#include "rbm/io/hdf5.h"
#include "rbm/io/npz.h"
#include "rbm/kernels/error.h"

namespace {

using namespace rbm;
using namespace rbm::app;

struct Settings {
    CommonSettings common;
    std::string source, output, labels, label_column, model, triples, missing = "refuse";
    ToyOptions toy;
    Binarize binarize = Binarize::none;
    float threshold = 0.5F;
    double divide = 1;
    std::optional<double> dequantize;
    std::size_t skip = 0;
    std::optional<std::size_t> take;
    std::optional<std::size_t> columns;
    std::vector<std::string> more;  ///< arguments behind the first
    std::vector<double> energy_weights;
    SequenceOptions sequences;
    std::optional<double> sequence_weights;
    bool describe = false;
};

/// rbm-data compose MODEL...
int compose_named(const Settings& settings, const Program& program) {
    for (const char* option : {"size",     "bar",       "rows",         "coupling", "columns", "labels",
                               "model",    "missing",   "label-column", "skip",     "take",    "divide",
                               "binarize", "threshold", "dequantize",   "alphabet", "gaps",    "sequence-weights",
                               "describe", "channels",  "triples"})
        if (program.given(option)) throw UsageError(fmt::format("--{}: is for data, not for models", option));
    return compose_models(
        {settings.more, settings.energy_weights, settings.output, settings.common.if_exists(), settings.common.json});
}

int convert(const Settings& settings, const Program& program) {
    for (const char* option : {"columns", "skip", "take", "divide", "binarize", "threshold", "dequantize", "labels",
                               "label-column", "missing", "triples", "sequence-weights", "keep", "drop", "json"})
        if (program.given(option))
            throw UsageError(
                fmt::format("option --{}: is for data, but {} is the name of a model", option, settings.output));
    if (is_toy(settings.source))
        throw UsageError(fmt::format("--output: {} is the name of a model, but {} is a data set; write .npy or .csv",
                                     settings.output, settings.source));
    return convert_model(settings.source, settings.output, settings.common.if_exists());
}

/// Rows and columns that the source calls by words, its labels where these are kept.
Dataset load_file(const Settings& settings, const Program& program, BesideData& beside) {
    const std::string& source = settings.source;
    for (const char* option : {"size", "bar", "rows", "coupling"})
        if (program.given(option))
            throw UsageError(
                fmt::format("--{}: is for data sets made by rbm-data, but '{}' is a file", option, source));
    std::error_code error;
    if (source != "-" && !std::filesystem::exists(source, error) && !npz_array_in_path(source) && !hdf5_in_path(source))
        throw FileError(fmt::format("{}: there is no such file or data set{}\nThe data sets are: {}", source,
                                    did_you_mean(source, toy_names(), ""), toy_name_list()));
    if (!settings.triples.empty()) return load_triples(source, settings.triples, beside);
    if (std::optional<Dataset> labels = load_label_column(source)) return std::move(*labels);
    if (format_of(settings.output).container == Container::svmlight) beside.labels = svmlight_labels(source);
    Dataset data =
        load_sequences(source, settings.sequences,
                       with_label_column(table_options(settings.common, settings.missing), settings.label_column),
                       {settings.common.channels}, !settings.labels.empty());
    if (settings.missing == "nan") data.allow_missing();
    return data;
}

/// The same values, so many to a row: of an array [frames, chains, columns] each chain of each frame.
Dataset in_rows_of(std::size_t columns, const Dataset& data, const CommonSettings& common) {
    const std::size_t values = data.rows() * data.cols();
    if (values % columns != 0)
        throw DataError(
            fmt::format("{}: has {} rows of {} columns; {} values cannot be cut into rows of {} (--columns)", data.name,
                        data.rows(), data.cols(), values, columns));
    const Matrix all = all_rows(data, common);
    Dataset cut = Dataset::from_floats(values / columns, columns, {all.values().begin(), all.values().end()});
    cut.name = data.name;
    if (data.has_missing()) cut.allow_missing();
    return cut;
}

/// What --labels adds to rows.
struct LabelColumns {
    std::vector<std::uint32_t> places;
    std::vector<std::string> names;  ///< of their columns
    float off;

    /// Of the rows from the one numbered `first` on.
    Dataset added_to(const Dataset& data, std::size_t first) const {
        Dataset result = with_labels(data, std::span(places).subspan(first, data.rows()), names.size(), off);
        for (std::size_t c = 0; c < names.size() && !result.columns.empty(); ++c)
            result.columns[data.cols() + c].name = names[c];
        result.image = {};
        return result;
    }
};

std::vector<std::string> label_column_names(const std::vector<std::uint32_t>& labels) {
    std::vector<std::string> names;
    for (const std::uint32_t label : labels) names.push_back(label_column_name(label));
    return names;
}

LabelColumns label_columns(const Settings& settings, const Labels& given) {
    const std::string& source = settings.labels.empty() ? settings.label_column : settings.labels;
    if (settings.model.empty()) {
        const std::vector<std::uint32_t> known = distinct_labels(given.values, source);
        return {places_of(given.values, known, source), label_column_names(known), 0};
    }
    const Model model = load_model(settings.model);
    if (model.labels.empty())
        throw UsageError(fmt::format("option --model: {} has no labels; train it with --labels", settings.model));
    return {places_of(in_words_of(model, given, source), model.labels, source), label_column_names(model.labels),
            label_off(model.machine.visible, model.preparation.binarize)};
}

/// Rows cut, then divided, binarised and dequantised, in this order.
Dataset change(Dataset data, const Settings& settings, const Program& program) {
    if (settings.skip >= data.rows())
        throw DataError(
            fmt::format("{}: has {} rows, so --skip {} leaves none", data.name, data.rows(), settings.skip));
    const std::size_t left = data.rows() - settings.skip, take = std::min(settings.take.value_or(left), left);
    if (settings.take && *settings.take > left)
        throw DataError(fmt::format("{}: has {} rows after the first {}, but --take asks for {}", data.name, left,
                                    settings.skip, *settings.take));
    data = take == data.rows() ? std::move(data) : data.slice(settings.skip, take);
    const ImageShape image = data.image;
    const std::string name = data.name;
    const std::vector<Column> columns = data.columns;
    const bool missing = data.has_missing();
    const auto as_floats = [&](Matrix rows) {
        data = Dataset::from_floats(rows.rows(), rows.cols(), {rows.values().begin(), rows.values().end()});
        data.image = image;
        data.name = name;
        data.columns = columns;
        if (missing) data.allow_missing();
    };
    if (settings.divide != 1 && data.sparse() != nullptr) {
        data = divided_sparse(data, settings.divide);
    } else if (settings.divide != 1) {
        Matrix rows = all_rows(data, settings.common);
        for (float& value : rows.values()) value = static_cast<float>(static_cast<double>(value) / settings.divide);
        as_floats(std::move(rows));
    }
    // A threshold of more than 1 says that these are ratings or counts, not grey values.
    const bool counts = settings.binarize == Binarize::threshold && settings.threshold > 1;
    data = with_advice(data, program, "bernoulli", [&] {
        return data.prepared({settings.binarize, settings.threshold, {}, {}},
                             settings.binarize == Binarize::none || counts ? StateForm::numbers() : StateForm::bits());
    });
    if (data.sampled() && data.sparse() != nullptr)
        data = drawn_sparse(data, data_stream(settings.common));
    else if (data.sampled())
        as_floats(all_rows(data, settings.common));
    if (settings.binarize != Binarize::none) data.letters.clear();
    constexpr std::uint64_t noise_purpose = 0x6e6f697365;  // "noise"
    if (settings.dequantize)
        data = dequantized(data, *settings.dequantize, Random(settings.common.seed).fork(noise_purpose).next());
    return data;
}

/// rbm-data FILE --describe
int describe(const Settings& settings, const Program& program) {
    if (is_toy(settings.source) || settings.source == "compose")
        throw UsageError(
            fmt::format("--describe: is for files, but '{0}' is none; write ./{0} for the file of that "
                        "name",
                        settings.source));
    for (const auto& [option, value] : program.record())
        if (program.given(option) && option != "seed")
            throw UsageError(fmt::format("option --{}: has no effect with --describe; leave it out", option));
    if (program.given("output"))
        throw UsageError("option --output: --describe prints on standard output; leave it out");
    const Description description(settings.source);
    write_output(settings.common.json ? description.json() : description.text());
    return 0;
}

/// rbm-data FILE --sequence-weights R
int weigh_sequences(const Settings& settings, const Program& program) {
    for (const char* option : {"labels", "divide", "binarize", "dequantize", "columns"})
        if (program.given(option))
            throw UsageError(fmt::format("--{}: changes data, but --sequence-weights writes weights", option));
    if (is_toy(settings.source))
        throw UsageError(fmt::format("--sequence-weights: is for files, but '{}' is a data set", settings.source));
    check_writable(settings.output, settings.common.if_exists());
    refuse_terminal(settings.output);
    BesideData beside;
    Dataset data = load_file(settings, program, beside);
    data = change(std::move(data), settings, program);
    write_sequence_weights(data, *settings.sequence_weights, settings.output, settings.common.if_exists(),
                           settings.common.json);
    return 0;
}

int run(const Settings& settings, const Program& program) {
    if (settings.describe) return describe(settings, program);
    if (settings.output.empty())
        throw UsageError("--output is missing: the file that is written; or look at what FILE holds with --describe\n" +
                         program.usage());
    if (settings.source == "compose") return compose_named(settings, program);
    if (!settings.more.empty())
        throw UsageError(
            fmt::format("found the argument '{}', expected no more than 1\n{}", settings.more[0], program.usage()));
    if (!settings.labels.empty() && !settings.label_column.empty())
        throw UsageError("option --label-column: found with --labels, expected one of them");
    if (!settings.model.empty() && settings.labels.empty() && settings.label_column.empty())
        throw UsageError("option --model: has no effect without --labels; leave it out");
    if (program.given("energy-weights")) throw UsageError("--energy-weights: is for compose");
    if (is_model_name(settings.output)) return convert(settings, program);
    const DataFormat format = format_of(settings.output);
    if (settings.output == "-" && settings.common.json)
        throw UsageError("--json: standard output already carries the data; give --output a file");
    if (settings.sequence_weights) return weigh_sequences(settings, program);
    check_writable(settings.output, settings.common.if_exists());
    refuse_terminal(settings.output);
    const bool kind = is_toy(settings.source);
    std::optional<double> bound;
    Dataset data;
    BesideData beside;
    if (kind) {
        if (!settings.triples.empty()) throw UsageError("--triples: is for files");
        if (settings.columns)
            throw UsageError("--columns: is for files; data sets made by rbm-data have their own columns");
        std::error_code error;
        if (std::filesystem::exists(settings.source, error))
            note("'{0}' means the data set; write ./{0} for the file of that name", settings.source);
        if (settings.missing == "nan")
            throw UsageError("--missing: is for files; data sets made by rbm-data are complete");
        ToySet set = make_toy(settings.source, settings.toy, settings.common.seed);
        note("{}: {}", settings.source, set.description);
        bound = set.log_likelihood_bound;
        data = std::move(set.data);
    } else {
        data = load_file(settings, program, beside);
        if (settings.columns && *settings.columns != data.cols())
            data = in_rows_of(*settings.columns, data, settings.common), beside = {};
    }
    for (const char* option : {"labels", "label-column", "skip", "take", "divide", "binarize", "dequantize"})
        if (program.given(option)) bound.reset();  // of the set as it was
    std::optional<LabelColumns> labels;
    if (!settings.labels.empty()) labels = label_columns(settings, load_labels(settings.labels, data.rows()));
    if (!settings.label_column.empty()) {
        SplitLabels split = split_labels(data, settings.label_column);
        labels = label_columns(settings, split.labels);
        data = std::move(split.data);
    }
    data = change(std::move(data), settings, program);
    beside.keep_rows(settings.skip, data.rows());
    if (labels) data = labels->added_to(data, settings.skip);
    const DataSummary summary = summarise(data);
    note("{}", text_of(summary));
    if (bound)
        note("minus its entropy, the best mean log-likelihood that a model can have: {:.6f} nats per sample", *bound);
    write_file(settings.output, encode_data(data, format, beside), settings.common.if_exists());
    if (settings.common.json) write_output(as_json(summary, {settings.source, kind, settings.output, bound}));
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    Settings s;
    Program program("rbm-data", "Make a data set with known answers, convert a data file, or compose models.");
    program
        .example("rbm-data bars-and-stripes --size 4 --output bars.npy",
                 "a data set, and the best likelihood that a model can reach on it")
        .example("rbm-data grey.npy --divide 255 --binarize threshold --output bits-ubyte.gz", "convert and binarise")
        .example("rbm-data ratings.csv --triples user,item,rating --binarize threshold --threshold 3.5 --output x.npz",
                 "a row for each user; ratings of 4 and more become 1")
        .example("rbm-data train-labels-idx1-ubyte.gz --skip 50000 --output valid-labels.npy",
                 "the last labels of a file")
        .example("rbm-data dreams.npy --columns 64 --output dreams.csv", "dreams of 64 units, one per row")
        .example("rbm-data compose pens.safetensors strokes.safetensors --output both.safetensors",
                 "the product of two machines")
        .example("rbm-data rbms.h5 --output model.safetensors", "a machine of the Python package rbms as a model file")
        .argument("KIND|FILE", &s.source,
                  fmt::format("a data set to make ({}), a data file in any form that the programs read, or compose",
                              toy_name_list()))
        .more_arguments("MODEL", &s.more, "for compose: multiply these models; they must have the same visible units")
        .option("output", path(&s.output).transient(),
                "write the data to FILE: .npy, .csv, .svm, .idx or -ubyte (IDX), .fasta, each also with .gz, .npz "
                "(sparse, as SciPy reads it) or .png; - is CSV on standard output; for compose, and where FILE is a "
                "model, .safetensors; for such a model also .h5, as the Python package rbms reads it")
        .option("describe", flag(&s.describe).transient(),
                "print what FILE holds, how the programs would read it and what to type next; needs no --output")
        .group("Sets")
        .option("size", count(&s.toy.size, 1, 1 << 20),
                "number of pixels per side, bits, cells or spins, depending on the set")
        .option("bar", count(&s.toy.bar, 1, 4095).shown_default("a quarter of the size"), "length of the shifting bar")
        .option("rows", count(&s.toy.rows, 1, 1'000'000'000).shown_default("1000"),
                "number of samples, for sets that are sampled")
        .option("coupling", real(&s.toy.coupling, between(-10, 10)).shown_default("0.5"),
                "coupling of the spins in ising-ring")
        .group("Triples")
        .option(
            "triples", path(&s.triples).named("WHO,WHAT[,HOW-MUCH]"),
            "read a table with one line for each entry: these columns, by name or by number from 1, say its row, its "
            "column and its value, which is 1 where no third is named; the .npz file keeps the words as row_names "
            "and column_names")
        .group("Models")
        .option("energy-weights", numbers(&s.energy_weights, above(0)).shown_default("1 for each"),
                "for compose: a factor for each model's energy")
        .group("Changes, in this order")
        .option("columns", count(&s.columns, 1),
                "cut the values of a file into rows of N: rbm-dream writes [frames, chains, N], and each chain of each "
                "frame becomes a row")
        .option("skip", count(&s.skip, 0), "skip the first N rows")
        .option("take", count(&s.take, 1), "then keep N rows")
        .option("divide", real(&s.divide, above(0)), "divide all values by R: 255 for bytes")
        .option("binarize",
                choice(&s.binarize,
                       {{"threshold", Binarize::threshold}, {"sample", Binarize::sample}, {"none", Binarize::none}}),
                "how grey values become bits: by --threshold, by sampling with the grey value as the probability, or "
                "not at all")
        .option("threshold", real(&s.threshold, at_least(0)).named("T"),
                "values above it become 1 under --binarize threshold; values may lie beyond 1, as ratings do, if it "
                "does")
        .option("dequantize", real(&s.dequantize, above(0)).named("W"),
                "add uniform noise in [0, W), for densities of data in steps of W")
        .option("labels", input(&s.labels).named("FILE"),
                "add one column for each label in this file, 1 in the rows with this label and 0 in the others")
        .option("label-column", path(&s.label_column).named("NAME"), "the same with the labels in a column of the file")
        .option("model", input(&s.model).named("MODEL"),
                "for --labels: use the labels of this model, in its form, even if the file does not have all of them")
        .option("missing", choice(&s.missing, {"refuse", "nan"}),
                "nan: NaN and empty fields are missing values, and stay missing")
        .group("Sequences");
    s.sequences.declare(program);
    program
        .option(
            "sequence-weights", real(&s.sequence_weights, SettingRange{.low = 0, .high = 1, .without_low = true}),
            "write weights instead of the data, for rbm-train --sample-weights: 1 over the number of sequences that "
            "agree in at least the share R of their sites; 0.8 is usual")
        .common(s.common, {"seed", "channels", "header", "keep", "drop", "decimal-comma", "json", "force"});
    return run_command(program, argc, argv, [&] { return run(s, program); });
}
