// SPDX-License-Identifier: MIT
#include "rbm/io/csv.h"

#include <fast_float/fast_float.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <optional>
#include <string_view>

#include "rbm/io/elements.h"
#include "rbm/kernels/error.h"

namespace rbm {
namespace {

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t\r");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

/// ' ' stands for any run of blanks.  A semicolon goes first: beside it, commas are decimal signs and an error of their
/// own.
char separator_of(std::string_view line) {
    for (const char c : {';', ',', '\t'})
        if (line.find(c) != std::string_view::npos) return c;
    return ' ';
}

/// Cuts the next field off `line`; false when there is none left.
bool next_field(std::optional<std::string_view>& line, char separator, std::string_view& field) {
    if (!line) return false;
    const std::size_t end =
        line->find_first_of(separator == ' ' ? std::string_view(" \t") : std::string_view(&separator, 1));
    field = trimmed(line->substr(0, end));
    if (end == std::string_view::npos)
        line.reset();
    else
        line = separator == ' ' ? trimmed(line->substr(end)) : line->substr(end + 1);
    return true;
}

enum class Field { number, not_a_number, too_large, not_finite };

Field read_number(std::string_view field, float& value) {
    if (field.starts_with('+') && !field.starts_with("+-")) field.remove_prefix(1);
    const auto [end, error] = fast_float::from_chars(field.data(), field.data() + field.size(), value);
    if (field.empty() || error != std::errc() || end != field.data() + field.size()) return Field::not_a_number;
    if (std::isfinite(value)) return Field::number;
    return std::any_of(field.begin(), field.end(), [](char c) { return c >= '0' && c <= '9'; }) ? Field::too_large
                                                                                                : Field::not_finite;
}

/// Could this name a column?  Strictly, so that no row with a slip in it gets lost as a header: what is a number, in
/// quotes too, or starts like one (1,5 and 1.2.3 and 0x1p3) could not, but 1x1 (of a pixel) could.
bool is_word(std::string_view field) {
    if (field.size() > 1 && field.front() == field.back() && (field.front() == '"' || field.front() == '\''))
        field = trimmed(field.substr(1, field.size() - 2));
    float value = 0;
    if (field.empty() || read_number(field, value) != Field::not_a_number) return false;
    const auto is_letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
    };
    if (is_letter(field.front())) return true;
    return !field.starts_with("0x") && !field.starts_with("0X") &&
           std::any_of(field.begin(), field.end(), [&](char c) { return is_letter(c) && c != 'e' && c != 'E'; });
}

class Table {
  public:
    Table(std::string_view text, const std::string& name, TableGaps gaps) : text_(text), name_(name), gaps_(gaps) {}

    Dataset read() {
        refuse_binary();
        std::string_view rest = text_.starts_with("\xef\xbb\xbf") ? text_.substr(3) : text_;
        while (!rest.empty()) {
            const std::size_t end = std::min(rest.find('\n'), rest.size());
            const std::string_view line = rest.substr(0, end);
            rest.remove_prefix(std::min(end + 1, rest.size()));
            ++line_;
            const std::string_view content = trimmed(line);
            if (content.empty() && gaps_ == TableGaps::are_nan && cols_ == 1 &&
                !rest.empty()) {  // a gap in a table of one column
                values_.push_back(std::numeric_limits<float>::quiet_NaN());
                ++rows_;
                continue;
            }
            if (content.empty() || content.front() == '#') continue;
            if (separator_ == 0) {
                separator_ = separator_of(content);
                if (is_header(content)) continue;
            }
            read_row(separator_ == '\t' ? line : content);
        }
        if (rows_ == 0)
            throw DataError(fmt::format("{}: no rows of numbers in {} line{}", name_, line_, line_ == 1 ? "" : "s"));
        Dataset data = Dataset::from_floats(rows_, cols_, std::move(values_));
        data.name = name_;
        return data;
    }

  private:
    [[noreturn]] void fail(const std::string& what) const {
        throw DataError(fmt::format("{}:{}: {}", name_, line_, what));
    }

