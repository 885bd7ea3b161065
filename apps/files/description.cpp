// SPDX-License-Identifier: MIT
#include "apps/files/description.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "apps/cli/messages.h"
#include "apps/files/labels.h"
#include "apps/files/read_data.h"
#include "apps/files/table.h"
#include "rbm/data/one_hot.h"
#include "rbm/io/array_bytes.h"
#include "rbm/io/bytes.h"
#include "rbm/io/data.h"
#include "rbm/io/fasta.h"
#include "rbm/io/gzip.h"
#include "rbm/io/hdf5.h"
#include "rbm/io/matrix_market.h"
#include "rbm/io/npy.h"
#include "rbm/io/npy_header.h"
#include "rbm/io/npz.h"
#include "rbm/io/png.h"
#include "rbm/io/svmlight.h"
#include "rbm/kernels/error.h"

namespace rbm::app {
namespace {

/// Format and type of the content of a file that is not gzip.
std::pair<std::string, std::string> format_and_type(std::span<const std::byte> bytes, const std::string& name) {
    if (is_npy(bytes)) return {".npy", std::string(element_name(parse_npy_header(bytes, name).element))};
    if (is_fasta(bytes)) return {"FASTA", "letters"};
    if (is_npz(bytes)) return {".npz", "numbers"};
    if (is_matrix_market(bytes)) return {"MatrixMarket", "text"};
    if (is_svmlight(bytes)) return {"svmlight", "text"};
    if (is_png(bytes)) return {"PNG", "uint8"};
    if (bytes.size() > 2 && bytes[0] == std::byte{0})
        return {"IDX", bytes[2] == std::byte{8} ? "uint8, read as values / 255" : "numbers"};
    return {"table (CSV)", "text"};
}

std::string number_text(double x) { return fmt::format("{:.6g}", x); }

/// The first and the last of them.
std::string names_text(const std::vector<Column>& columns) {
    constexpr std::size_t most_shown = 8;
    std::string text;
    for (std::size_t i = 0; i < std::min(most_shown, columns.size()); ++i)
        text += fmt::format("{}{}", i == 0 ? "" : ", ", columns[i].name);
    return columns.size() > most_shown ? fmt::format("{}, ..., {}", text, columns.back().name) : text;
}

std::vector<std::string> names_of(const std::vector<Column>& columns) {
    std::vector<std::string> names;
    for (const Column& column : columns) names.push_back(column.name);
    return names;
}

bool has_names(const Dataset& data) {
    return std::ranges::any_of(data.columns, [](const Column& column) { return !column.name.empty(); });
}

/// Words beside real numbers: no one kind of units takes both.
bool holds_fractions_beside_words(const Dataset& data) {
    for (std::size_t col = 0; col < data.cols(); ++col)
        for (std::size_t row = 0; row < data.rows() && data.columns[col].words.empty(); ++row)
            if (const float x = data.value(row, col); x != std::floor(x) && !std::isnan(x)) return true;
    return false;
}

/// "-1 and 1, in front of the rows"; nothing when all are the same or too many.
std::string svmlight_label_text(std::vector<double> labels) {
    std::ranges::sort(labels);
    labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
    constexpr std::size_t most = 100;
    const auto is_whole = [](double x) { return x == std::floor(x); };
    if (labels.size() < 2 || labels.size() > most || !std::ranges::all_of(labels, is_whole)) return "";
    return fmt::format("{} of them, from {} to {}, in front of the rows", labels.size(), labels.front(), labels.back());
}

std::string distinct_text(const ValueFacts& facts) {
    if (facts.distinct.empty()) return fmt::format("more than {}", most_distinct);
    constexpr std::size_t most_shown = 8;
    std::string text = fmt::format("{}: ", facts.distinct.size());
    for (std::size_t i = 0; i < std::min(most_shown, facts.distinct.size()); ++i)
        text += fmt::format("{}{:.6g}", i == 0 ? "" : ", ", facts.distinct[i]);
    return text + (facts.distinct.size() > most_shown ? ", ..." : "");
}

}  // namespace

Description::Description(const std::string& path) : path_(path) {
    read();
    if (!parts_.empty()) return;
    take_label_out();
    data_ = with_grey_pixels(std::move(data_));
    data_.allow_missing();
    facts_ = facts_of(data_);
    suggestion_ = suggest(data_, facts_);
    try_units();
}

/// Of a file of several arrays, when none of them is named; else nothing.
std::vector<Description::Part> Description::parts() const {
    std::vector<Part> found;
    if (const auto hdf5 = hdf5_in_path(path_)) {
        if (!hdf5->data_set.empty()) return {};
        for (Hdf5DataSet& one : open_hdf5(path_)->data_sets())
            found.push_back({std::move(one.path), std::move(one.shape), std::move(one.type)});
        const auto numeric = [](const Part& one) { return !one.shape.empty() && one.type != "text"; };
        return std::ranges::count_if(found, numeric) > 1 ? found : std::vector<Part>();
    }
    return found;
}

/// A column that looks like the label: the only one that is no pixel, or that holds words beside numbers.
void Description::take_label_out() {
    const auto has_words = [](const Column& column) { return !column.words.empty(); };
    std::optional<std::string> name = label_among_pixels(data_);
    if (!name && data_.columns.size() > 1 && std::ranges::count_if(data_.columns, has_words) == 1 &&
        holds_fractions_beside_words(data_))
        name = std::ranges::find_if(data_.columns, has_words)->name;
    if (!name || name->empty()) return;
    try {
        SplitLabels split = split_labels(data_, *name);
        const std::string kept = data_.name;
        data_ = std::move(split.data);
        data_.name = kept;
        label_ = *name;
    } catch (const DataError&) {
    }  // no labels, then, but data like the others
}

void Description::read() {
    parts_ = parts();
    if (!parts_.empty()) {
        format_ = "HDF5";
        return;
    }
    std::error_code error;
    std::vector<std::string> notes;
    const TableOptions table{.gaps = TableGaps::are_nan, .words = TableWords::are_categories};
    if (std::filesystem::is_directory(path_, error)) {
        format_ = "folder of PNGs";
        type_ = "uint8";
        data_ = load_data(path_, &notes, table);
    } else if (hdf5_in_path(path_)) {
        format_ = "HDF5";
        const std::vector<std::byte> array = read_array_bytes(path_);
        type_ = element_name(parse_npy_header(array, path_).element);
        data_ = parse_npy_dataset(array, path_, false, &notes);
    } else if (npz_array_in_path(path_)) {
        format_ = ".npz";
        type_ = "numbers";
        data_ = load_data(path_, &notes, table);
    } else {
        std::vector<std::byte> bytes = read_bytes(path_);
        const std::string name = path_ == "-" ? "standard input" : path_;
        const bool gzip = is_gzip(bytes);
        if (gzip) bytes = gunzip(bytes, name);
        std::tie(format_, type_) = format_and_type(bytes, name);
        if (is_npz(bytes))
            for (NpzEntry& one : npz_arrays(bytes, name))
                parts_.push_back({std::move(one.name), std::move(one.shape), std::move(one.type)});
        const auto is_sparse = [](const Part& one) { return one.name == "indices" || one.name == "format"; };
        if (parts_.size() > 1 && std::ranges::none_of(parts_, is_sparse)) return;
        parts_.clear();
        if (is_svmlight(bytes)) svmlight_labels_ = svmlight_label_text(parse_svmlight(bytes, name).labels);
        if (gzip) format_ += ", gzip";
        if (std::optional<Dataset> labels = load_label_column(path_)) {
            data_ = std::move(*labels);
            type_ = "uint8, labels";
        } else {
            data_ = parse_data(bytes, name, &notes, table);
        }
    }
    for (const std::string& text : notes) note("{}", text);
}

void Description::try_units() {
    for (const UnitRow& row : unit_rows()) {
        Reading reading{std::string(row.name), true, ""};
        try {
            if (row.has_states) {
                const std::size_t one_hot = facts_.one_hot_states;
                const std::size_t states = !data_.letters.empty() ? data_.letters.size()
                                           : one_hot > 0          ? one_hot
                                                                  : static_cast<std::size_t>(facts_.maximum) + 1;
                if (one_hot == 0 && !(facts_.whole && facts_.minimum >= 0 && states >= 2))
                    throw DataError("values are no codes 0, 1, ... and no one-hot columns of 3 states or more");
                reading.how = fmt::format("--visible-states {}: {} units, {}", states,
                                          one_hot > 0 ? data_.cols() / one_hot : data_.cols(),
                                          one_hot > 0 ? "one-hot columns" : "codes");
            } else if (!data_.letters.empty()) {
                throw DataError("letters are no numbers");
            } else {
                const Units units = make_units<float>(row.name, data_.cols());
                data_.prepared(default_preparation(units), state_form(units));
                reading.how = !takes_unit_interval(units) ? "as they are; each column standardised"
                              : facts_.grey > 0           ? fmt::format(
                                                                "values above 0.5 become {:.0f}, others {:.0f}; {} "
                                                                          "values are neither 0 nor 1",
                                                                state_form(units).high, state_form(units).low, facts_.grey)
                                                : "as they are";
            }
        } catch (const DataError& error) {
            reading.works = false;
            reading.how = error.what();
        }
        readings_.push_back(std::move(reading));
    }
}

std::vector<std::string> Description::commands() const {
    if (suggestion_.units.empty()) return {};
    std::vector<std::string> commands = suggestion_.steps;
    const bool as_it_is = commands.empty();
    const std::string labels = label_ ? fmt::format(" --label-column {}", *label_) : "";
    commands.push_back(fmt::format("rbm-train {}{}{} --output run", as_it_is ? data_.name : "scaled.npy",
                                   suggestion_.options, as_it_is ? labels : ""));
    if (as_it_is && !svmlight_labels_.empty())
        commands.push_back(
            fmt::format("rbm-train {0}{1} --labels {0} --output run-labels", data_.name, suggestion_.options));
    commands.push_back(
        fmt::format("rbm-dream run/model.safetensors --output dreams.{}", !data_.letters.empty()        ? "fasta"
                                                                          : data_.image != ImageShape{} ? "png"
                                                                                                        : "npy"));
    return commands;
}

std::string Description::parts_text() const {
    std::vector<std::vector<std::string>> rows = {{"file", path_}, {"format", format_}, {""}};
    for (const Part& one : parts_)
        rows.push_back(
            {one.name, fmt::format("{}{}{}", shape_text(one.shape), one.shape.empty() ? "" : " ", one.type)});
    rows.push_back({""});
    for (const std::string& command : parts_commands()) rows.push_back({"type", command});
    return table({Align::left, Align::left}, rows);
}

/// What holds samples: the arrays of the most dimensions.
std::vector<std::string> Description::parts_commands() const {
    const Part& most = *std::ranges::max_element(
        parts_, {}, [](const Part& one) { return one.type == "other" || one.type == "text" ? 0 : one.shape.size(); });
    return {fmt::format("rbm-data {}:{} --describe", path_, most.name)};
}

std::string Description::text() const {
    if (!parts_.empty()) return parts_text();
    std::vector<std::vector<std::string>> rows;
    rows.push_back({"file", data_.name});
    rows.push_back({"format", format_});
    rows.push_back({"type", type_});
    rows.push_back({"rows", grouped(data_.rows())});
    rows.push_back({"columns", grouped(data_.cols())});
    if (has_names(data_)) rows.push_back({"names", names_text(data_.columns)});
    if (label_) rows.push_back({"label", fmt::format("{}, if it is one: the rest is told here", *label_)});
    if (!svmlight_labels_.empty()) rows.push_back({"labels", svmlight_labels_});
    if (data_.image != ImageShape{})
        rows.push_back({"pictures", fmt::format("height {}, width {}", data_.image.height, data_.image.width)});
    if (!data_.letters.empty()) rows.push_back({"letters", data_.letters});
    rows.push_back({"values", fmt::format("{} to {}{}", number_text(facts_.minimum), number_text(facts_.maximum),
                                          facts_.whole ? ", whole numbers" : "")});
    rows.push_back({"distinct", distinct_text(facts_)});
    rows.push_back({"missing", facts_.missing == 0 ? "none" : grouped(facts_.missing)});
    if (facts_.infinite > 0) rows.push_back({"infinite", grouped(facts_.infinite)});
    rows.push_back({""});
    for (const Reading& one : readings_) rows.push_back({one.units, (one.works ? "yes: " : "no: ") + one.how});
    if (data_.cols() == 1 && facts_.whole && facts_.minimum >= 0)
        rows.push_back({"labels", "yes: rbm-train DATA --labels takes one whole number per row"});
    rows.push_back({""});
    rows.push_back({"suggested",
                    fmt::format("{}{}{}", suggestion_.units, suggestion_.units.empty() ? "" : ": ", suggestion_.why)});
    for (const std::string& command : commands()) rows.push_back({"type", command});
    return table({Align::left, Align::left}, rows);
}

std::string Description::json() const {
    using Json = nlohmann::ordered_json;
    if (!parts_.empty()) {
        Json all = {{"file", path_}, {"format", format_}, {"arrays", Json::array()}};
        for (const Part& one : parts_)
            all["arrays"].push_back({{"name", one.name}, {"shape", one.shape}, {"type", one.type}});
        all["commands"] = parts_commands();
        return all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
    }
    const auto or_null = [](bool known, Json value) { return known ? value : Json(nullptr); };
    Json object = {{"file", data_.name},
                   {"format", format_},
                   {"type", type_},
                   {"rows", data_.rows()},
                   {"columns", data_.cols()},
                   {"names", or_null(has_names(data_), names_of(data_.columns))},
                   {"label_column", or_null(label_.has_value(), label_.value_or(""))},
                   {"image_height", or_null(data_.image != ImageShape{}, data_.image.height)},
                   {"image_width", or_null(data_.image != ImageShape{}, data_.image.width)},
                   {"letters", or_null(!data_.letters.empty(), data_.letters)},
                   {"minimum", or_null(facts_.known > 0, facts_.minimum)},
                   {"maximum", or_null(facts_.known > 0, facts_.maximum)},
                   {"whole_numbers", facts_.whole},
                   {"distinct", or_null(!facts_.distinct.empty(), facts_.distinct)},
                   {"missing", facts_.missing},
                   {"infinite", facts_.infinite}};
    for (const Reading& one : readings_) object["visible_units"][one.units] = {{"works", one.works}, {"how", one.how}};
    object["suggested_units"] = or_null(!suggestion_.units.empty(), suggestion_.units);
    object["why"] = suggestion_.why;
    object["commands"] = commands();
    return object.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace rbm::app
