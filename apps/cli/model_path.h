// SPDX-License-Identifier: MIT
// Where a model lies: in its file, or in a run folder, which stands for the model in it.
#pragma once

#include <string>

namespace rbm::app {

/// Whether a regular file begins as models do (safetensors).  Pipes are not touched.
bool is_model_file(const std::string& path);

/// FOLDER/model.safetensors for a folder that has one; else the path as it is.
std::string model_in(const std::string& path);

}  // namespace rbm::app
