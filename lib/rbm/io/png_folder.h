// SPDX-License-Identifier: MIT
// Folders of pictures as datasets: the pictures of one folder, or those of the folders in it, each of which is a class.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rbm/io/picture_reading.h"

namespace rbm {

/// One row per PNG file, in the order of the bytes of their names; where a folder has none, but folders in it do, one
/// row per PNG file of these, folder after folder.  Hidden files are not seen.  What is no PNG is skipped, and counted
/// in a note; a file called .png that is none is an error.  Throws DataError when pictures differ in size (naming two)
/// or there is none, FileError when one cannot be read.
Dataset load_png_folder(const std::string& path, std::vector<std::string>* notes = nullptr,
                        const PictureReading& reading = {});

/// A class for each row of load_png_folder().
struct FolderClasses {
    std::vector<std::string> names;      ///< of the folders, in the order of their bytes
    std::vector<std::uint32_t> classes;  ///< places in `names`
};
/// Throws DataError when there are no folders with PNG files in this one, and as load_png_folder().
FolderClasses load_folder_classes(const std::string& path);

}  // namespace rbm
