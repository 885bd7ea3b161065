// SPDX-License-Identifier: MIT
// Configuration: lines NAME = VALUE.
//
// Blank lines, and what follows a # at the start of a line or behind a blank, are left out.  There are no sections.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace rbm::app {

struct ConfigLine {
    std::size_t number = 0;  ///< counted from 1
    std::string name;        ///< underscores as hyphens
    std::string text;
};

/// Throws UsageError "name:7: ..." for a line that is none of these, a section, or a name that comes twice.
std::vector<ConfigLine> parse_config(std::string_view content, const std::string& name);

/// The file's text.  Throws FileError when it cannot be opened or read, UsageError for a folder or more than 1 MiB.
std::string read_config(const std::string& path);

}  // namespace rbm::app
