// SPDX-License-Identifier: MIT
// Reports: a page about one machine, or about several runs.  No network, no scripts.
#pragma once

#include "apps/report/sections.h"

namespace rbm::app {

/// Measures what the page shows beside the metrics.
std::string report_page(const ReportSource& source, const Control& control);

/// The most runs that lines can be told apart of.
inline constexpr std::size_t most_compared = 6;

/// Runs side by side, from the files in their folders.  Throws UsageError for less than two or too many, FileError and
/// DataError for a folder that holds no run.
std::string comparison_page(const std::vector<std::string>& folders);

}  // namespace rbm::app
