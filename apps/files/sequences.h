// SPDX-License-Identifier: MIT
// Sequences as programs read and write them: the options --alphabet and --gaps, and the letters that a model keeps.
#pragma once

#include <string>

#include "apps/cli/program.h"
#include "rbm/io/csv.h"
#include "rbm/io/fasta.h"
#include "rbm/io/model_file.h"
#include "rbm/io/picture_reading.h"

namespace rbm::app {

struct SequenceOptions {
    std::string alphabet, gaps = "state";

    void declare(Program& program);
    bool gaps_are_missing() const { return gaps == "missing"; }
};

/// load_raw(), but sequences by these options.  Throws UsageError when one is given and the file holds no sequences.
Dataset load_sequences(const std::string& path, const SequenceOptions& options, const TableOptions& table,
                       const PictureReading& pictures = {}, bool labels_are_given = false);

/// Sequences as codes of the letters that the model keeps; other data as they are.  Throws DataError when the model's
/// units have no letters and not as many states.
Dataset in_letters_of(const Model& model, Dataset raw);

/// The name of the kind of units whose states are letters.
std::string units_of_letters();

/// Adds a sequence for each row of one-hot columns, called chain1_step100 and so on.
void add_sequences(ConstView rows, const std::string& letters, std::size_t step, std::vector<Sequence>& out);

/// The same for reconstructions, called sequence1 and so on.
std::vector<Sequence> reconstructed_sequences(ConstView rows, const std::string& letters);

}  // namespace rbm::app