    void refuse_binary() {
        if (text_.starts_with("\xff\xfe") || text_.starts_with("\xfe\xff"))
            throw DataError(name_ + ": byte 0: found UTF-16 text, expected ASCII or UTF-8");
        const auto bad = std::find_if(text_.begin(), text_.end(), [](char c) {
            return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\r' && c != '\t';
        });
        if (bad == text_.end()) return;
        line_ = static_cast<std::size_t>(std::count(text_.begin(), bad, '\n')) + 1;
        fail(fmt::format("byte {}: found {}, expected text", bad - text_.begin(), quoted(std::string_view(&*bad, 1))));
    }

    bool is_header(std::string_view content) {
        std::optional<std::string_view> line = content;
        std::string_view field;
        std::size_t fields = 0;
        for (; next_field(line, separator_, field); ++fields)
            if (!is_word(field)) return false;
        cols_ = fields;
        header_ = true;
        return true;
    }

    void read_row(std::string_view content) {
        std::optional<std::string_view> line = content;
        std::string_view field;
        std::size_t fields = 0;
        while (next_field(line, separator_, field)) {
            ++fields;
            float value = 0;
            const Field kind = read_number(field, value);
            if (gaps_ == TableGaps::are_nan && (field.empty() || (kind == Field::not_finite && std::isnan(value))))
                value = std::numeric_limits<float>::quiet_NaN();
            else if (kind != Field::number)
                complain(kind, field, fields);
            values_.push_back(value);
        }
        if (cols_ == 0) cols_ = fields;
        if (fields != cols_)
            fail(fmt::format("found {} column{}, expected {} as in the {}", fields, fields == 1 ? "" : "s", cols_,
                             header_ && rows_ == 0 ? "header" : "lines before"));
        ++rows_;
    }

    [[noreturn]] void complain(Field kind, std::string_view field, std::size_t column) const {
        const std::string found = fmt::format("column {}: found {}", column, quoted(field));
        if (field.empty()) fail(fmt::format("column {}: found an empty field, expected a number", column));
        if (kind == Field::not_finite) fail(found + ", expected a finite number");
        if (kind == Field::too_large) fail(found + ", expected at most 3.4e38, the largest float");
        if (field.find_first_of("\"'") != std::string_view::npos) fail(found + ", expected a number without quotes");
        if (field.find(',') != std::string_view::npos) fail(found + ", expected a decimal point, not a comma");
        fail(found + (rows_ == 0 && !header_ ? ", expected a number (a header line must not contain numbers)"
                                             : ", expected a number"));
    }

    std::string_view text_;
    const std::string& name_;
    TableGaps gaps_;
    std::size_t line_ = 0, rows_ = 0, cols_ = 0;
    char separator_ = 0;
    bool header_ = false;
    std::vector<float> values_;
};

}  // namespace

Dataset parse_csv(std::span<const std::byte> bytes, const std::string& name, TableGaps gaps) {
    return Table({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, name, gaps).read();
}

namespace {

template <class Real>
std::vector<std::byte> encode(std::span<const std::string> columns, std::span<const Real> values) {
    if (columns.empty() || values.size() % columns.size() != 0)
        throw InvalidArgument(
            fmt::format("encode_csv: {} values do not fill rows of {}", values.size(), columns.size()));
    fmt::memory_buffer text;
    for (const std::string& column : columns)
        fmt::format_to(std::back_inserter(text), "{}{}", column, &column == &columns.back() ? '\n' : ',');
    for (std::size_t i = 0; i < values.size(); ++i) {
        const bool last = (i + 1) % columns.size() == 0;
        fmt::format_to(std::back_inserter(text), "{}{}", values[i], last ? '\n' : ',');
    }
    const auto* begin = reinterpret_cast<const std::byte*>(text.data());
    return {begin, begin + text.size()};
}

}  // namespace

std::vector<std::byte> encode_csv(std::span<const std::string> columns, std::span<const double> values) {
    return encode(columns, values);
}

std::vector<std::byte> encode_float_csv(std::span<const std::string> columns, std::span<const float> values) {
    return encode(columns, values);
}

}  // namespace rbm
