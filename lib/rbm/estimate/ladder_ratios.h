// SPDX-License-Identifier: MIT
// log Z along a ladder of distributions: the ratios of neighbours by acceptance ratio, added up, with the error of
// chains that are not independent from sweep to sweep nor from rung to rung.
//
// Shapes: T rungs, L ladders (chains at each rung), N draws of each pair.
#pragma once

#include "rbm/estimate/ais.h"
#include "rbm/estimate/chain_health.h"

namespace rbm {

class LadderRatios {
  public:
    /// Room for `draws` draws of each of T - 1 pairs.
    LadderRatios(std::size_t rungs, std::size_t ladders, std::size_t draws);

    /// What pair (k, k + 1) saw in one sweep: log f_high - log f_low at the states of low, and log f_low - log f_high
    /// at those of high, [L] each.
    void add(std::size_t pair, std::span<const double> up, std::span<const double> down);

    /// log Z_high / Z_low of each pair.
    std::vector<double> ratios() const;
    /// log Z of the last rung, given that of the first; `health` becomes that of what each sweep adds to it.  The error
    /// is the largest of: that by autocorrelation within ladders, and those by the means of whole ladders and of
    /// quarters of them, from which a slow part that is small beside the noise cannot hide.
    PartitionEstimate sum(double first, ChainHealth& health) const;

  private:
    struct Pair {
        std::vector<double> up, down;  ///< draw by draw, ladder by ladder
    };
    std::vector<Pair> pairs_;
    std::size_t ladders_, draws_;
};

}  // namespace rbm
