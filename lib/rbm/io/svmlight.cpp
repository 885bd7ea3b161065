// SPDX-License-Identifier: MIT
#include "rbm/io/svmlight.h"

#include <fast_float/fast_float.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <iterator>
#include <optional>
#include <string_view>

#include "rbm/io/elements.h"
#include "rbm/io/sparse_rows.h"
#include "rbm/kernels/error.h"

namespace rbm {
namespace {

bool is_row_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
bool is_decimal(char c) { return c >= '0' && c <= '9'; }
bool ends_word(char c) { return is_row_blank(c) || c == '\n' || c == '#'; }

/// What stands between blanks.
std::string_view word_at(const char* at, const char* end) {
    const char* last = at;
    while (last != end && !is_row_blank(*last) && *last != '\n') ++last;
    return {at, static_cast<std::size_t>(last - at)};
}

/// "12:", the start of an entry, or "qid:".
bool starts_entry(std::string_view word) {
    const std::size_t digits = word.find_first_not_of("0123456789");
    return word.starts_with("qid:") || (digits != 0 && digits != std::string_view::npos && word[digits] == ':');
}

class SvmlightReader {
  public:
    SvmlightReader(std::string_view text, const std::string& name)
        : at_(text.data()), end_(text.data() + text.size()), name_(name) {}

    SvmlightRows read() {
        if (end_ - at_ >= 3 && std::memcmp(at_, "\xef\xbb\xbf", 3) == 0) at_ += 3;
        while (at_ != end_) {
            ++line_;
            skip_blanks();
            if (at_ != end_ && *at_ != '\n' && *at_ != '#') read_row();
            read_comment();
            if (at_ != end_) ++at_;
        }
        if (labels_.empty()) fail("found no rows, expected lines of a label and of index:value");
        SvmlightRows rows;
        rows.from_zero = least_ == 0 || (zero_based_ && *zero_based_);
        if (least_ == 0 && zero_based_ && !*zero_based_)
            throw DataError(name_ + ": an index 0 occurs, but a comment says that the indices are one-based");
        const std::uint32_t base = rows.from_zero ? 0 : 1;
        for (std::uint32_t& column : columns_) column -= base;
        const std::size_t cols = most_ == 0 && least_ > 0 ? 0 : most_ + 1 - base;
        if (cols == 0) throw DataError(name_ + ": found no entries, expected lines of a label and of index:value");
        rows.data = Dataset::from_sparse(cols, {std::move(offsets_), std::move(columns_), std::move(values_)}, true);
        rows.data.name = name_;
        rows.labels = std::move(labels_);
        return rows;
    }

  private:
    [[noreturn]] void fail(const std::string& what) const {
        throw DataError(fmt::format("{}:{}: {}", name_, std::max<std::size_t>(line_, 1), what));
    }
    [[noreturn]] void fail_at_entry(const char* word, const char* expected) const {
        fail(fmt::format("entry {}: found {}, expected {}", entry_, rbm::quoted(word_at(word, end_)), expected));
    }
    void skip_blanks() {
        while (at_ != end_ && is_row_blank(*at_)) ++at_;
    }

    /// To the end of the line.  What scikit-learn notes there is taken at its word.
    void read_comment() {
        const auto* stop = static_cast<const char*>(std::memchr(at_, '\n', static_cast<std::size_t>(end_ - at_)));
        if (stop == nullptr) stop = end_;
        const std::string_view comment(at_, static_cast<std::size_t>(stop - at_));
        if (comment.starts_with("# Column indices are zero-based")) zero_based_ = true;
        if (comment.starts_with("# Column indices are one-based")) zero_based_ = false;
        at_ = stop;
    }

    void read_row() {
        read_label();
        entry_ = 0;
        const std::size_t first = columns_.size();
        bool ascending = true;
        for (skip_blanks(); at_ != end_ && *at_ != '\n' && *at_ != '#'; skip_blanks()) {
            ++entry_;
            if (*at_ == 'q' && word_at(at_, end_).starts_with("qid:")) {
                read_query();
                continue;
            }
            read_entry();
            const std::size_t count = columns_.size();
            if (count > first + 1 && columns_[count - 2] >= columns_[count - 1]) ascending = false;
        }
        if (!ascending) sort_row(first);
        offsets_.push_back(columns_.size());
    }

    void read_label() {
        const std::string_view word = word_at(at_, end_);
        const std::size_t comma = word.find(',');
        double label = 0;
        const char* from = word.starts_with('+') ? at_ + 1 : at_;
        const auto [after, error] = fast_float::from_chars(from, at_ + word.size(), label);
        if (error == std::errc() && after == at_ + word.size() && std::isfinite(label)) {
            labels_.push_back(label);
            at_ = after;
            return;
        }
        if (starts_entry(word))
            fail(fmt::format("found {}, expected a label before the first index:value; write 0 where there is none",
                             rbm::quoted(word)));
        if (comma != std::string_view::npos)
            fail(fmt::format("found the labels {}, expected one label in each row: give each label a column instead",
                             rbm::quoted(word)));
        fail(fmt::format("found {}, expected a label: a finite number", rbm::quoted(word)));
    }

    void read_query() {
        const std::string_view word = word_at(at_, end_);
        if (word.size() == 4 || !std::all_of(word.begin() + 4, word.end(), is_decimal))
            fail_at_entry(at_, "qid: and a whole number");
        at_ += word.size();
    }

