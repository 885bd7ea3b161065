// SPDX-License-Identifier: MIT
// Data in whatever form it comes: the content decides, not the name.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "rbm/data/dataset.h"
#include "rbm/io/csv.h"
#include "rbm/io/picture_reading.h"

namespace rbm {

/// The dataset in a file (IDX, .npy, .npz, HDF5, CSV, FASTA, svmlight, MatrixMarket, one PNG; any of them in gzip), in
/// a folder of PNGs or of such folders, or on standard input "-"; "file.npz:array" is one array of several, and
/// "file.h5:group/dataset" too.  What is worth telling about the reading is appended to `notes`.  Tables are read as
/// `table` says, and any other array has the columns of its `keep` and `drop`; who wants NaN, which arrays may have
/// anyway, calls Dataset::allow_missing(). Throws FileError and DataError.
Dataset load_data(const std::string& path, std::vector<std::string>* notes = nullptr, const TableOptions& table = {},
                  const PictureReading& pictures = {});

/// The same for the content of a file called `name`.
Dataset parse_data(std::span<const std::byte> bytes, const std::string& name, std::vector<std::string>* notes = nullptr,
                   const TableOptions& table = {}, const PictureReading& pictures = {});

}  // namespace rbm
