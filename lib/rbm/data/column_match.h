// SPDX-License-Identifier: MIT
// Columns of a table brought into the order, and their words into the codes, of those that a model knows.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "rbm/data/dataset.h"

namespace rbm {

struct MatchedColumns {
    Dataset data;                       ///< as many columns as were wanted, in their order
    std::vector<std::string> left_out;  ///< names of columns that nobody wants
    bool reordered = false;             ///< the file has them in another order
};

/// By name where both have names (v1, v2, ... are none), else by place; words get the codes of `wanted`.  Throws
/// DataError naming all wanted columns that are missing, and a word, with its row, that `wanted` does not know.  Where
/// names do not tell and the number of columns is another, the data are as they came.
MatchedColumns match_columns(const Dataset& data, std::span<const Column> wanted);

/// Data of the same columns, in the same order, with words and numbers as `wanted` codes them.  Throws as above.
Dataset recoded(const Dataset& data, std::span<const Column> wanted);

}  // namespace rbm
