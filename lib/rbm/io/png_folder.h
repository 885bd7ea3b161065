// SPDX-License-Identifier: MIT
// A folder of pictures as a dataset.
#pragma once

#include <string>
#include <vector>

#include "rbm/data/dataset.h"

namespace rbm {

/// One row per PNG file, in the order of the bytes of their names; folders inside are not entered, hidden files not
/// seen.  What is no PNG is skipped, and counted in a note; a file called .png that is none is an error.
/// Throws DataError when pictures differ in size (naming two) or there is none, FileError when one cannot be read.
Dataset load_png_folder(const std::string& path, std::vector<std::string>* notes = nullptr);

}  // namespace rbm
