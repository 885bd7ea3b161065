// SPDX-License-Identifier: MIT
// Noise-contrastive estimation: tell data from noise of a known density q by the log odds
//
//   G(v)  =  -F(v) + c - log q(v) - log(samples)
//   loss  =  mean over data of log(1 + exp(-G)) + samples * mean over noise of log(1 + exp(G))       in nats
//
// where c, which is to become -log Z, is learned with the machine.  q is a factorial base fitted to the data, so its
// density is exact and its samples are independent.  Each gradient is taken where its batch's loss is smallest in c: if
// c lagged behind, a step of the other parameters would move log Z and with it the odds of all rows, and rates that
// suit likelihoods would diverge.  What is learned is the running mean of these c. Source: Gutmann & Hyvarinen, AISTATS
// 2010.
#pragma once

#include "rbm/trainer/objective.h"

namespace rbm {

struct NoiseContrastive {
    Units base;                ///< visible units without weights: what noise is drawn from
    std::size_t samples = 10;  ///< rows of noise per row of data

    /// What the mean takes over from a batch, by the share of the run that is done: a tenth at first, in the end so
    /// little that the noise of a hundred batches evens out.
    static double damping(double done);
    /// Standard error of that mean from the batches' variance around it.
    static double error(double variance, double done);

    std::size_t negative_rows(std::size_t batch) const { return samples * batch; }
    /// phase.log_constant is that mean, and at first the batch's own c.
    template <class Real>
    void add_gradient(const BasicMachine<Real>& machine, std::size_t batch, BasicNegativePhase<Real>& phase,
                      Random& random, BasicGradientWorkspace<Real>& workspace, BasicMachine<Real>& gradient) const;
};
static_assert(Objective<NoiseContrastive>);

}  // namespace rbm
