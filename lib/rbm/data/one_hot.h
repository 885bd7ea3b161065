// SPDX-License-Identifier: MIT
// Sites of several states: groups of columns of which one is 1 and the others are 0, and codes in one column.
#pragma once

#include <optional>

#include "rbm/data/dataset.h"

namespace rbm {

/// A site of a row, by its first column.
struct Site {
    std::size_t row = 0;
    std::size_t first_col = 0;
};
/// The first site of `states` columns that is neither one-hot nor missing as a whole; row 0, column 0 where columns do
/// not come in such groups.
std::optional<Site> find_not_one_hot(const Dataset& data, std::size_t states);

/// True when the columns, in groups of `states`, are one-hot in all rows, or missing as a whole.
inline bool is_one_hot(const Dataset& data, std::size_t states) { return !find_not_one_hot(data, states); }

/// Columns that were meant to be one-hot, but not all of their sites are.
struct BrokenOneHot {
    Site first;             ///< that is not
    std::size_t ones = 0;   ///< in it
    std::size_t sites = 0;  ///< that are not
    bool all_empty = true;  ///< they all have no 1
};
/// Nothing for what is one-hot, and for what looks like codes: values other than 0 and 1, or 0 and 1 of which fewer
/// than half the groups of columns make a site.  0 and 1 of two states are codes too, so then no group may be both.
std::optional<BrokenOneHot> find_broken_one_hot(const Dataset& data, std::size_t states);

/// The same data, missing as a whole where no column of a site is 1, and how many such sites there were.
std::pair<Dataset, std::size_t> empty_sites_missing(const Dataset& data, std::size_t states);

/// Codes 0, ..., states - 1, one column per site, as one-hot groups of `states` columns; they have no picture's shape;
/// where a code is missing, all columns are.  Throws DataError naming the first row and column that holds no code:
/// MissingValue where it is NaN, ValueOutOfRange where it is another number.
Dataset expand_codes(const Dataset& data, std::size_t states);

}  // namespace rbm
