// SPDX-License-Identifier: MIT
#include "apps/files/read_data.h"

#include <algorithm>
#include <cmath>

#include "apps/files/labels.h"
#include "rbm/data/column_choice.h"
#include "rbm/data/column_match.h"
#include "rbm/io/data.h"
#include "rbm/kernels/error.h"

namespace rbm::app {
namespace {

std::vector<std::string> entries_of(const std::string& list) {
    std::vector<std::string> entries;
    for (std::size_t first = 0; first < list.size();) {
        const std::size_t end = std::min(list.find(',', first), list.size());
        const std::string_view entry = std::string_view(list).substr(first, end - first);
        const std::size_t begin = entry.find_first_not_of(' ');
        if (begin != std::string_view::npos)
            entries.emplace_back(entry.substr(begin, entry.find_last_not_of(' ') - begin + 1));
        first = end + 1;
    }
    return entries;
}

std::string first_few(const std::vector<std::string>& names) {
    std::string text;
    constexpr std::size_t most = 10;
    for (std::size_t i = 0; i < std::min(most, names.size()); ++i) text += (i == 0 ? "" : ", ") + names[i];
    return names.size() > most ? fmt::format("{} and {} more", text, names.size() - most) : text;
}

/// pixel0, pixel_12, px7, 28x28
bool is_pixel_name(std::string_view name) {
    for (const std::string_view word : {"pixel", "Pixel", "px"})
        if (name.starts_with(word)) {
            name.remove_prefix(word.size());
            if (name.starts_with('_') || name.starts_with('.') || name.starts_with(' ')) name.remove_prefix(1);
            return !name.empty() && name.find_first_not_of("0123456789") == std::string_view::npos;
        }
    const std::size_t cross = name.find('x');
    return cross != std::string_view::npos && cross > 0 && cross + 1 < name.size() &&
           name.find_first_not_of("0123456789x") == std::string_view::npos && name.find('x', cross + 1) == name.npos;
}

/// What to type is said where no model has decided: then nobody said how long rows are.
void tell_pictures(const std::string& path, const PictureFacts& facts, bool free, bool labels_are_given) {
    const auto of_all = [&](std::size_t count) { return fmt::format("{} of {} pictures", count, facts.pictures); };
    if (facts.coloured > 0)
        note("{}: {} have colours, and are read as grey{}", path, of_all(facts.coloured),
             free ? "; --channels rgb keeps red, green and blue" : ", as the model records");
    if (facts.drawn_in_alpha > 0)
        note("{}: {} are of one dark colour, drawn by alpha alone, and are read as black{}", path,
             of_all(facts.drawn_in_alpha), free ? "; --channels alpha reads how opaque they are" : "");
    if (facts.transparent > facts.drawn_in_alpha)
        note("{}: {} have transparent parts, which are read as black", path,
             of_all(facts.transparent - facts.drawn_in_alpha));
    for (const unsigned bits : {8U, 10U, 12U}) {
        const double top = (1U << bits) - 1;
        if (facts.deep == 0 || facts.largest == 0 || facts.largest > top) continue;
        const double divisor = std::ceil(top / 65535 * 1e7) / 1e7;  // rounded up, so that nothing gets above 1
        note(
            "{}: the values of these 16-bit pictures stay below {}, a part {} of the range: {} bits?  "
            "rbm-data {} --divide {} --output scaled.npy stretches them to 0 to 1",
            path, 1U << bits, divisor, bits, path, divisor);
        break;
    }
    if (facts.classes > 1 && free && !labels_are_given)
        note("{}: the folders' names can be labels: --labels {}", path, path);
}

}  // namespace

TableOptions table_options(const CommonSettings& settings, std::string_view missing, const Model* model) {
    return {.gaps = missing == "nan" ? TableGaps::are_nan : TableGaps::refuse,
            .header = settings.header,
            .words = TableWords::are_categories,
            .decimal_comma = settings.decimal_comma,
            .precise = model != nullptr && !model->preparation.mean_rest.empty(),
            .keep = entries_of(settings.keep),
            .drop = entries_of(settings.drop)};
}

Dataset load_raw(const std::string& path, const TableOptions& table, PictureReading pictures, bool labels_are_given) {
    std::vector<std::string> notes;
    PictureFacts facts;
    pictures.facts = &facts;
    Dataset data = load_data(path, &notes, table, pictures);
    for (const std::string& text : notes)
        note("{}{}", text, text.ends_with(doubtful_header) ? " (--header no reads it as a sample)" : "");
    tell_pictures(path, facts, pictures.columns.empty(), labels_are_given);
    detail("{}: {} rows of {} columns", path, data.rows(), data.cols());
    return data;
}

PictureReading pictures_for(const Model& model, const Program& program, const CommonSettings& settings) {
    const Units& units = model.machine.visible;
    PictureReading reading{settings.channels, {width(units), site_count(units)}};
    if (!model.labels.empty()) reading.columns.push_back(width(units) - model.labels.size());
    if (model.image == ImageShape{}) return reading;
    program.require_agreement("channels", std::string(name_of(model.image.channels)), "the model");
    if (!program.given("channels")) reading.channels = model.image.channels;
    return reading;
}

Dataset load_for(const Model& model, const std::string& path, const Program& program, const CommonSettings& settings,
                 std::string_view missing) {
    Dataset raw = load_raw(path, table_options(settings, missing, &model), pictures_for(model, program, settings));
    if (missing == "nan") raw.allow_missing();
    return fitted_to(model, std::move(raw));
}

Dataset at_full_width(const Model& model, Dataset raw) {
    const std::size_t cols =
        model.machine.visible_count() - std::min(model.labels.size(), model.machine.visible_count());
    if (!raw.open_width() || raw.cols() >= cols) return raw;
    note("{}: the last {} of the model's columns do not occur and are 0", raw.name, cols - raw.cols());
    return raw.with_columns(cols);
}

Dataset fitted_to(const Model& model, Dataset raw) {
    raw = at_full_width(model, std::move(raw));
    if (model.columns.empty()) {
        std::vector<std::size_t> words;
        for (std::size_t col = 0; col < raw.columns.size(); ++col)
            if (!raw.columns[col].words.empty()) words.push_back(col);
        if (words.empty()) return raw;
        throw UnsuitableColumns(fmt::format("{}: {} hold{} words, but the model knows only numbers", raw.name,
                                            list_of(raw, words), words.size() == 1 ? "s" : ""));
    }
    std::vector<Column> wanted = model.columns, labels;
    for (const std::uint32_t label : model.labels) labels.push_back({label_column_name(label), {}});
    const auto is_there = [&](const Column& label) {
        return std::ranges::find(raw.columns, label.name, &Column::name) != raw.columns.end();
    };
    if (std::ranges::all_of(labels, is_there)) wanted.insert(wanted.end(), labels.begin(), labels.end());
    MatchedColumns found = match_columns(raw, wanted);
    if (!found.left_out.empty())
        note("{}: left out what the model does not know: {}", raw.name, first_few(found.left_out));
    if (found.reordered) note("{}: columns brought into the order of the model's", raw.name);
    return takes_unit_interval(model.machine.visible) ? with_grey_pixels(std::move(found.data)) : std::move(found.data);
}

TableOptions with_label_column(TableOptions table, const std::string& column) {
    if (!column.empty() && !table.keep.empty()) table.keep.push_back(column);
    return table;
}

SplitLabels split_labels(const Dataset& data, const std::string& column) {
    std::vector<std::string> names;
    for (const Column& one : data.columns) names.push_back(one.name);
    const std::vector<std::string> wanted = {column};
    const std::vector<bool> chosen = chosen_columns(data.cols(), names, wanted, {}, data.name);
    const std::size_t place = static_cast<std::size_t>(std::ranges::find(chosen, true) - chosen.begin());
    if (std::ranges::count(chosen, true) != 1)
        throw DataError(
            fmt::format("{}: found several columns '{}', expected one column of labels", data.name, column));
    if (data.cols() == 1) throw DataError(fmt::format("{}: has no columns but that of the labels", data.name));
    SplitLabels split;
    std::vector<double> values;
    if (!data.columns.empty()) split.labels.words = data.columns[place].words;
    std::vector<std::size_t> others;
    for (std::size_t col = 0; col < data.cols(); ++col)
        if (col != place) others.push_back(col);
    for (std::size_t row = 0; row < data.rows(); ++row) {
        const double value = data.exact_value(row, place);
        if (std::isnan(value))
            throw DataError(fmt::format("{}: row {}, {}: found no label, expected one in each row", data.name, row + 1,
                                        data.column_text(place)));
        values.push_back(value);
    }
    split.labels.values = as_labels(values, fmt::format("{}: {}", data.name, data.column_text(place)));
    split.data = with_columns(data, others);
    return split;
}

Dataset with_grey_pixels(Dataset data) {
    const auto is_pixel = [](const Column& column) { return column.words.empty() && is_pixel_name(column.name); };
    const auto* floats = std::get_if<FloatRows>(&data.storage());
    if (floats == nullptr || data.columns.size() < 4 || !std::ranges::all_of(data.columns, is_pixel)) return data;
    const std::span<const float> values = floats->rows.values();
    const auto is_byte = [](float x) { return x >= 0 && x <= 255 && x == std::floor(x); };
    if (!std::ranges::all_of(values, is_byte) || std::ranges::none_of(values, [](float x) { return x > 1; }))
        return data;
    std::vector<std::uint8_t> bytes(values.size());
    std::ranges::transform(values, bytes.begin(), [](float x) { return static_cast<std::uint8_t>(x); });
    Dataset grey = Dataset::from_bytes(data.rows(), data.cols(), std::move(bytes), 255);
    grey.name = data.name;
    grey.columns = data.columns;
    const auto side = static_cast<std::size_t>(std::lround(std::sqrt(static_cast<double>(data.cols()))));
    if (side * side == data.cols()) grey.image = {side, side};
    note("{}: columns {} to {} hold whole numbers up to 255: taken for grey values, divided by 255", data.name,
         data.columns.front().name, data.columns.back().name);
    return grey;
}

std::optional<std::string> label_among_pixels(const Dataset& data) {
    const auto is_other = [](const Column& column) { return !is_pixel_name(column.name); };
    if (data.columns.size() < 5 || std::ranges::count_if(data.columns, is_other) != 1) return std::nullopt;
    return std::ranges::find_if(data.columns, is_other)->name;
}

void refuse_label_among_pixels(const Dataset& data) {
    const std::optional<std::string> name = label_among_pixels(data);
    if (!name) return;
    throw DataError(
        fmt::format("{0}: column {1} stands among {2} pixels: is it the label? --label-column {1} learns it, --drop "
                    "{1} leaves it out",
                    data.name, *name, data.columns.size() - 1));
}

std::vector<Column> known_columns(const Dataset& data) {
    const bool known = std::ranges::any_of(
        data.columns, [](const Column& column) { return !column.name.empty() || !column.words.empty(); });
    return known ? data.columns : std::vector<Column>{};
}

}  // namespace rbm::app
