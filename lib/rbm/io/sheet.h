// SPDX-License-Identifier: MIT
// Sheets of pictures: samples, dreams, filters, side by side.
#pragma once

#include <cstddef>
#include <string>

#include "rbm/data/dataset.h"
#include "rbm/io/if_exists.h"
#include "rbm/io/picture.h"
#include "rbm/kernels/matrix.h"

namespace rbm {

/// How values become colours; those of pictures in rgb are amounts of red, green and blue instead.
enum class Shades {
    unit,      ///< 0 black, 1 white: data and probabilities
    fitted,    ///< black to white from the 1st to the 99th percentile of the sheet: data of any range
    diverging  ///< blue below zero, white at it, red above, full at the 99th percentile of magnitude: weights; in rgb
               ///< none at minus that, half at zero
};

struct SheetOptions {
    std::size_t columns = 0;  ///< tiles side by side; 0: such that the sheet is about square
    std::size_t border = 1;   ///< pixels around each tile
    std::size_t scale = 0;    ///< pixels per value, each way; 0: tiles of 32 pixels or more
    Shades shades = Shades::unit;
};

/// The shape in which rows of `cols` values are drawn when they are not pictures: the squarest that holds them all.
ImageShape squarest(std::size_t cols);

/// Draws row i of `images` [N, shape.values()] as tile i, row by row.  A shape of 0 x 0 stands for squarest().  What
/// rows have behind their picture, such as a label, is not drawn.  Throws InvalidArgument when the shape does not
/// fit, there is no row, or the sheet would have more than 2^28 pixels.
Picture sheet(ConstView images, ImageShape shape, const SheetOptions& options = {});

/// sheet() as a PNG file; see write_file().
void save_sheet(const std::string& path, ConstView images, ImageShape shape, const SheetOptions& options = {},
                IfExists if_exists = IfExists::refuse);

}  // namespace rbm
