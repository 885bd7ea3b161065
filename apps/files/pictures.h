// SPDX-License-Identifier: MIT
// Pictures that programs draw of visible states: their greys, and sizes that stay sensible.
#pragma once

#include <string>

#include "rbm/io/model_file.h"
#include "rbm/io/sheet.h"

namespace rbm::app {

/// The longest side of a picture, and of a film, in pixels.
inline constexpr std::size_t longest_picture = 16384;
inline constexpr std::size_t longest_film = 2048;

/// What is drawn black and white: the least and the largest value of discrete units, else the 1st and 99th percentile
/// of what was first shown.
struct Greys {
    float black = 0;
    float white = 1;

    /// Rows of states in the units of the data.
    static Greys of(const Units& units, ConstView states);
    /// Values from 0, black, to 1, white, in place.
    void apply(View states) const;
};

/// A sheet of `tiles` pictures of this shape (0 x 0: squarest), enlarged so that small ones are well visible, by less
/// when a side would be longer than `longest`.  columns 0: about square.  Throws UsageError that starts with `what`
/// ("64 chains") when even one pixel per value is too much.
SheetOptions sheet_within(std::size_t longest, std::size_t tiles, std::size_t columns, ImageShape shape,
                          const std::string& what);

/// Groups of `size` tiles that follow each other in `tiles` (values from 0 to 1), each group beside each other, with
/// more room between groups than between their tiles.  A shape of 0 x 0 stands for squarest().
Picture draw_groups(ConstView tiles, std::size_t size, ImageShape shape);

/// The model's, or the squarest that holds its visible units.
ImageShape picture_shape(const Model& model);

/// "height 8, width 8", and ", rgb" where they are not grey.
std::string image_text(ImageShape image);

/// As PNG.
void write_png(const std::string& path, const Picture& picture, IfExists if_exists);

}  // namespace rbm::app
