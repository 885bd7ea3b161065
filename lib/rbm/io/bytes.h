// SPDX-License-Identifier: MIT
// Whole files into memory.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace rbm {

/// The content of a file, FIFO or device; "-" is standard input.  A path is any bytes.  Throws FileError with the
/// system's reason, and when the content would not fit into memory_limit() or standard input is a terminal.
std::vector<std::byte> read_bytes(const std::string& path);

}  // namespace rbm
