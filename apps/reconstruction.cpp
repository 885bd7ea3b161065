// SPDX-License-Identifier: MIT
#include "apps/reconstruction.h"

#include "apps/pictures.h"
#include "apps/prepare.h"
#include "rbm/sampler/clamped_gibbs.h"

namespace rbm::app {
namespace {

void copy_to(View out, ConstView from) {
    for (std::size_t r = 0; r < from.rows; ++r) std::copy(from.row(r).begin(), from.row(r).end(), out.row(r).begin());
}

}  // namespace

void reconstruct(const Model& model, const SampleBlock& block, const ReconstructionSettings& settings, Random& random,
                 View out) {
    const Machine& machine = model.machine;
    const std::size_t sweeps = settings.steps - (settings.states ? 0 : 1);
    if (sweeps == 0) {
        copy_to(out, machine.visible_mean(machine.hidden_mean(block.prepared)));
    } else {
        Chains chains = Chains::from_data(machine, block.prepared, random);
        for (std::size_t sweep = 0; sweep < sweeps; ++sweep) {
            BlockGibbs{.steps = 1}.step(machine, chains, random);
            settings.on_sweep();
        }
        copy_to(out, settings.states ? chains.visible : machine.visible_mean(machine.hidden_mean(chains.visible)));
    }
    restore_units(model, out);
}

void fill_in(const Model& model, const SampleBlock& block, const ReconstructionSettings& settings, Random& random,
             View out) {
    const Clamp clamp{block.known, block.prepared};
    Chains chains = Chains::from_noise(model.machine, block.prepared.rows, random);
    clamp.restore(chains.visible.view());
    for (std::size_t sweep = 0; sweep < settings.steps; ++sweep) {
        ClampedGibbs{.steps = 1}.step(model.machine, clamp, chains, random);
        settings.on_sweep();
    }
    if (settings.states)
        copy_to(out, chains.visible);
    else
        visible_means(model.machine, chains, out);
    restore_units(model, out);
    Clamp{block.known, block.raw}.restore(out);
}

void features(const Model& model, const SampleBlock& block, const ReconstructionSettings& settings, Random& random,
              View out) {
    copy_to(out, settings.states ? model.machine.sample_hidden(block.prepared, random)
                                 : model.machine.hidden_mean(block.prepared));
}

Picture comparison(const Model& model, ConstView raw, ConstView known, ConstView result) {
    const std::size_t size = known.rows > 0 ? 3 : 2;
    Matrix tiles(raw.rows * size, raw.cols);
    for (std::size_t r = 0; r < raw.rows; ++r) {
        std::copy(raw.row(r).begin(), raw.row(r).end(), tiles.row(r * size).begin());
        std::copy(result.row(r).begin(), result.row(r).end(), tiles.row(r * size + size - 1).begin());
        if (size == 3) std::copy(raw.row(r).begin(), raw.row(r).end(), tiles.row(r * size + 1).begin());
    }
    Greys::of(model.machine.visible, raw).apply(tiles);
    for (std::size_t r = 0; size == 3 && r < raw.rows; ++r)
        for (std::size_t i = 0; i < raw.cols; ++i)
            if (known.row(known.rows == 1 ? 0 : r)[i] == 0) tiles(r * size + 1, i) = 0.5F;
    return draw_groups(tiles, size, model.image);
}

}  // namespace rbm::app
