// SPDX-License-Identifier: MIT
// --version.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace rbm::app {

/// What else --version tells, name and value: {"BLAS", "OpenBLAS 0.3.21 Haswell"}.  The one place to add such lines.
std::vector<std::pair<std::string, std::string>> version_details();

/// "0.1.0"
std::string version_number();

/// "rbm-score (rbm) 0.1.0" and the details, one per line.
std::string version_text(const std::string& program);

}  // namespace rbm::app
