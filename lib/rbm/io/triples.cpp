// SPDX-License-Identifier: MIT
#include "rbm/io/triples.h"

#include <fast_float/fast_float.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <deque>
#include <numeric>
#include <string_view>
#include <unordered_map>

#include "rbm/io/csv_fields.h"
#include "rbm/io/elements.h"
#include "rbm/io/sparse_rows.h"
#include "rbm/io/utf8.h"
#include "rbm/kernels/error.h"

namespace rbm {
namespace {

bool is_whole(std::string_view text) {
    return !text.empty() && text.size() <= 18 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::uint64_t whole(std::string_view text) {
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

/// Words in the order in which they come, each with a number.
class Words {
  public:
    std::uint32_t number_of(std::string_view word) {
        const auto [found, is_new] = numbers_.try_emplace(word, static_cast<std::uint32_t>(words_.size()));
        if (is_new) words_.push_back(word);
        return found->second;
    }
    std::size_t count() const { return words_.size(); }

    /// The words in order; `numbers` that number_of() gave become places in it.
    std::vector<std::string> sort(std::span<std::uint32_t> numbers) const {
        const bool by_number = std::ranges::all_of(words_, is_whole);
        std::vector<std::uint32_t> order(words_.size()), places(words_.size());
        std::iota(order.begin(), order.end(), 0U);
        std::ranges::sort(order, [&](std::uint32_t a, std::uint32_t b) {
            if (by_number && whole(words_[a]) != whole(words_[b])) return whole(words_[a]) < whole(words_[b]);
            return words_[a] < words_[b];
        });
        std::vector<std::string> sorted;
        for (std::size_t i = 0; i < order.size(); ++i) {
            places[order[i]] = static_cast<std::uint32_t>(i);
            sorted.emplace_back(words_[order[i]]);
        }
        for (std::uint32_t& number : numbers) number = places[number];
        return sorted;
    }

  private:
    std::unordered_map<std::string_view, std::uint32_t> numbers_;
    std::vector<std::string_view> words_;
};

class TripleReader {
  public:
    TripleReader(std::string_view text, const std::string& name, std::span<const std::string> wanted)
        : rest_(text), name_(name), bytes_(text.size()), wanted_(wanted) {
        if (wanted.size() != 2 && wanted.size() != 3)
            throw InvalidArgument(fmt::format("parse_triples: {} columns, expected 2 or 3", wanted.size()));
    }

    Triples read() {
        if (rest_.starts_with("\xef\xbb\xbf")) rest_.remove_prefix(3);
        if (!next_line()) throw DataError(fmt::format("{}: is empty, expected lines of triples", name_));
        separator_ = separator_of_line();
        const bool header = place_columns();
        for (bool more = header ? next_line() : true; more; more = next_line()) read_line();
        if (entries_.rows.empty()) fail("found no line of triples behind the header");

        Triples result;
        result.row_names = rows_.sort(entries_.rows);
        std::vector<std::string> column_names = columns_.sort(entries_.columns);
        require_sparse_shape(rows_.count(), columns_.count(), bytes_, name_);
        const Again again = [&](std::size_t row, std::size_t col) {
            if (!entries_.values.empty())
                throw DataError(fmt::format("{}: {} and {} occur together twice, expected one value for each pair",
                                            name_, in_quotes(result.row_names[row]), in_quotes(column_names[col])));
            ++result.repeated;
        };
        result.data = Dataset::from_sparse(columns_.count(), in_rows(rows_.count(), entries_, again));
        result.data.name = name_;
        for (std::string& one : column_names) result.data.columns.push_back({std::move(one), {}});
        return result;
    }

  private:
    [[noreturn]] void fail(const std::string& what) const {
        throw DataError(fmt::format("{}:{}: {}", name_, number_, what));
    }

    /// The next line that is neither empty nor a comment.
    bool next_line() {
        while (!rest_.empty()) {
            line_ = rest_.substr(0, rest_.find('\n'));
            rest_.remove_prefix(std::min(line_.size() + 1, rest_.size()));
            ++number_;
            const std::string_view content = without_blanks(line_);
            if (!content.empty() && content.front() != '#') return true;
        }
        return false;
    }

    std::string_view separator_of_line() const {
        for (const std::string_view one : {"::", ";", ",", "\t"})
            if (line_.find(one) != std::string_view::npos) return one;
        return " ";
    }

    /// Cuts the next field off the line, without its quotes.
    std::string_view next_field(std::string_view& line) {
        if (separator_ == " ") line.remove_prefix(std::min(line.find_first_not_of(" \t\r"), line.size()));
        if (line.starts_with('"')) return quoted_field(line);
        const std::size_t end = std::min(line.find(separator_), line.size());
        const std::string_view field = without_blanks(line.substr(0, end));
        line.remove_prefix(std::min(end + separator_.size(), line.size()));
        return field;
    }
    std::string_view quoted_field(std::string_view& line) {
        std::string inside;
        std::size_t at = 1;
        for (;; ++at) {
            if (at >= line.size()) fail("found a quote that is not closed in this line");
            if (line[at] == '"' && (at + 1 >= line.size() || line[at + 1] != '"')) break;
            if (line[at] == '"') ++at;
            inside += line[at];
        }
        const std::string_view after = without_blanks(line.substr(at + 1, line.find(separator_, at + 1) - (at + 1)));
        if (!after.empty()) fail(fmt::format("found {} behind a closing quote", rbm::quoted(after)));
        line.remove_prefix(std::min(line.find(separator_, at + 1), line.size()));
        line.remove_prefix(std::min(separator_.size(), line.size()));
        return unquoted_.emplace_back(std::move(inside));
    }

    std::vector<std::string_view> all_fields() {
        std::vector<std::string_view> fields;
        for (std::string_view line = line_; !line.empty();) fields.push_back(next_field(line));
        return fields;
    }

    /// Finds the columns; whether the first line names them.
    bool place_columns() {
        const std::vector<std::string_view> first = all_fields();
        const bool by_number = std::ranges::all_of(wanted_, is_whole);
        for (const std::string& one : wanted_) {
            const auto named = std::ranges::find(first, std::string_view(one));
            if (by_number && (whole(one) < 1 || whole(one) > first.size()))
                fail(fmt::format("found {} columns, expected a column {}", first.size(), one));
            if (!by_number && named == first.end())
                fail(
                    fmt::format("found no column {} in the first line, {}; give names that stand there, or numbers "
                                "from 1 where there is no header",
                                in_quotes(one), in_quotes(line_)));
            places_.push_back(by_number ? whole(one) - 1 : static_cast<std::size_t>(named - first.begin()));
        }
        last_ = *std::ranges::max_element(places_);
        if (!by_number) return true;
        float value = 0;
        if (places_.size() == 3) return !read_number(first[places_[2]], value);
        return std::ranges::none_of(places_, [&](std::size_t place) {
            return first[place].find_first_of("0123456789") != std::string_view::npos;
        });
    }

    static bool read_number(std::string_view text, float& value) {
        if (text.starts_with('+')) text.remove_prefix(1);
        const auto [end, error] = fast_float::from_chars(text.data(), text.data() + text.size(), value);
        return !text.empty() && error == std::errc() && end == text.data() + text.size() && std::isfinite(value);
    }

    std::string_view word(std::string_view field, const std::string& column) const {
        constexpr std::size_t longest = 256;
        if (field.empty()) fail(fmt::format("column {}: found an empty field, expected a word or a number", column));
        if (field.size() > longest)
            fail(
                fmt::format("column {}: found a word of {} bytes, expected at most {}", column, field.size(), longest));
        if (find_invalid_utf8(field) != std::string_view::npos)
            fail(fmt::format("column {}: found {}, expected UTF-8", column, in_quotes(field)));
        return field;
    }

    void read_line() {
        std::string_view line = line_, fields[3];
        for (std::size_t column = 0; column <= last_; ++column) {
            if (line.empty())
                fail(fmt::format("found {} column{}, expected at least {}", column, column == 1 ? "" : "s", last_ + 1));
            const std::string_view field = next_field(line);
            for (std::size_t i = 0; i < places_.size(); ++i)
                if (places_[i] == column) fields[i] = field;
        }
        entries_.rows.push_back(rows_.number_of(word(fields[0], wanted_[0])));
        entries_.columns.push_back(columns_.number_of(word(fields[1], wanted_[1])));
        if (places_.size() == 2) return;
        float value = 0;
        if (!read_number(fields[2], value))
            fail(fmt::format("column {}: found {}, expected a finite number", wanted_[2], rbm::quoted(fields[2])));
        entries_.values.push_back(value);
    }

    std::string_view rest_, line_, separator_;
    const std::string& name_;
    std::size_t bytes_;  ///< of the file
    std::span<const std::string> wanted_;
    std::size_t number_ = 0, last_ = 0;
    std::vector<std::size_t> places_;
    std::deque<std::string> unquoted_;  ///< fields that stood in quotes
    Words rows_, columns_;
    Coordinates entries_;
};

}  // namespace

Triples parse_triples(std::span<const std::byte> bytes, const std::string& name, std::span<const std::string> columns) {
    return TripleReader({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, name, columns).read();
}

}  // namespace rbm
