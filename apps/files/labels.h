// SPDX-License-Identifier: MIT
// Labels: one whole number, or word, per sample.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rbm/io/model_file.h"

namespace rbm::app {

struct Labels {
    std::vector<std::uint32_t> values;  ///< of each row: a number, or the place of its word
    std::vector<std::string> words;     ///< none for numbers
};

/// The labels in an IDX file of labels, a .npy file [N] or [N, 1], a table of one column, or in front of svmlight rows,
/// where -1 and 1 are taken for 0 and 1; gzip or not; or those of the pictures in a folder of folders, whose names are
/// words unless all are numbers.  Throws FileError, and DataError when there are not `rows` words or whole numbers of
/// at least 0.
Labels load_labels(const std::string& path, std::size_t rows);

/// The same numbers.  Throws DataError naming `place` and the first that is not whole, or below 0.
std::vector<std::uint32_t> as_labels(const std::vector<double>& values, const std::string& place);

/// The same labels with words as the model numbers them.  Throws DataError when one side has words and the other
/// numbers, or for a word that is none of the model's.
std::vector<std::uint32_t> in_words_of(const Model& model, const Labels& labels, const std::string& path);

/// What a label is called: its word, or the number.
std::string label_text(const Model& model, std::uint32_t label);
/// What rbm-data calls the column of a label.
std::string label_column_name(std::uint32_t label);

/// The labels in an IDX file of labels as data of one column; nothing for what is none, and for pipes.
std::optional<Dataset> load_label_column(const std::string& path);

/// The labels as they stand in front of svmlight rows; none for anything else, and for pipes.
std::vector<double> svmlight_labels(const std::string& path);

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
