// SPDX-License-Identifier: MIT
#include "rbm/io/csv_records.h"

#include <fmt/format.h>

#include <algorithm>

#include "rbm/io/csv_fields.h"
#include "rbm/io/elements.h"
#include "rbm/kernels/error.h"

namespace rbm {
namespace {

bool is_no_text(char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\r' && c != '\t'; }

/// The first byte that is no text, or npos.  Block by block, without an exit in between: that many at once.
std::size_t find_no_text(std::string_view text) {
    constexpr std::size_t block = 4096;
    for (std::size_t first = 0; first < text.size(); first += block) {
        const std::string_view some = text.substr(first, block);
        unsigned found = 0;
        for (const char c : some) found |= is_no_text(c) ? 1U : 0U;
        if (found != 0) return first + static_cast<std::size_t>(std::ranges::find_if(some, is_no_text) - some.begin());
    }
    return std::string_view::npos;
}

}  // namespace

Records::Records(std::string_view text, const std::string& name) : rest_(text), name_(name) {
    if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff"))
        throw DataError(name + ": byte 0: found UTF-16 text, expected ASCII or UTF-8");
    if (const std::size_t bad = find_no_text(text); bad != std::string_view::npos)
        fail(static_cast<std::size_t>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(bad), '\n')) +
                 1,
             fmt::format("byte {}: found {}, expected text", bad, rbm::quoted(text.substr(bad, 1))));
    if (rest_.starts_with("\xef\xbb\xbf")) rest_.remove_prefix(3);
}

void Records::fail(std::size_t line, const std::string& what) const {
    throw DataError(fmt::format("{}:{}: {}", name_, line, what));
}

std::size_t Records::end_of_record() const {
    const std::size_t end = std::min(rest_.find('\n'), rest_.size());
    if (rest_.substr(0, end).find('"') == std::string_view::npos) return end;
    const char separator = separator_ != 0 ? separator_ : separator_of(rest_.substr(0, end), false);
    const auto is_blank = [&](char c) { return c == ' ' || (c == '\t' && separator != '\t'); };
    for (std::size_t at = 0; at < rest_.size();) {
        while (at < rest_.size() && is_blank(rest_[at])) ++at;
        if (at < rest_.size() && rest_[at] == '"') {
            for (++at; at < rest_.size(); ++at)  // two quotes are one that does not end the field
                if (rest_[at] == '"' && (at + 1 == rest_.size() || rest_[at + 1] != '"'))
                    break;
                else if (rest_[at] == '"')
                    ++at;
            if (at >= rest_.size()) fail(next_line_, "a field begins with a quote \" that nothing closes");
        }
        while (at < rest_.size() && rest_[at] != '\n' && rest_[at] != separator &&
               !(separator == ' ' && rest_[at] == '\t'))
            ++at;
        if (at == rest_.size() || rest_[at] == '\n') return at;
        ++at;
    }
    return rest_.size();
}

std::size_t Records::lines_left(std::size_t fields) const {
    const auto lines = static_cast<std::size_t>(std::count(rest_.begin(), rest_.end(), '\n')) + 1;
    return std::min(lines, rest_.size() / std::max<std::size_t>(fields, 1) + 1);
}

bool Records::next(std::string_view& record) {
    while (!rest_.empty()) {
        const std::size_t end = end_of_record();
        record = rest_.substr(0, end);
        rest_.remove_prefix(std::min(end + 1, rest_.size()));
        line_ = next_line_;
        next_line_ += 1 + (record.find('"') == std::string_view::npos
                               ? 0
                               : static_cast<std::size_t>(std::count(record.begin(), record.end(), '\n')));
        const std::string_view content = without_blanks(record);
        if (content.empty() ? keep_empty_ && !rest_.empty() : content.front() != '#') {
            if (separator_ != '\t' && separator_ != 0) record = content;
            if (record.ends_with('\r')) record.remove_suffix(1);
            return true;
        }
    }
    return false;
}

const char* Fields::end_of_quoted() const {
    const char* at = at_ + 1;
    for (; at != end_; ++at)
        if (*at == '"' && (at + 1 == end_ || at[1] != '"'))
            return at + 1;
        else if (*at == '"')
            ++at;
    return end_;
}

std::string_view Fields::next() {
    const char* const field = begin();
    quoted_ = field != end_ && *field == '"';
    if (quoted_) {
        const char* const behind = end_of_quoted();
        if (accept(behind)) {
            text_.clear();
            for (const char* c = field + 1; c + 1 < behind; ++c) {
                text_ += *c;
                if (*c == '"') ++c;
            }
            return text_;
        }
        quoted_ = false;  // "5" and more: a quote within a field
    }
    const char* stop = field;
    while (stop != end_ && *stop != separator_ && !(separator_ == ' ' && is_blank(*stop))) ++stop;
    const std::string_view found = without_blanks({field, static_cast<std::size_t>(stop - field)});
    accept(stop);
    return found;
}

}  // namespace rbm
