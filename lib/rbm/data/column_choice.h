// SPDX-License-Identifier: MIT
// Columns chosen by name or number.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rbm/data/dataset.h"

namespace rbm {

/// Which columns of `count` are chosen: those that `keep` names, or all where it is empty, less those that `drop`
/// names.  Each entry is the number of a column, from 1, or a name, in which * stands for any letters.  `names`
/// has one for each column, or none.  Throws DataError, naming `source`, for an entry that no column fits and when
/// none is left.
std::vector<bool> chosen_columns(std::size_t count, std::span<const std::string> names,
                                 std::span<const std::string> keep, std::span<const std::string> drop,
                                 const std::string& source);

/// Whether the text fits the pattern, in which * stands for any letters.
bool fits_pattern(std::string_view text, std::string_view pattern);

/// These columns, counted from 0, in this order: a copy.  They have no picture's shape unless they are all there were.
Dataset with_columns(const Dataset& data, std::span<const std::size_t> columns);

/// "age, height and 3 more": names, or numbers of what has no name.
std::string list_of(const Dataset& data, std::span<const std::size_t> columns);

}  // namespace rbm
