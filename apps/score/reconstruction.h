// SPDX-License-Identifier: MIT
// What rbm-reconstruct makes of a block of samples.
#pragma once

#include "rbm/io/model_file.h"
#include "rbm/io/picture.h"
#include "rbm/kernels/control.h"
#include "rbm/kernels/random.h"

namespace rbm::app {

/// A block of B samples under way.
struct SampleBlock {
    ConstView raw;       ///< [B x V] as in the file
    ConstView prepared;  ///< [B x V] as the machine sees them
    ConstView known;     ///< [1 x V] or [B x V]: 1 is known, 0 to be filled in; empty without a mask
};

struct ReconstructionSettings {
    std::size_t steps = 1;
    bool states = false;     ///< sampled states instead of means at the end
    std::size_t chains = 1;  ///< of fill_in(), for each sample
    Control control;         ///< of the sweeps
};

/// steps - 1 sweeps of sampling, then one pass through the means of both sides: nothing is drawn for one step.  With
/// states, `steps` sweeps.  out [B x V] is in the units of the data.
void reconstruct(const Model& model, const SampleBlock& block, const ReconstructionSettings& settings, Random& random,
                 View out);

/// Chains start with what is known and draws from the biases elsewhere, and hold the former for `steps` sweeps.  out:
/// the file's own values where known, elsewhere means given the last hidden states [B x V], averaged over the chains,
/// or the states of each [B chains x V].  spread [B x V], or empty: how far the states lie around the means, 0 where
/// known; the root of their mean square over the chains, in the units of the data.
void fill_in(const Model& model, const SampleBlock& block, const ReconstructionSettings& settings, Random& random,
             View out, View spread = {});

/// out [B x H] = p(h = 1 | v), or with states a draw.
void features(const Model& model, const SampleBlock& block, const ReconstructionSettings& settings, Random& random,
              View out);

/// Samples, samples with holes in mid-grey if anything is unknown, and results, side by side.
Picture comparison(const Model& model, ConstView raw, ConstView known, ConstView result);

}  // namespace rbm::app
