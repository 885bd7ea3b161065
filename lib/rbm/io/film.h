// SPDX-License-Identifier: MIT
// Films of pictures, grey or in colour: animated GIF, made in memory.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "rbm/io/picture.h"

namespace rbm {

struct FilmOptions {
    unsigned delay = 8;    ///< hundredths of a second that a frame stays; viewers slow anything below 2 down
    unsigned levels = 64;  ///< greys, 2 to 256: fewer make a smaller file
    bool colour = false;   ///< frames are RGB, and get the nearest of 252 colours
    bool loop = true;      ///< for ever, or once
};

/// Takes frame after frame, so that a long film never holds more than a few of them.
class Film {
  public:
    /// Throws InvalidArgument when a size is 0 or above 65535, or an option is out of its range.
    Film(std::size_t height, std::size_t width, const FilmOptions& options = {});
    ~Film();
    Film(const Film&) = delete;
    Film& operator=(const Film&) = delete;

    /// Throws InvalidArgument when the frame is not grey, or not RGB as the options say, or not of the film's size.
    void add(const Picture& frame);
    /// The file.  At least one frame was added; none can be afterwards.
    std::vector<std::byte> finish();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// A film of all of them, in colour if they are.
std::vector<std::byte> encode_film(std::span<const Picture> frames, const FilmOptions& options = {});

}  // namespace rbm
