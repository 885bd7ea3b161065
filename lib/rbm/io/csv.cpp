// SPDX-License-Identifier: MIT
#include "rbm/io/csv.h"

#include <fast_float/fast_float.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include "rbm/data/column_choice.h"
#include "rbm/io/csv_fields.h"
#include "rbm/io/csv_header.h"
#include "rbm/io/csv_records.h"
#include "rbm/io/elements.h"
#include "rbm/io/precision.h"
#include "rbm/kernels/error.h"

namespace rbm {
namespace {

constexpr float gap = std::numeric_limits<float>::quiet_NaN();

constexpr std::size_t not_read = std::numeric_limits<std::size_t>::max();

/// A column that is read.
struct ReadColumn {
    ColumnBelow below;
    std::size_t number = 0;  ///< in the file, from 0
    std::size_t gaps = 0;
    std::size_t line_of_gap = 0;  ///< the first
};

class Table {
  public:
    Table(std::string_view text, const std::string& name, const TableOptions& options, std::vector<std::string>* notes)
        : records_(text, name), name_(name), options_(options), notes_(notes) {}

    Dataset read();
    /// Whether some column needs what floats leave out.
    bool lacks_precision() const {
        return std::ranges::any_of(
            columns_, [](const ReadColumn& one) { return floats_lose_spread(one.below.low, one.below.high); });
    }

  private:
    void take_first_line();
    void adapt_to_second_line(std::string_view record);
    void choose_columns();
    void choose_key(std::span<const std::string> names, std::vector<bool>& chosen);
    void read_row(std::string_view record, std::size_t line);
    void take_field(ReadColumn& column, std::string_view field, std::size_t line, float*& out, float*& rest);
    [[noreturn]] void complain(const ReadColumn& column, FieldKind kind, std::string_view field, std::size_t line);
    std::string place_of(const ReadColumn& column) const;
    bool first_line_is_header();
    void settle_first_line();
    void sort_words();
    std::vector<std::size_t> columns_to_leave_out();
    bool is_index(std::size_t col) const;
    void refuse_gaps_and_mixtures();
    void leave_out(const std::vector<std::size_t>& columns);
    std::vector<Column> descriptions() const;
    void note(const std::string& text) {
        if (notes_ != nullptr) notes_->push_back(fmt::format("{}: {}", name_, text));
    }
    std::size_t rows() const { return columns_.empty() ? 0 : values_.size() / columns_.size(); }

