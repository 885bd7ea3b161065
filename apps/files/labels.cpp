// SPDX-License-Identifier: MIT
#include "apps/files/labels.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>

#include "apps/cli/messages.h"
#include "apps/cli/resources.h"
#include "rbm/data/with_labels.h"
#include "rbm/io/array_bytes.h"
#include "rbm/io/bytes.h"
#include "rbm/io/data.h"
#include "rbm/io/gzip.h"
#include "rbm/io/hdf5.h"
#include "rbm/io/idx.h"
#include "rbm/io/npy.h"
#include "rbm/io/png_folder.h"
#include "rbm/io/svmlight.h"
#include "rbm/kernels/error.h"
#include "rbm/model/labels.h"

namespace rbm::app {

namespace {

/// A table of one column.  If its first line can be a header or a label, the number of labels tells.
Dataset label_table(std::span<const std::byte> bytes, const std::string& name, std::size_t rows) {
    TableOptions options{.words = TableWords::are_categories};
    Dataset table = parse_data(bytes, name, nullptr, options);
    if (table.rows() + 1 == rows && !table.columns.empty()) {
        options.header = TableHeader::no;
        table = parse_data(bytes, name, nullptr, options);
    }
    if (table.cols() != 1)
        throw DataError(fmt::format("{}: found {} columns, expected one column of labels", name, table.cols()));
    constexpr float largest = 16777216;  // tables hold floats
    for (std::size_t r = 0; r < table.rows(); ++r)
        if (table.value(r, 0) >= largest)
            throw DataError(fmt::format(
                "{}: label {}: found {}, expected less than 16777216 in a table; use .npy for larger labels", name,
                r + 1, table.value(r, 0)));
    return table;
}

/// The names of folders: numbers where all are, else words.
Labels folder_labels(const std::string& path) {
    FolderClasses folders = load_folder_classes(path);
    std::vector<std::uint32_t> numbers;
    for (const std::string& name : folders.names) {
        std::uint32_t number = 0;
        const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
        if (error != std::errc{} || end != name.data() + name.size()) break;
        numbers.push_back(number);
    }
    std::vector<std::uint32_t> different = numbers;
    std::ranges::sort(different);
    const bool named =
        different.size() != folders.names.size() || std::ranges::adjacent_find(different) != different.end();
    if (named) return {std::move(folders.classes), std::move(folders.names)};
    for (std::uint32_t& label : folders.classes) label = numbers[label];
    return {std::move(folders.classes), {}};
}

}  // namespace

Labels load_labels(const std::string& path, std::size_t rows) {
    const std::string name = path == "-" ? "standard input" : path;
    std::error_code error;
    const bool folder = path != "-" && std::filesystem::is_directory(path, error);
    std::vector<std::byte> bytes = folder ? std::vector<std::byte>{} : read_array_bytes(path);
    if (is_gzip(bytes)) bytes = gunzip(bytes, name);
    std::vector<double> values;
    Labels labels;
    if (folder) {
        labels = folder_labels(path);
        values.assign(labels.values.begin(), labels.values.end());
    } else if (is_npy(bytes)) {
        NpyArray array = parse_npy(bytes, name);
        if (array.shape.size() != 1 && !(array.shape.size() == 2 && array.shape[1] == 1))
            throw DataError(fmt::format("{}: found an array of {} dimensions, expected labels: [{}]", name,
                                        array.shape.size(), rows));
        values = std::move(array.values);
    } else if (!bytes.empty() && bytes[0] == std::byte{0}) {
        for (const std::uint8_t label : parse_idx_labels(bytes, name)) values.push_back(label);
    } else if (is_svmlight(bytes)) {
        values = parse_svmlight(bytes, name).labels;
        if (std::ranges::all_of(values, [](double label) { return label == -1 || label == 1; })) {
            note("{}: the labels -1 and 1 are taken for 0 and 1", name);
            std::ranges::replace(values, -1.0, 0.0);
        }
    } else {
        const Dataset table = label_table(bytes, name, rows);
        if (!table.columns.empty()) labels.words = table.columns[0].words;
        for (std::size_t r = 0; r < table.rows(); ++r) values.push_back(static_cast<double>(table.value(r, 0)));
    }
    if (values.size() != rows)
        throw DataError(
            fmt::format("{}: found {} labels, expected one for each of the {} samples", name, values.size(), rows));
    labels.values = as_labels(values, name);
    return labels;
}

std::vector<std::uint32_t> as_labels(const std::vector<double>& values, const std::string& place) {
    std::vector<std::uint32_t> labels(values.size());
    for (std::size_t r = 0; r < labels.size(); ++r) {
        if (!(values[r] >= 0 && values[r] <= 4294967295.0) || values[r] != std::floor(values[r]))
            throw DataError(
                fmt::format("{}: label {}: found {}, expected a whole number of at least 0", place, r + 1, values[r]));
        labels[r] = static_cast<std::uint32_t>(values[r]);
    }
    return labels;
}

std::vector<std::uint32_t> in_words_of(const Model& model, const Labels& labels, const std::string& path) {
    if (labels.words.empty() && model.label_words.empty()) return labels.values;
    if (labels.words.empty() != model.label_words.empty())
        throw DataError(fmt::format(
            "{}: found {} for labels, expected {} as in the model", path, labels.words.empty() ? "numbers" : "words",
            labels.words.empty() ? fmt::format("words such as '{}'", model.label_words.front()) : "numbers"));
    std::vector<std::uint32_t> values = labels.values;
    for (std::size_t r = 0; r < values.size(); ++r) {
        const std::string& word = labels.words[values[r]];
        const auto found = std::ranges::find(model.label_words, word);
        if (found == model.label_words.end())
            throw DataError(fmt::format(
                "{}: label {}: found '{}', which is not one of the model's {} labels, from "
                "'{}' to '{}'",
                path, r + 1, word, model.label_words.size(), model.label_words.front(), model.label_words.back()));
        values[r] = model.labels[static_cast<std::size_t>(found - model.label_words.begin())];
    }
    return values;
}

std::string label_text(const Model& model, std::uint32_t label) {
    const auto place = static_cast<std::size_t>(std::ranges::find(model.labels, label) - model.labels.begin());
    return place < model.label_words.size() ? model.label_words[place] : fmt::format("{}", label);
}

std::string label_column_name(std::uint32_t label) { return fmt::format("label_{}", label); }

std::vector<double> svmlight_labels(const std::string& path) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error)) return {};
    std::vector<std::byte> bytes = read_bytes(path);
    if (is_gzip(bytes)) bytes = gunzip(bytes, path);
    return is_svmlight(bytes) ? parse_svmlight(bytes, path).labels : std::vector<double>();
}

