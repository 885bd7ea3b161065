// SPDX-License-Identifier: MIT
// Tests whose data are missing say so: a run that skipped all of its test cases ends with status 77, Meson's word for
// it, and with the reason as the last line of its output.
#pragma once

#include <string>
#include <vector>

namespace rbm::test {

inline std::vector<std::string> skipped;

/// Called by a test case that returns at once.
inline void skip(const std::string& reason) { skipped.push_back(reason); }

}  // namespace rbm::test
