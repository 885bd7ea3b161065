// SPDX-License-Identifier: MIT
// Labels as columns: one for each class, behind the columns of the data.
#pragma once

#include "rbm/data/dataset.h"

namespace rbm {

/// The same rows with `classes` more columns behind their own; the one numbered labels[row] is 1 and the others are
/// `off`.  The picture's shape stays that of the columns before.  For data that are not yet prepared.  Throws
/// InvalidArgument unless there is one label below `classes` for each row.
Dataset with_labels(const Dataset& data, std::span<const std::uint32_t> labels, std::size_t classes, float off = 0);

}  // namespace rbm
