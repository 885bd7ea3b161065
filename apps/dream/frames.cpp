// SPDX-License-Identifier: MIT
#include "apps/dream/frames.h"

#include <fmt/format.h>

#include "apps/cli/resources.h"
#include "apps/files/arrays.h"
#include "apps/files/pictures.h"

namespace rbm::app {

FramePlan plan_frames(const Model& model, const std::string& output, std::size_t chains, std::size_t steps,
                      std::optional<std::size_t> every) {
    FramePlan plan{output == "-" ? "npy" : ending_of(output), (steps - 1) / every.value_or(steps) + 1, {}};
    const ImageShape shape = picture_shape(model);
    const bool film = plan.ending == "gif", picture = plan.ending == "png";
    const std::string who = fmt::format("{} chains", chains);
    const std::string all = fmt::format("{} in {} frame{}", who, plan.frames, plan.frames == 1 ? "" : "s");
    // In double, so that no product wraps.
    const auto frames = static_cast<double>(plan.frames), rows = static_cast<double>(chains);
    const auto visible = static_cast<double>(model.machine.visible_count());
    const auto hidden = static_cast<double>(model.machine.hidden_count());
    // Two states and two fields per chain, a frame, and what is kept.
    const double kept = film ? 1 : 1 + frames;
    require_memory(sizeof(float) * rows * (2 * (visible + hidden) + kept * visible), all);
    if (film) {
        plan.sheet = sheet_within(longest_film, chains, 0, shape, who);
        // A quarter byte per pixel, measured with digits; doubled for a buffer that grows.
        const auto scale = static_cast<double>(plan.sheet.scale);
        require_memory(0.5 * frames * rows * visible * scale * scale, fmt::format("a film of {}", all));
    } else if (picture && plan.frames == 1) {
        plan.sheet = sheet_within(longest_picture, chains, 0, shape, who);
    } else if (picture) {  // frames side by side: a row is one chain in the course of time
        plan.sheet = sheet_within(longest_picture, chains * plan.frames, plan.frames, shape, all);
    }
    return plan;
}

}  // namespace rbm::app
