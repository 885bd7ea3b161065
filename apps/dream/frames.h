// SPDX-License-Identifier: MIT
// What rbm-dream writes, settled before any work: how many frames, how they are drawn, and whether memory suffices.
#pragma once

#include <optional>
#include <string>

#include "rbm/io/model_file.h"
#include "rbm/io/sheet.h"

namespace rbm::app {

struct FramePlan {
    std::string ending;      ///< npy, png, gif, fasta or fa
    std::size_t frames = 1;  ///< after every, 2 every, ... and the last of the steps
    SheetOptions sheet;      ///< of a picture, or of each frame of a film
};

/// `every` none: one frame.  Throws UsageError when a picture or film would be too large, and std::runtime_error when
/// memory does not suffice.
FramePlan plan_frames(const Model& model, const std::string& output, std::size_t chains, std::size_t steps,
                      std::optional<std::size_t> every);

}  // namespace rbm::app
