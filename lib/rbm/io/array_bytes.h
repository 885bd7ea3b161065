// SPDX-License-Identifier: MIT
// One array of a file that has several.  Not installed.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace rbm {

/// The content of a file, "-" is standard input; where the path names an array of an .npz archive or of an HDF5 file,
/// or an HDF5 file with only one array of numbers, what a .npy file of that array has.  Throws FileError and DataError.
std::vector<std::byte> read_array_bytes(const std::string& path);

}  // namespace rbm
