// SPDX-License-Identifier: MIT
#include "rbm/trainer/objectives/trajectory_divergence.h"

#include <algorithm>

#include "rbm/sampler/block_gibbs.h"
#include "rbm/trainer/objectives/contrastive_divergence.h"

namespace rbm {
namespace {

/// A machine that was good at its last look, and swapped so well then, went wrong by its updates, not for want of a
/// rung.
constexpr double fresh_rate = 0.7;
/// After so many looks or fewer all machines' chains have moved: one machine per look, on long ladders more.
constexpr std::size_t most_looks_per_round = 32;
/// Each look without trouble gives back so much of a learning rate that was halved: all of it after 70.
constexpr double recovery = 1.01;

/// The machine becomes the ladder's last.  `seen`: its swaps with the one below.
void freeze(const Machine& machine, const Matrix& states, const StateSwaps* seen, Trajectory& ladder) {
    ladder.machines.push_back(std::make_shared<const Machine>(machine));
    ladder.visible.push_back(states);
    ladder.updates.push_back(ladder.calls);
    if (seen != nullptr) take_look(*seen, ladder.pairs.emplace_back());
}

/// The ladder's first machine and independent draws of it.
void begin(const Machine& machine, std::size_t chains, Random& random, Trajectory& ladder) {
    Machine without_weights = machine;
    without_weights.weights.fill(0);
    freeze(without_weights, Chains::from_noise(without_weights, chains, random).visible, nullptr, ladder);
}

/// Moves the chains of one frozen machine, and lets them swap with those above.
void tend(Trajectory& ladder, Random& random, GradientWorkspace& workspace) {
    const std::size_t k = ladder.next;
    ladder.next = (k + 1) % ladder.machines.size();
    Chains& memory = workspace.frozen;
    std::swap(memory.visible, ladder.visible[k]);
    memory.hidden.resize(memory.visible.rows(), ladder.machines[k]->hidden_count());
    BlockGibbs{.steps = 1}.step(*ladder.machines[k], memory, random);
    std::swap(memory.visible, ladder.visible[k]);
    if (k + 1 == ladder.machines.size()) return;
    swap_states(*ladder.machines[k], ladder.visible[k], memory.workspace, *ladder.machines[k + 1],
                ladder.visible[k + 1], memory.workspace, random, workspace.swaps);
    take_look(workspace.swaps, ladder.pairs[k]);
}

}  // namespace

/// False when the updates since the last look went too far.
bool TrajectoryDivergence::look(const Machine& machine, std::size_t batch, NegativePhase& phase, Random& random,
                                GradientWorkspace& workspace) const {
    Trajectory& ladder = phase.trajectory;
    if (ladder.machines.empty()) begin(machine, chains, random, ladder);
    for (std::size_t k = 0; k < 1 + ladder.machines.size() / most_looks_per_round; ++k) tend(ladder, random, workspace);
    StateSwaps& swaps = workspace.swaps;
    const auto swap_with_last = [&](const Machine& present) {
        swap_states(*ladder.machines.back(), ladder.visible.back(), workspace.frozen.workspace, present,
                    phase.visible.view(), workspace.machine, random, swaps);
    };
    swap_with_last(machine);
    const bool known = ladder.good.visible_count() > 0;
    const bool too_far = known && swaps.rate < lowest_swap_rate;
    if (too_far && ladder.good_rate >= fresh_rate) {
        ladder.learning_rate_factor /= 2;
        ladder.good_rate = 0;  // should that not help, a rung is missing after all: chains may have lagged behind
    } else if (too_far) {
        swap_with_last(ladder.good);
        freeze(ladder.good, phase.visible, &swaps, ladder);
        ladder.good_rate = 1;
    } else {
        ladder.good_rate = swaps.rate;
        if (swaps.rate < swap_rate) {
            freeze(machine, phase.visible, &swaps, ladder);
            ladder.good_rate = 1;
        }
        ladder.good = machine;
        ladder.learning_rate_factor = std::min(1.0, ladder.learning_rate_factor * recovery);
    }
    // Hidden states belong to the visible ones that came.
    const Machine& present = too_far ? ladder.good : machine;
    const auto field = workspace.hidden_field.rows_from(batch, chains);
    present.hidden_field(phase.visible, workspace.machine, field);
    sample(present.hidden, ConstView(field), {}, random.next(), phase.hidden.view());
    return !too_far;
}

void TrajectoryDivergence::add_gradient(const Machine& machine, std::size_t batch, NegativePhase& phase, Random& random,
                                        GradientWorkspace& workspace, Machine& gradient) const {
    Trajectory& ladder = phase.trajectory;
    const bool due = ladder.calls++ % std::max<std::size_t>(interval, 1) == 0;
    if (due && !look(machine, batch, phase, random, workspace)) {
        workspace.go_back_to = &ladder.good;
        return;
    }
    workspace.learning_rate_factor = ladder.learning_rate_factor;
    PersistentContrastiveDivergence{steps, chains, schedule}.add_gradient(machine, batch, phase, random, workspace,
                                                                          gradient);
}

}  // namespace rbm
