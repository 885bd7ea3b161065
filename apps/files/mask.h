// SPDX-License-Identifier: MIT
// Masks: which values of samples are known, and which are to be filled in.
#pragma once

#include <string>

#include "rbm/data/dataset.h"

namespace rbm::app {

/// The mask in a .npy file, 1 (known) and 0 (to be filled in): [cols] or [rows, cols], or pictures of this shape; or in
/// a PNG of this shape, white is known and black is not.  Columns behind those of a picture, its label, are known.  One
/// row that serves all samples, or one for each.  Throws FileError, and DataError for other shapes and values.
Matrix load_mask(const std::string& path, std::size_t rows, std::size_t cols, ImageShape image);

/// 1 where the data have a value, 0 where NaN: one row for each.
Matrix mask_of_known(const Dataset& data);

/// The same for sites of `columns` columns each: of `codes`, with a column for each site, each value that often; else
/// as it is.  Throws DataError where a site is known in part.
Matrix by_sites(const Matrix& mask, const std::string& path, std::size_t columns, bool codes);

/// The data with fill[column] in place of each NaN that the mask calls unknown.  `fill` has one value per column.
Dataset without_unknown(const Dataset& data, const Matrix& mask, const std::vector<float>& fill);

}  // namespace rbm::app