    Records records_;
    const std::string& name_;
    const TableOptions& options_;
    std::vector<std::string>* notes_;
    char separator_ = 0;
    FirstLine first_;
    std::string_view first_record_;
    std::size_t first_line_ = 0, last_line_ = 0;
    bool header_ = false, quoted_numbers_ = false, named_choice_ = false;
    std::size_t key_ = not_read;  ///< the column in the file that names the rows
    std::vector<std::string> keys_;
    std::vector<std::size_t> slot_;  ///< of each column in the file its place among columns_, or npos
    std::vector<ReadColumn> columns_;
    std::vector<float> values_, rest_;  ///< the first row's place is kept for the first line
};

Dataset Table::read() {
    take_first_line();
    const bool sample = options_.header == TableHeader::no ||
                        (options_.header == TableHeader::automatic && !named_choice_ && !could_be_header(first_));
    if (sample) read_row(first_record_, first_line_);
    std::string_view record;
    for (bool second = true; records_.next(record); second = false) {
        if (second) adapt_to_second_line(record);
        last_line_ = records_.line();
        values_.resize(values_.size() + columns_.size());
        if (options_.precise) rest_.resize(values_.size());
        read_row(record, last_line_);
    }
    if (!sample) settle_first_line();
    if (rows() == 0)
        throw DataError(
            fmt::format("{}: no rows of numbers in {} line{}", name_, last_line_, last_line_ == 1 ? "" : "s"));
    sort_words();
    leave_out(columns_to_leave_out());
    refuse_gaps_and_mixtures();
    const std::size_t count = rows();
    Dataset data = Dataset::from_floats(count, columns_.size(), std::move(values_), std::move(rest_));
    data.name = name_;
    data.columns = descriptions();
    if (key_ != not_read) data.key = {header_ ? first_.fields[key_] : options_.key, std::move(keys_)};
    return data;
}

void Table::take_first_line() {
    std::string_view record;
    if (!records_.next(record)) {
        last_line_ = records_.line();
        throw DataError(
            fmt::format("{}: no rows of numbers in {} line{}", name_, last_line_, last_line_ == 1 ? "" : "s"));
    }
    first_record_ = record;
    first_line_ = last_line_ = records_.line();
    separator_ = separator_of(record, options_.decimal_comma);
    records_.set_separator(separator_);
    if (separator_ != '\t') first_record_ = without_blanks(record);
    first_.all_quoted = true;
    for (Fields fields(first_record_, separator_); fields.more();) {
        first_.fields.emplace_back(fields.next());
        first_.all_quoted = first_.all_quoted && fields.quoted();
    }
    if (first_.fields.size() == 1 && options_.gaps == TableGaps::are_nan) records_.keep_empty_lines();
    choose_columns();
}

/// Names of one column less than there are: R writes none for the names of rows, and lines may end in a comma.
void Table::adapt_to_second_line(std::string_view record) {
    Fields fields(record, separator_);
    std::size_t count = 0;
    bool last_is_empty = false, first_is_quoted = false;
    for (; fields.more(); ++count) {
        last_is_empty = fields.next().empty();
        if (count == 0) first_is_quoted = fields.quoted();
    }
    if (count != first_.fields.size() + 1 || !looks_like_names(first_) || options_.header == TableHeader::no) return;
    if (first_is_quoted)
        first_.fields.insert(first_.fields.begin(), "");
    else if (last_is_empty)
        first_.fields.emplace_back("");
    else
        return;
    choose_columns();
}

void Table::choose_columns() {
    for (std::string& field : first_.fields) field = as_utf8(field);
    const auto is_name = [&](const std::string& entry) {
        if (entry.find_first_not_of("0123456789") == std::string::npos) return false;  // the number of a column
        return std::ranges::any_of(first_.fields,
                                   [&](const std::string& name) { return !name.empty() && fits_pattern(name, entry); });
    };
    const bool named = options_.header != TableHeader::no;
    named_choice_ =
        named && (std::ranges::any_of(options_.keep, is_name) || std::ranges::any_of(options_.drop, is_name) ||
                  (!options_.key.empty() && is_name(options_.key)));
    const std::vector<std::string> names = named ? first_.fields : std::vector<std::string>{};
    std::vector<bool> chosen = chosen_columns(first_.fields.size(), names, options_.keep, options_.drop, name_);
    choose_key(names, chosen);
    slot_.assign(chosen.size(), not_read);
    columns_.clear();
    for (std::size_t col = 0; col < chosen.size(); ++col)
        if (chosen[col]) {
            slot_[col] = columns_.size();
            columns_.emplace_back().number = col;
        }
    values_.reserve(columns_.size() *
                    (1 + records_.lines_left(columns_.size())));  // growing would copy all of it thrice
    values_.assign(columns_.size(), 0);
    rest_.assign(options_.precise ? columns_.size() : 0, 0);
}

/// The key is no value, whatever is kept.
void Table::choose_key(std::span<const std::string> names, std::vector<bool>& chosen) {
    if (options_.key.empty()) return;
    const std::string wanted[] = {options_.key};
    const std::vector<bool> keys = chosen_columns(chosen.size(), names, wanted, {}, name_);
    key_ = static_cast<std::size_t>(std::ranges::find(keys, true) - keys.begin());
    chosen[key_] = false;
    if (std::ranges::count(keys, true) != 1)
        throw DataError(fmt::format("{}: found several columns {}, expected one that names the rows", name_,
                                    rbm::quoted(options_.key)));
    if (std::ranges::find(chosen, true) == chosen.end())
        throw DataError(
            fmt::format("{}: has no columns but {}, which names the rows", name_, rbm::quoted(options_.key)));
}

/// Into the last row of values.
void Table::read_row(std::string_view record, std::size_t line) {
    float* out = values_.data() + (values_.size() - columns_.size());
    float* rest = options_.precise ? rest_.data() + (rest_.size() - columns_.size()) : nullptr;
    const fast_float::parse_options how(fast_float::chars_format::general, options_.decimal_comma ? ',' : '.');
    const std::size_t count = slot_.size();
    std::size_t col = 0;
    if (record.empty() && count == 1) take_field(columns_[0], record, line, out, rest), ++col;  // an empty line
    for (Fields fields(record, separator_); fields.more(); ++col) {
        if (col >= count || slot_[col] == not_read) {
            const std::string_view field = fields.next();
            if (col == key_) keys_.push_back(as_utf8(field));
            continue;
        }
        ReadColumn& column = columns_[slot_[col]];
        double value = 0;
        const auto [end, error] = fast_float::from_chars_advanced(fields.begin(), fields.end(), value, how);
        const auto rounded = static_cast<float>(value);
        if (error == std::errc() && std::isfinite(rounded) && fields.accept(end)) {
            column.below.low = std::min(column.below.low, value);
            column.below.high = std::max(column.below.high, value);
            *out++ = rounded;
            if (rest != nullptr) *rest++ = static_cast<float>(value - static_cast<double>(rounded));
        } else {
            const std::string_view field = fields.next();
            double ignored = 0;
            if (fields.quoted() && read_number(field, options_.decimal_comma, ignored) == FieldKind::number)
                quoted_numbers_ = true;
            take_field(column, field, line, out, rest);
        }
    }
    if (col != count) {
        const bool names = looks_like_names(first_) && rows() <= 2;
        records_.fail(line, fmt::format("found {} column{}, expected {} as in the {}", col, col == 1 ? "" : "s", count,
                                        names ? "header" : "lines before"));
    }
}

/// What is no number at first sight.
void Table::take_field(ReadColumn& column, std::string_view field, std::size_t line, float*& out, float*& rest) {
    double value = 0;
    const FieldKind kind = read_number(field, options_.decimal_comma, value);
    float rounded = gap;
    if (kind == FieldKind::number) {
        column.below.low = std::min(column.below.low, value);
        column.below.high = std::max(column.below.high, value);
        rounded = static_cast<float>(value);
    } else if (field.empty() || (options_.gaps == TableGaps::are_nan &&
                                 (is_missing_word(field) || (kind == FieldKind::not_finite && std::isnan(value))))) {
        if (column.gaps++ == 0) column.line_of_gap = line;
        value = 0;
    } else if (kind != FieldKind::not_a_number || is_missing_word(field) || has_decimal_comma(field) ||
               options_.words == TableWords::refuse) {
        complain(column, kind, field, line);
    } else {
        constexpr std::size_t most_words = 65536;
        if (!column.below.words)
            column.below.words = std::make_unique<ColumnWords>(ColumnWords{{}, line, std::string(field)});
        auto& words = column.below.words->codes;
        auto found = words.find(field);
        if (found == words.end()) found = words.emplace(std::string(field), words.size()).first;
        if (words.size() > most_words)
            throw UnsuitableColumns(
                fmt::format("{}:{}: {} holds text, more than {} different words, which are no "
                            "categories; leave it out",
                            name_, line, place_of(column), most_words));
        rounded = static_cast<float>(found->second);
        value = static_cast<double>(rounded);
    }
    *out++ = rounded;
    if (rest != nullptr)
        *rest++ = std::isnan(rounded) ? 0.0F : static_cast<float>(value - static_cast<double>(rounded));
}

std::string Table::place_of(const ReadColumn& column) const {
    const bool named = options_.header != TableHeader::no && looks_like_names(first_);
    const std::string& text = named ? first_.fields[column.number] : name_;
    return named && !text.empty() ? fmt::format("column {} ({})", column.number + 1, text)
                                  : fmt::format("column {}", column.number + 1);
}

void Table::complain(const ReadColumn& column, FieldKind kind, std::string_view field, std::size_t line) {
    const std::string found = fmt::format("{}: found {}", place_of(column), rbm::quoted(field));
    const auto fail = [&](const std::string& what) { records_.fail(line, found + what); };
    if (is_missing_word(field) || kind == FieldKind::not_finite) {
        const std::string text = fmt::format("{}:{}: {}, expected a finite number", name_, line, found);
        if (field.find_first_of("iI") != std::string_view::npos && !is_missing_word(field)) throw DataError(text);
        throw MissingValue(fmt::format("{}; missing values are empty fields and {}", text, missing_words_text()));
    }
    if (kind == FieldKind::too_large) fail(", expected at most 3.4e38, the largest float");
    if (has_decimal_comma(field))
        throw DecimalComma(
            fmt::format("{}:{}: {}, expected a decimal point, not a comma: a decimal comma?", name_, line, found));
    if (field.find_first_of("\"'") != std::string_view::npos) fail(", expected a number without quotes");
    const bool first = line == first_line_;
    records_.fail(
        line, found + (first ? ", expected a number (a header line must not contain numbers)" : ", expected a number"));
}

bool Table::first_line_is_header() {
    if (options_.header == TableHeader::yes || named_choice_) return true;
    if (rows() == 1) return looks_like_names(first_);
    std::vector<const ColumnBelow*> below(slot_.size());
    constexpr std::size_t rows_looked_at = 1000;
    const std::size_t width = columns_.size(), end = std::min(values_.size(), width * rows_looked_at);
    for (std::size_t i = 0; i < width; ++i) {
        for (std::size_t at = width + i; at < end && !columns_[i].below.fractions; at += width)
            columns_[i].below.fractions = !std::isnan(values_[at]) && values_[at] != std::floor(values_[at]);
        below[columns_[i].number] = &columns_[i].below;
    }
    const HeaderVerdict verdict =
        judge_header(first_, below, std::span<const float>(values_).subspan(width, width), quoted_numbers_);
    if (!verdict.doubt.empty() && verdict.is_header) note(fmt::format("{}: {}", verdict.doubt, doubtful_header));
    return verdict.is_header;
}

void Table::settle_first_line() {
    header_ = first_line_is_header();
    const auto width = static_cast<std::ptrdiff_t>(columns_.size());
    if (header_) {
        values_.erase(values_.begin(), values_.begin() + width);
        if (!rest_.empty()) rest_.erase(rest_.begin(), rest_.begin() + width);
        return;
    }
    // It is read as a row of its own, and goes to the place that was kept for it.
    std::vector<float> values(columns_.size()), rest(options_.precise ? columns_.size() : 0);
    std::swap(values, values_);
    std::swap(rest, rest_);
    read_row(first_record_, first_line_);
    std::swap(values, values_);
    std::swap(rest, rest_);
    std::ranges::copy(values, values_.begin());
    std::ranges::copy(rest, rest_.begin());
    if (key_ != not_read) std::rotate(keys_.rbegin(), keys_.rbegin() + 1, keys_.rend());
}

/// Codes become places in the alphabet.
void Table::sort_words() {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        if (!columns_[i].below.words || columns_[i].below.numbers()) continue;
        const auto& words = columns_[i].below.words->codes;
        std::vector<float> place(words.size());
        std::size_t next = 0;
        for (const auto& [word, code] : words) place[code] = static_cast<float>(next++);
        for (std::size_t at = i; at < values_.size(); at += columns_.size())
            if (!std::isnan(values_[at])) values_[at] = place[static_cast<std::size_t>(values_[at])];
    }
}

/// Whole numbers, or words, each of them once.
bool Table::is_index(std::size_t col) const {
    const ReadColumn& column = columns_[col];
    const std::size_t width = columns_.size(), count = rows();
    if (column.gaps > 0) return false;
    if (column.below.words) return !column.below.numbers() && count > 1 && column.below.words->codes.size() == count;
    std::vector<float> values(count);
    for (std::size_t row = 0; row < count; ++row) values[row] = values_[row * width + col];
    if (!std::ranges::all_of(values, [](float x) { return x >= 0 && x == std::floor(x); })) return false;
    std::ranges::sort(values);
    constexpr float exact = 16777216;  // beyond, floats of neighbours are the same
    return std::ranges::adjacent_find(values, [](float a, float b) { return a == b && a < exact; }) == values.end();
}

std::vector<std::size_t> Table::columns_to_leave_out() {
    std::vector<std::size_t> left_out;
    const auto name_in_file = [&](std::size_t i) {
        return header_ ? first_.fields[columns_[i].number] : std::string();
    };
    if (header_ && columns_.size() > 1 && columns_[0].number == 0 && options_.keep.empty() &&
        (name_in_file(0).empty() || name_in_file(0) == "Unnamed: 0") && is_index(0)) {
        note("column 1 has no name and a value of its own in each line: an index, left out");
        left_out.push_back(0);
    }
    std::vector<std::size_t> empty;
    const bool values_may_be_missing = !header_ && options_.gaps == TableGaps::are_nan;  // 1,0,, is a row of four
    for (std::size_t i = columns_.size();
         i-- > 1 && !values_may_be_missing && columns_[i].gaps == rows() && name_in_file(i).empty();)
        empty.push_back(i);
    if (!empty.empty() && empty.size() + left_out.size() < columns_.size()) {
        const std::size_t first = columns_[empty.back()].number + 1, last = columns_[empty.front()].number + 1;
        note(first == last
                 ? fmt::format("column {} has no name and is empty: left out (lines end in a separator)", first)
                 : fmt::format("columns {} to {} have no names and are empty: left out", first, last));
        left_out.insert(left_out.end(), empty.rbegin(), empty.rend());
    }
    return left_out;
}

void Table::leave_out(const std::vector<std::size_t>& columns) {
    if (columns.empty()) return;
    const std::size_t width = columns_.size();
    std::vector<bool> stays(width, true);
    for (const std::size_t col : columns) stays[col] = false;
    for (std::vector<float>* values : {&values_, &rest_}) {
        std::size_t to = 0;
        for (std::size_t from = 0; from < values->size(); ++from)
            if (stays[from % width]) (*values)[to++] = (*values)[from];
        values->resize(to);
    }
    std::vector<ReadColumn> left;
    for (std::size_t i = 0; i < width; ++i)
        if (stays[i]) left.push_back(std::move(columns_[i]));
    columns_ = std::move(left);
}

void Table::refuse_gaps_and_mixtures() {
    for (const ReadColumn& column : columns_) {
        if (column.gaps > 0 && options_.gaps == TableGaps::refuse)
            throw MissingValue(fmt::format("{}:{}: {}: found an empty field, expected a number", name_,
                                           column.line_of_gap, place_of(column)));
        if (column.below.words && column.below.numbers())
            records_.fail(column.below.words->line,
                          fmt::format("{}: found {}, expected a number as in other lines, or words in all",
                                      place_of(column), rbm::quoted(column.below.words->first)));
    }
}

/// Names that come twice are told apart by a number, as pandas does.
std::vector<Column> Table::descriptions() const {
    const bool words =
        std::ranges::any_of(columns_, [](const ReadColumn& column) { return column.below.words != nullptr; });
    if (!header_ && !words) return {};
    std::set<std::string> taken;
    std::vector<Column> list;
    for (const ReadColumn& column : columns_) {
        Column one;
        if (header_) one.name = first_.fields[column.number];
        for (std::size_t again = 1; !one.name.empty() && !taken.insert(one.name).second; ++again)
            one.name = fmt::format("{}.{}", first_.fields[column.number], again);
        if (column.below.words)
            for (const auto& [word, code] : column.below.words->codes) one.words.push_back(as_utf8(word));
        list.push_back(std::move(one));
    }
    return list;
}

}  // namespace

Dataset parse_csv(std::span<const std::byte> bytes, const std::string& name, const TableOptions& options,
                  std::vector<std::string>* notes) {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    {
        std::vector<std::string> found;
        Table table(text, name, options, &found);
        Dataset data = table.read();
        if (options.precise || !table.lacks_precision()) {
            if (notes != nullptr) notes->insert(notes->end(), found.begin(), found.end());
            return data;
        }
    }
    TableOptions precise = options;  // once more, for what floats left out
    precise.precise = true;
    return Table(text, name, precise, notes).read();
}

}  // namespace rbm
