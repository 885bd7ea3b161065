// SPDX-License-Identifier: MIT
// Does the first line of a table name its columns?  Judged by comparing it with the lines below.  Not installed.
#pragma once

#include <cstddef>
#include <limits>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace rbm {

/// The words of a column.
struct ColumnWords {
    std::map<std::string, std::size_t, std::less<>> codes;  ///< in the order of the lines
    std::size_t line = 0;                                   ///< of the first of them
    std::string first;
};

/// What the lines below the first hold in one column.  There may be millions of columns.
struct ColumnBelow {
    double low = std::numeric_limits<double>::infinity(), high = -low;  ///< of its numbers
    bool fractions = false;                                             ///< some of these are not whole
    std::unique_ptr<ColumnWords> words;                                 ///< none where there are none
    bool numbers() const { return low <= high; }
};

struct FirstLine {
    std::vector<std::string> fields;
    bool all_quoted = false;
};

struct HeaderVerdict {
    bool is_header = false;
    std::string doubt;  ///< what speaks for it, where something speaks against it too
};

/// `below` has nothing where a column is not read; `second` is the line below the first, where that is numbers.
HeaderVerdict judge_header(const FirstLine& first, std::span<const ColumnBelow* const> below,
                           std::span<const float> second, bool quoted_numbers);

/// Whether it could be one, whatever stands below: not with a slip such as 1.2.3, or numbers that count nothing.
bool could_be_header(const FirstLine& first);

/// Whether all fields could be names of columns, or lack one: for messages about lines of another length.
bool looks_like_names(const FirstLine& first);

}  // namespace rbm
