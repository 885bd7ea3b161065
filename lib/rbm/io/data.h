// SPDX-License-Identifier: MIT
// Data in whatever form it comes: the content decides, not the name.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "rbm/data/dataset.h"
#include "rbm/io/csv.h"

namespace rbm {

/// The dataset in a file (IDX, .npy, CSV, one PNG; any of them in gzip), in a folder of PNGs, or on standard input "-".
/// What is worth telling about the reading is appended to `notes`.  Tables have gaps
/// only where these are to be NaN; who wants NaN, which arrays may have anyway, calls Dataset::allow_missing().  Throws
/// FileError and DataError.
Dataset load_data(const std::string& path, std::vector<std::string>* notes = nullptr,
                  TableGaps gaps = TableGaps::refuse);

/// The same for the content of a file called `name`.
Dataset parse_data(std::span<const std::byte> bytes, const std::string& name, std::vector<std::string>* notes = nullptr,
                   TableGaps gaps = TableGaps::refuse);

}  // namespace rbm