    void read_entry() {
        const char* const word = at_;
        std::uint64_t index = 0;
        while (at_ != end_ && is_decimal(*at_) && at_ - word < 12)
            index = 10 * index + static_cast<unsigned>(*at_++ - '0');
        if (at_ == word || at_ == end_ || *at_ != ':') fail_at_entry(word, "index:value");
        if (index > most_sparse_columns) fail_at_entry(word, "an index of at most 16777216");
        ++at_;
        float value = 1;
        if (at_ != end_ && *at_ == '1' && (at_ + 1 == end_ || ends_word(at_[1])))
            ++at_;  // nearly all values of binary data
        else
            value = read_value_at(word);
        const auto column = static_cast<std::uint32_t>(index);
        if (value != 1 && values_.empty()) values_.resize(columns_.size(), 1.0F);
        columns_.push_back(column);
        if (value != 1 || !values_.empty()) values_.push_back(value);
        least_ = std::min(least_, column);
        most_ = std::max(most_, column);
    }

    float read_value_at(const char* word) {
        float value = 0;
        const char* const from = at_ != end_ && *at_ == '+' ? at_ + 1 : at_;
        const auto [after, error] = fast_float::from_chars(from, end_, value);
        if (error != std::errc() || (after != end_ && !ends_word(*after))) fail_at_entry(word, "index:value");
        if (!std::isfinite(value))
            fail_at_entry(word, std::any_of(from, after, is_decimal) ? "a value of at most 3.4e38, the largest float"
                                                                     : "a finite value");
        at_ = after;
        return value;
    }

    void sort_row(std::size_t first) {
        std::vector<std::pair<std::uint32_t, float>> row;
        for (std::size_t i = first; i < columns_.size(); ++i)
            row.emplace_back(columns_[i], values_.empty() ? 1.0F : values_[i]);
        std::ranges::sort(row, {}, &std::pair<std::uint32_t, float>::first);
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (i > 0 && row[i].first == row[i - 1].first)
                fail(fmt::format("found the index {} twice, expected each once", row[i].first));
            columns_[first + i] = row[i].first;
            if (!values_.empty()) values_[first + i] = row[i].second;
        }
    }

    const char* at_;
    const char* const end_;
    const std::string& name_;
    std::size_t line_ = 0, entry_ = 0;
    std::optional<bool> zero_based_;  ///< as a comment says
    std::uint32_t least_ = std::numeric_limits<std::uint32_t>::max(), most_ = 0;
    std::vector<double> labels_;
    std::vector<std::uint64_t> offsets_ = {0};
    std::vector<std::uint32_t> columns_;
    std::vector<float> values_;  ///< empty as long as all are 1
};

void append(fmt::memory_buffer& text, std::size_t number) {
    const fmt::format_int digits(number);
    text.append(digits.data(), digits.data() + digits.size());
}

}  // namespace

bool is_svmlight(std::span<const std::byte> bytes) {
    constexpr std::size_t far_enough = std::size_t{1} << 16;  // rows without entries may come first
    std::string_view rest(reinterpret_cast<const char*>(bytes.data()), std::min(bytes.size(), far_enough));
    if (rest.starts_with("\xef\xbb\xbf")) rest.remove_prefix(3);
    while (!rest.empty()) {
        const std::string_view line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        const char* const end = line.data() + line.size();
        const char* at = std::find_if_not(line.data(), end, is_row_blank);
        if (at == end || *at == '#') continue;
        const std::string_view label = word_at(at, end);
        if (starts_entry(label)) return true;
        if (label.find_first_not_of("0123456789+-.eE,") != std::string_view::npos) return false;
        at = std::find_if_not(at + label.size(), end, is_row_blank);
        if (at == end || *at == '#') continue;
        return starts_entry(word_at(at, end));
    }
    return false;
}

SvmlightRows parse_svmlight(std::span<const std::byte> bytes, const std::string& name) {
    return SvmlightReader({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, name).read();
}

std::vector<std::byte> encode_svmlight(const Dataset& data, std::span<const double> labels) {
    if (!labels.empty() && labels.size() != data.rows())
        throw InvalidArgument(fmt::format("encode_svmlight: {} labels for {} rows", labels.size(), data.rows()));
    fmt::memory_buffer text;
    const auto add_entry = [&](std::size_t col, float value) {
        text.push_back(' ');
        append(text, col + 1);
        text.push_back(':');
        if (value == 1)
            text.push_back('1');
        else
            fmt::format_to(std::back_inserter(text), "{}", value);
    };
    std::size_t width = data.sparse() != nullptr ? data.sparse()->width() : data.cols();
    std::vector<float> values(data.sparse() != nullptr ? 0 : data.cols());
    for (std::size_t row = 0; row < data.rows(); ++row) {
        if (labels.empty())
            text.push_back('0');
        else
            fmt::format_to(std::back_inserter(text), "{}", labels[row]);
        if (data.sparse() != nullptr) {
            data.sparse()->for_each(row, add_entry);
        } else {
            expand_row(data.storage(), row, values);
            for (std::size_t col = 0; col < values.size(); ++col)
                if (values[col] != 0 || (row == 0 && col + 1 == values.size())) add_entry(col, values[col]);
        }
        if (width < data.cols()) add_entry(data.cols() - 1, 0);
        width = data.cols();
        text.push_back('\n');
    }
    const auto* begin = reinterpret_cast<const std::byte*>(text.data());
    return {begin, begin + text.size()};
}

}  // namespace rbm
