// SPDX-License-Identifier: MIT
// rbm-data MODEL --output: machines of the Python package rbms into model files, and model files into such machines.
#pragma once

#include <string>

#include "rbm/io/if_exists.h"

namespace rbm::app {

/// Whether the ending is that of a model: .safetensors, .h5 or .hdf5.
bool is_model_name(const std::string& path);

/// Throws DataError when `source` holds no model, and Unsupported for machines that rbms does not have.
int convert_model(const std::string& source, const std::string& output, IfExists if_exists);

}  // namespace rbm::app
