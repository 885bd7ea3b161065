// SPDX-License-Identifier: MIT
#include "apps/score/reconstruction.h"

#include <cmath>
#include <utility>

#include "apps/files/pictures.h"
#include "apps/files/prepare.h"
#include "rbm/sampler/clamped_gibbs.h"

namespace rbm::app {
namespace {

void copy_to(View out, ConstView from) {
    for (std::size_t r = 0; r < from.rows; ++r) std::copy(from.row(r).begin(), from.row(r).end(), out.row(r).begin());
}

/// Each row `count` times.
Matrix repeated(ConstView rows, std::size_t count) {
    Matrix result(rows.rows * count, rows.cols);
    for (std::size_t r = 0; r < result.rows(); ++r)
        std::copy(rows.row(r / count).begin(), rows.row(r / count).end(), result.row(r).begin());
    return result;
}

/// Row s becomes the mean of rows s count, ..., s count + count - 1.
void average_chains(Matrix& rows, std::size_t count) {
    for (std::size_t s = 0; count > 1 && s < rows.rows() / count; ++s)
        for (std::size_t i = 0; i < rows.cols(); ++i) {
            double sum = 0;
            for (std::size_t c = 0; c < count; ++c) sum += static_cast<double>(rows(s * count + c, i));
            rows(s, i) = static_cast<float>(sum / static_cast<double>(count));
        }
}

void spread_of(const Matrix& states, ConstView means, std::size_t count, View out) {
    for (std::size_t s = 0; s < out.rows; ++s)
        for (std::size_t i = 0; i < out.cols; ++i) {
            double sum = 0;
            for (std::size_t c = 0; c < count; ++c)
                sum += std::pow(static_cast<double>(states(s * count + c, i) - means.row(s)[i]), 2);
            out.row(s)[i] = static_cast<float>(std::sqrt(sum / static_cast<double>(count)));
        }
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
        Work work(settings.control, "sampling", sweeps);
        for (std::size_t sweep = 0; sweep < sweeps; ++sweep, work.advance())
            BlockGibbs{.steps = 1}.step(machine, chains, random);
        copy_to(out, settings.states ? chains.visible : machine.visible_mean(machine.hidden_mean(chains.visible)));
    }
    restore_units(model, out);
}

void fill_in(const Model& model, const SampleBlock& block, const ReconstructionSettings& settings, Random& random,
             View out, View spread) {
    const std::size_t samples = block.prepared.rows, count = settings.chains;
    const Matrix prepared = repeated(block.prepared, count), raw = repeated(block.raw, count);
    const Matrix known = block.known.rows == 1 ? repeated(block.known, 1) : repeated(block.known, count);
    const Clamp clamp{known, prepared};
    Chains chains = Chains::from_noise(model.machine, samples * count, random);
    clamp.restore(chains.visible.view());
    Work work(settings.control, "sampling", settings.steps);
    for (std::size_t sweep = 0; sweep < settings.steps; ++sweep, work.advance())
        ClampedGibbs{.steps = 1}.step(model.machine, clamp, chains, random);
    Matrix means(samples * count, block.prepared.cols);
    visible_means(model.machine, chains, means.view());
    for (const View values : {means.view(), chains.visible.view()}) {
        restore_units(model, values);
        Clamp{known, raw}.restore(values);
    }
    average_chains(means, count);
    copy_to(out, settings.states ? std::as_const(chains.visible).view() : std::as_const(means).rows_from(0, samples));
    if (spread.rows > 0) spread_of(chains.visible, std::as_const(means).rows_from(0, samples), count, spread);
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
