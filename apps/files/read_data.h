// SPDX-License-Identifier: MIT
// Data as the programs read them: by the options for tables, and in the columns that a model knows.
#pragma once

#include <string>

#include "apps/cli/command.h"
#include "apps/files/labels.h"
#include "rbm/io/csv.h"
#include "rbm/io/model_file.h"
#include "rbm/io/picture_reading.h"

namespace rbm::app {

/// How tables are read under these options and --missing; for a model that was given, as precisely as it needs.
TableOptions table_options(const CommonSettings& settings, std::string_view missing = "refuse",
                           const Model* model = nullptr);

/// The data in `path`, with what is worth telling told; that folders can be labels only where there are none yet.
Dataset load_raw(const std::string& path, const TableOptions& table, PictureReading pictures = {},
                 bool labels_are_given = false);
/// Pictures as the model records them, and arrays [frames, chains, columns] of its states as rows.  A --channels that
/// differs is a UsageError unless --force was given.
PictureReading pictures_for(const Model& model, const Program& program, const CommonSettings& settings);

/// The same for a model: its columns, found by name, in its order.  Columns of other names are left out, with a note.
Dataset load_for(const Model& model, const std::string& path, const Program& program, const CommonSettings& settings,
                 std::string_view missing = "refuse");
Dataset fitted_to(const Model& model, Dataset raw);
/// Rows of a file that did not say how many columns there are, with as many as the model has, labels aside.
Dataset at_full_width(const Model& model, Dataset raw);

/// The same options with this column kept, whatever else is.
TableOptions with_label_column(TableOptions table, const std::string& column);

/// What a column of DATA says of each row, and the other columns.
struct SplitLabels {
    Dataset data;
    Labels labels;
};
/// Takes the column called so, by name or number, out of the data.  Throws DataError when there is none, or when it
/// holds neither words nor whole numbers.
SplitLabels split_labels(const Dataset& data, const std::string& column);

/// Columns that all are called like pixels (pixel0, 1x1, ...) and hold whole numbers up to 255 are grey values: as in
/// pictures they are divided by 255, with a note, and have a picture's shape if there are as many as in a square.
Dataset with_grey_pixels(Dataset data);

/// The name of a column that stands alone among pixels.
std::optional<std::string> label_among_pixels(const Dataset& data);
/// Throws DataError that names the options for a column that stands alone among pixels: the label, as in Kaggle's
/// digits.
void refuse_label_among_pixels(const Dataset& data);

/// The names and words for a model's record; none when nothing is known.
std::vector<Column> known_columns(const Dataset& data);

}  // namespace rbm::app
