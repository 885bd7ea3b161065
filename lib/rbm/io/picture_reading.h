// SPDX-License-Identifier: MIT
// How pictures and arrays of them are read, and what there was to see.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "rbm/data/dataset.h"

namespace rbm {

/// Numbers of PNG files that hold more than their rows do, or other things than they seem to.
struct PictureFacts {
    std::size_t pictures = 0;
    std::size_t coloured = 0;        ///< read as grey
    std::size_t transparent = 0;     ///< in part: shown black there
    std::size_t drawn_in_alpha = 0;  ///< of them, those that are dark all over
    std::size_t deep = 0;            ///< of 16 bits
    std::uint16_t largest = 0;       ///< value in those
    std::size_t classes = 0;         ///< folders that the pictures lie in; 0: in one alone
};

struct PictureReading {
    Channels channels = Channels::grey;  ///< of PNG files
    /// How long rows may be: an array of three dimensions whose last is that long, and whose rows of pictures would not
    /// be, is read as rows of it.
    std::vector<std::size_t> columns{};
    PictureFacts* facts = nullptr;  ///< where they go, if anywhere
};

}  // namespace rbm
