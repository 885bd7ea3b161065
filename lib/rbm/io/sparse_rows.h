// SPDX-License-Identifier: MIT
// Entries of a matrix as files list them, brought into rows.  Not installed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "rbm/data/shared_entries.h"

namespace rbm {

/// Wider data are refused: what is kept for each column would no longer be small.
constexpr std::size_t most_sparse_columns = std::size_t{1} << 24;

/// Throws DataError unless there is at least one row and one column, and no more of them than a file of so many bytes
/// can be meant to have: empty rows cost nothing in the file, but memory.
void require_sparse_shape(std::size_t rows, std::size_t cols, std::size_t bytes, const std::string& name);

/// In any order; without values all of them are 1.
struct Coordinates {
    std::vector<std::uint32_t> rows, columns;
    std::vector<float> values;
};

/// What is done about a row and a column, both from 0, that occur again.  Where it returns, the first of them counts.
using Again = std::function<void(std::size_t row, std::size_t col)>;
/// Throws DataError naming the place in the file `name`.
Again refuse_again(const std::string& name);

/// Rows of entries that lie below rows and columns.
SharedEntries in_rows(std::size_t rows, const Coordinates& entries, const Again& again);

/// Rows whose columns are in any order.
SharedEntries with_sorted_rows(std::vector<std::uint64_t> offsets, std::vector<std::uint32_t> columns,
                               std::vector<float> values, const Again& again);

}  // namespace rbm