std::optional<Dataset> load_label_column(const std::string& path) {
    std::error_code error;
    if (hdf5_in_path(path)) return std::nullopt;
    if (!std::filesystem::is_regular_file(path, error)) return std::nullopt;  // a pipe can be read once only
    std::vector<std::byte> bytes = read_bytes(path);
    if (is_gzip(bytes)) bytes = gunzip(bytes, path);
    constexpr std::byte one_dimension{1};
    if (bytes.size() < 4 || bytes[0] != std::byte{0} || bytes[1] != std::byte{0} || bytes[3] != one_dimension)
        return std::nullopt;
    const std::vector<std::uint8_t> labels = parse_idx_labels(bytes, path);
    Dataset column = Dataset::from_floats(labels.size(), 1, {labels.begin(), labels.end()});
    column.name = path;
    return column;
}

std::vector<std::uint32_t> distinct_labels(const std::vector<std::uint32_t>& labels, const std::string& path) {
    std::vector<std::uint32_t> known = labels;
    std::ranges::sort(known);
    known.erase(std::unique(known.begin(), known.end()), known.end());
    if (known.size() < 2)
        throw DataError(fmt::format("{}: found only the label {}, expected at least two different labels", path,
                                    known.empty() ? 0 : known[0]));
    if (known.size() > most_labels)
        throw DataError(fmt::format("{}: found {} different labels, expected at most {}: one for each class", path,
                                    known.size(), most_labels));
    return known;
}

std::vector<std::uint32_t> places_of(const std::vector<std::uint32_t>& labels, const std::vector<std::uint32_t>& known,
                                     const std::string& path) {
    std::vector<std::uint32_t> places(labels.size());
    for (std::size_t r = 0; r < labels.size(); ++r) {
        const auto found = std::ranges::lower_bound(known, labels[r]);
        if (found == known.end() || *found != labels[r])
            throw DataError(
                fmt::format("{}: label {}: found {}, which is not one of the model's {} labels, from {} to {}", path,
                            r + 1, labels[r], known.size(), known.front(), known.back()));
        places[r] = static_cast<std::uint32_t>(found - known.begin());
    }
    return places;
}

float label_off(const Units& visible, Binarize binarize) {
    const float off = label_values(visible, "labels").first;
    return binarize == Binarize::none ? off : 0.0F;
}

Dataset with_labels(const Dataset& raw, const std::vector<std::uint32_t>& places, std::size_t classes,
                    const Units& visible, Binarize binarize) {
    if (raw.sparse() == nullptr || label_off(visible, binarize) != 0)
        require_memory(static_cast<double>(raw.rows()) * static_cast<double>(raw.cols() + classes) * sizeof(float),
                       fmt::format("the data with {} labels", classes));
    return with_labels(raw, places, classes, label_off(visible, binarize));
}

bool lacks_labels(const Model& model, std::size_t cols) {
    return !model.labels.empty() && cols + model.labels.size() == model.machine.visible_count();
}

}  // namespace rbm::app
