// SPDX-License-Identifier: MIT
// Tables of numbers as text.
//
// Separated by commas, semicolons, tabs or blanks: the first line decides.  A first line without a single number is a
// header.  Empty lines and lines that start with # are skipped.  The decimal sign is a point in every locale.
// Errors: DataError "file:17: column 3: found ..., expected ...".
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "rbm/data/dataset.h"

namespace rbm {

/// What becomes of empty fields, and of nan, in tables.
enum class TableGaps { refuse, are_nan };

Dataset parse_csv(std::span<const std::byte> bytes, const std::string& name, TableGaps gaps = TableGaps::refuse);

/// A header line, then values row by row: as many to a row as there are columns, each in the shortest form that reads
/// back as the same double.
std::vector<std::byte> encode_csv(std::span<const std::string> columns, std::span<const double> values);
/// The same, in the shortest form that reads back as the same float.
std::vector<std::byte> encode_float_csv(std::span<const std::string> columns, std::span<const float> values);

}  // namespace rbm
