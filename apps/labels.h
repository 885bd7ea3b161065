// SPDX-License-Identifier: MIT
// Labels: one whole number per sample.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace rbm::app {

/// The labels in an IDX file of labels, a .npy file [N] or [N, 1], or a table of one column; gzip or not.  Throws
/// FileError, and DataError when there are not `rows` whole numbers of at least 0.
std::vector<std::uint32_t> load_labels(const std::string& path, std::size_t rows);

}  // namespace rbm::app
