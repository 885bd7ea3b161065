// SPDX-License-Identifier: MIT
// The columns of a model's data in its metadata: names, and the words of categories and of labels.  Not installed.
//
//   data.columns = [{"name": "age"}, {"name": "colour", "words": ["blue", "green"]}]
//   labels.words = ["cat", "dog"]        labels.column = species
#pragma once

#include "rbm/io/model_file.h"

namespace rbm {

/// Writes them where there are any.
void add_columns(Tensors& file, const Model& model);

/// For a model whose machine and labels are there.  Throws DataError for anything but the above, and for numbers of
/// columns or words that do not fit the machine.
void read_columns(const Tensors& file, Model& model);

}  // namespace rbm
