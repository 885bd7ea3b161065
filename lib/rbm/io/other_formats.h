// SPDX-License-Identifier: MIT
// Files of other programs, known by their content: what they are, and how their data come out.  Not installed.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

namespace rbm {

/// "a Parquet file: in Python, numpy.savetxt(...)"; nothing for what is none of them.
std::optional<std::string> other_format(std::span<const std::byte> bytes);

/// Throws DataError naming `name` when the content is that of another program.
void refuse_other_formats(std::span<const std::byte> bytes, const std::string& name);

}  // namespace rbm
