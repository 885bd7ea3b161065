// SPDX-License-Identifier: MIT
// PNG files that become the rows of a dataset, one after the other.  Not installed.
#pragma once

#include <string>
#include <vector>

#include "rbm/io/picture_reading.h"
#include "rbm/io/png.h"

namespace rbm {

/// Bytes as long as all pictures have 8 bits, else floats.
class PngRows {
  public:
    PngRows(const std::string& source, const PictureReading& reading) : source_(source), reading_(reading) {}

    /// The content of the file `name`; `left` pictures in all, with this one, may still come.  Throws DataError as
    /// read_png(), and when its size differs from the first one's or memory is short.
    void add(std::span<const std::byte> content, const std::string& name, std::size_t left);
    std::size_t count() const { return facts_.pictures; }
    /// Of at least one picture.
    Dataset finish();

  private:
    void make_room(std::size_t left, std::size_t bytes_each) const;

    std::string source_, first_;
    PictureReading reading_;
    PictureFacts facts_;
    ImageShape shape_;
    std::vector<std::uint8_t> bytes_;
    std::vector<float> floats_;
};

}  // namespace rbm
