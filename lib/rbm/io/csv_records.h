// SPDX-License-Identifier: MIT
// The lines of a table in text, and their fields: comments and empty lines are passed over, quoted fields may hold
// separators and ends of lines.  Not installed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace rbm {

/// A table's lines, one after the other.
class Records {
  public:
    /// Throws DataError for what is no text.
    Records(std::string_view text, const std::string& name);

    /// Of all lines; call it once the first line has told.
    void set_separator(char separator) { separator_ = separator; }
    /// An empty line is a row too: one column, of which a value is missing.
    void keep_empty_lines() { keep_empty_ = true; }

    /// The next line that counts; false when there is none.
    bool next(std::string_view& record);
    /// Its number, from 1; where it spans several, the first of them.
    /// How many more records there can be at most, if each has so many fields: every line, and no more than there are
    /// bytes for.
    std::size_t lines_left(std::size_t fields) const;
    std::size_t line() const { return line_; }

    [[noreturn]] void fail(std::size_t line, const std::string& what) const;

  private:
    std::size_t end_of_record() const;

    std::string_view rest_;
    const std::string& name_;
    std::size_t line_ = 0, next_line_ = 1;
    char separator_ = 0;
    bool keep_empty_ = false;
};

/// The fields of one line.
class Fields {
  public:
    Fields(std::string_view record, char separator) : separator_(separator), at_(record.data()) {
        end_ = at_ + record.size();
        if (separator == ' ') skip_blanks();
        if (separator == ' ' && at_ == end_) more_ = false;
    }

    bool more() const { return more_; }
    /// Where the next field begins, and the end of the line: a number may be read there at once.
    const char* begin() {
        skip_blanks();
        return at_;
    }
    const char* end() const { return end_; }
    /// Goes on behind a field that ended at `end`; false when something else follows it.
    bool accept(const char* end) {
        const char* const field = at_;
        at_ = end;
        skip_blanks();
        if (at_ == end_) return more_ = false, true;
        if (separator_ == ' ' ? at_ != end : *at_ == separator_) {
            at_ += separator_ == ' ' ? 0 : 1;
            return true;
        }
        at_ = field;
        return false;
    }
    /// Cuts off the next field.  In quotes "" is one quote, and the text is kept here until the next call.
    std::string_view next();
    /// Whether that one stood in double quotes.
    bool quoted() const { return quoted_; }

  private:
    bool is_blank(char c) const { return c == ' ' || c == '\r' || (c == '\t' && separator_ != '\t'); }
    void skip_blanks() {
        while (at_ != end_ && is_blank(*at_)) ++at_;
    }
    const char* end_of_quoted() const;

    char separator_;
    const char* at_;
    const char* end_ = nullptr;
    bool more_ = true, quoted_ = false;
    std::string text_;
};

}  // namespace rbm
