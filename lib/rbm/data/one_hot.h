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

/// Codes 0, ..., states - 1, one column per site, as one-hot groups of `states` columns; they have no picture's shape;
/// where a code is missing, all columns are.  Throws DataError naming the first row and column that holds no code:
/// MissingValue where it is NaN.
Dataset expand_codes(const Dataset& data, std::size_t states);

}  // namespace rbm
