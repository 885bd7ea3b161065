// SPDX-License-Identifier: MIT
// What rbm-inspect tells about a model file.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rbm/estimate/spectrum.h"
#include "rbm/io/checkpoint_file.h"

namespace rbm::app {

struct ModelFacts {
    std::string path;
    Model model;
    std::optional<Checkpoint> checkpoint;  ///< when the file is one; its model is `model`
    std::vector<double> singular_values;   ///< largest first
    FilterReport filters;
};

/// Errors as in model_file.h.
ModelFacts read_facts(const std::string& path);

/// The energy in the machine's own words: "E(v,h) = - sum_i a_i v_i - ...".
std::string energy_text(const Machine& machine);

/// For people; lines up.
std::string as_table(const ModelFacts& facts);
/// One object, stable keys.
std::string as_json(const ModelFacts& facts);

/// Throws UsageError unless it ends in .png or is "-"; FileError when it cannot be written.
void check_picture(const std::string& path, IfExists if_exists);

}  // namespace rbm::app
