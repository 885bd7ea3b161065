// SPDX-License-Identifier: MIT
// Labels: one whole number per sample.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rbm/io/model_file.h"

namespace rbm::app {

/// The labels in an IDX file of labels, a .npy file [N] or [N, 1], or a table of one column; gzip or not.  Throws
/// FileError, and DataError when there are not `rows` whole numbers of at least 0.
std::vector<std::uint32_t> load_labels(const std::string& path, std::size_t rows);

/// The labels in an IDX file of labels as data of one column; nothing for what is none, and for pipes.
std::optional<Dataset> load_label_column(const std::string& path);

/// Which labels there are, ascending.  Throws DataError naming `path` when there is only one.
std::vector<std::uint32_t> distinct_labels(const std::vector<std::uint32_t>& labels, const std::string& path);

/// The place of each label among `known`, ascending ones.  Throws DataError naming the first that is not there.
std::vector<std::uint32_t> places_of(const std::vector<std::uint32_t>& labels, const std::vector<std::uint32_t>& known,
                                     const std::string& path);

/// What a label's unit is when it is off, in data that are binarised so.
float label_off(const Units& visible, Binarize binarize);

/// Data as they come from a file, with the label of each row behind its columns, as `visible` will take them under this
/// --binarize.
Dataset with_labels(const Dataset& raw, const std::vector<std::uint32_t>& places, std::size_t classes,
                    const Units& visible, Binarize binarize);

/// Whether rows of so many columns are the model's without their labels.
bool lacks_labels(const Model& model, std::size_t cols);

}  // namespace rbm::app
