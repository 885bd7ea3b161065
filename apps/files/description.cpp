// SPDX-License-Identifier: MIT
#include "apps/files/description.h"

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "apps/cli/messages.h"
#include "apps/files/labels.h"
#include "apps/files/table.h"
#include "rbm/data/one_hot.h"
#include "rbm/io/bytes.h"
#include "rbm/io/data.h"
#include "rbm/io/fasta.h"
#include "rbm/io/gzip.h"
#include "rbm/io/matrix_market.h"
#include "rbm/io/npy.h"
#include "rbm/io/npy_header.h"
#include "rbm/io/npz.h"
#include "rbm/io/png.h"
#include "rbm/io/svmlight.h"
#include "rbm/kernels/error.h"

namespace rbm::app {
namespace {

const char* element_name(Element element) {
    constexpr const char* names[] = {"bool",  "uint8",  "int8",  "uint16",  "int16",  "uint32",
                                     "int32", "uint64", "int64", "float32", "float64"};
    return names[static_cast<std::size_t>(element)];
}

/// Format and type of the content of a file that is not gzip.
std::pair<std::string, std::string> format_and_type(std::span<const std::byte> bytes, const std::string& name) {
    if (is_npy(bytes)) return {".npy", element_name(parse_npy_header(bytes, name).element)};
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
    data_.allow_missing();
    facts_ = facts_of(data_);
    suggestion_ = suggest(data_, facts_);
    try_units();
}

void Description::read() {
    std::error_code error;
    std::vector<std::string> notes;
    const TableOptions table{.gaps = TableGaps::are_nan, .words = TableWords::are_categories};
    if (std::filesystem::is_directory(path_, error)) {
        format_ = "folder of PNGs";
        type_ = "uint8";
        data_ = load_data(path_, &notes, table);
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
    commands.push_back(
        fmt::format("rbm-train {}{} --output run", commands.empty() ? data_.name : "scaled.npy", suggestion_.options));
    commands.push_back(
        fmt::format("rbm-dream run/model.safetensors --output dreams.{}", !data_.letters.empty()        ? "fasta"
                                                                          : data_.image != ImageShape{} ? "png"
                                                                                                        : "npy"));
    return commands;
}

std::string Description::text() const {
    std::vector<std::vector<std::string>> rows;
    rows.push_back({"file", data_.name});
    rows.push_back({"format", format_});
    rows.push_back({"type", type_});
    rows.push_back({"rows", grouped(data_.rows())});
    rows.push_back({"columns", grouped(data_.cols())});
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
    const auto or_null = [](bool known, Json value) { return known ? value : Json(nullptr); };
    Json object = {{"file", data_.name},
                   {"format", format_},
                   {"type", type_},
                   {"rows", data_.rows()},
                   {"columns", data_.cols()},
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
