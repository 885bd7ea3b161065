// SPDX-License-Identifier: MIT
#include "rbm/trainer/objectives/tempered_divergence.h"

#include "rbm/trainer/objectives/both_phases.h"

namespace rbm {

void TemperedDivergence::add_gradient(const Machine& machine, std::size_t batch, NegativePhase& phase, Random& random,
                                      GradientWorkspace& workspace, Machine& gradient) const {
    if (workspace.bridge == nullptr)
        workspace.bridge = std::make_unique<Bridge>(machine, base);
    else
        workspace.bridge->follow(machine);
    TemperedChains& ladders = phase.tempered;
    if (ladders.rungs() == 0) {
        std::vector<float> betas(rungs);
        for (std::size_t k = 0; k < rungs; ++k) betas[k] = static_cast<float>(k) / static_cast<float>(rungs - 1);
        ladders = TemperedChains::start(*workspace.bridge, betas, chains, random);
    }
    Tempering{scheduled_steps(steps, schedule, workspace.done)}.step(*workspace.bridge, ladders, random);
    ladders.copy_visible(phase.visible.view());
    ladders.copy_hidden(phase.hidden.view());
    ladders.copy_visible(workspace.visible.rows_from(batch, chains));
    if (ladders.steps >= respacing) ladders.even_out();

    detail::field_and_mean(machine, workspace, 0, batch + chains);
    detail::balance(workspace, batch, chains);
    detail::add_stacked_gradient(machine, workspace, gradient);
}

}  // namespace rbm
