// SPDX-License-Identifier: MIT
// Score matching: fit psi = d log p(v) / dv to that of the data, for which neither log Z nor chains are needed.  Three
// losses with the same minimum on infinite data from a machine; visible units must be continuous.
//
//   score matching   sum_i psi_i^2 / 2 + d psi_i / dv_i                      the second term in closed form
//   denoising        noise^2 / 2 |psi(v + noise z) + z / noise|^2            z standard normal: the score of blurred
//   data sliced           |psi|^2 / 2 + mean over u of u . d(psi . u) / dv        u random signs, `slices` per row
// Sources: Hyvarinen, JMLR 2005; Vincent, Neural Computation 2011; Song, Garg, Shi & Ermon, UAI 2019.
#pragma once

#include "rbm/trainer/objective.h"

namespace rbm {

struct ScoreMatching {
    std::size_t negative_rows(std::size_t) const { return 0; }
    /// Throws Unsupported for visible units that are not continuous and hidden ones that are not independent bits.
    template <class Real>
    void add_gradient(const BasicMachine<Real>& machine, std::size_t batch, BasicChains<Real>&, Random&,
                      BasicGradientWorkspace<Real>& workspace, BasicMachine<Real>& gradient) const;
};

struct DenoisingScoreMatching {
    float noise = 0.3F;  ///< standard deviation, in the units of the prepared data

    std::size_t negative_rows(std::size_t batch) const { return batch; }
    template <class Real>
    void add_gradient(const BasicMachine<Real>& machine, std::size_t batch, BasicChains<Real>&, Random& random,
                      BasicGradientWorkspace<Real>& workspace, BasicMachine<Real>& gradient) const;
};

struct SlicedScoreMatching {
    std::size_t slices = 1;  ///< directions per row

    std::size_t negative_rows(std::size_t) const { return 0; }
    template <class Real>
    void add_gradient(const BasicMachine<Real>& machine, std::size_t batch, BasicChains<Real>&, Random& random,
                      BasicGradientWorkspace<Real>& workspace, BasicMachine<Real>& gradient) const;
};

static_assert(Objective<ScoreMatching> && Objective<DenoisingScoreMatching> && Objective<SlicedScoreMatching>);

}  // namespace rbm
