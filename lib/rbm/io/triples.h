// SPDX-License-Identifier: MIT
// Tables of triples: who, what, how much, one to a line, as ratings and purchases come.  Each who becomes a row, each
// what a column.
//
// Separated by "::", semicolons, commas, tabs or blanks: the first line decides.  Errors: DataError "file:17: found
// ..., expected ...".
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "rbm/data/dataset.h"

namespace rbm {

struct Triples {
    Dataset data;  ///< sparse; its columns are named
    /// The words that became rows: like those of the columns ascending, as numbers where all are whole numbers.
    std::vector<std::string> row_names;
    std::size_t repeated = 0;  ///< pairs that had occurred before; with values that is an error
};

/// `columns` says where who, what and how much stand: names in the first line, or numbers from 1.  Other columns are
/// not looked at.  Without how much, every line is a 1.
Triples parse_triples(std::span<const std::byte> bytes, const std::string& name, std::span<const std::string> columns);

}  // namespace rbm
