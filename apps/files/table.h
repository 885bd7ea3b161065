// SPDX-License-Identifier: MIT
// Tables that line up, for people.
#pragma once

#include <string>
#include <vector>

namespace rbm::app {

enum class Align { left, right };

/// One line per row, two blanks between columns, none at the end.  Rows may be shorter than `columns`; a row of one
/// cell is a heading and takes no part in the widths.
std::string table(const std::vector<Align>& columns, const std::vector<std::vector<std::string>>& rows);

/// With thousands apart for long counts: "392,000".
std::string grouped(std::size_t count);

}  // namespace rbm::app
