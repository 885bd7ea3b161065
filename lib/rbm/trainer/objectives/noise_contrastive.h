// SPDX-License-Identifier: MIT
// Noise-contrastive estimation: tell data from noise of a known density q by the log odds
//
//   G(v)  =  -F(v) + c - log q(v) - log(samples)
//   loss  =  mean over data of log(1 + exp(-G)) + samples * mean over noise of log(1 + exp(G))       in nats
//
// where c, which is to become -log Z, is learned with the machine.  q is a factorial base fitted to the data, so its
// density is exact and its samples are independent.  Each gradient is taken where its batch's loss is smallest in c: if
// c lagged behind, a step of the other parameters would move log Z and with it the odds of all rows, and rates that
// suit likelihoods would diverge.  What is learned is the running mean of these c.
// Source: Gutmann & Hyvarinen, AISTATS 2010.
//
// Such a c takes the data for draws of the machine, so it is -log Z as far as the machine fits them.  The rows of noise
// alone know log Z without the data, log mean exp(-F) / q, as far as they cover the machine.  Where both hold, the two
// agree; how far they are apart is told with c.
#pragma once

#include "rbm/trainer/objective.h"

namespace rbm {

struct NoiseContrastive {
    Units base;                ///< visible units without weights: what noise is drawn from
    std::size_t samples = 10;  ///< rows of noise per row of data

    /// What the mean takes over from a batch, by the share of the run that is done and that of one update: a tenth at
    /// first, in the end so little that the noise of a hundred batches evens out, or of the last tenth of a short run.
    static double damping(double done, double stride);

    struct Learned {
        double log_partition, low, high;
    };
    /// -c, and an interval that holds both what data and noise say and what the noise alone says, each with three
    /// standard errors of its mean over batches.  Of a phase that has log_constant.
    template <class Real>
    static Learned learned(const BasicNegativePhase<Real>& phase, double done, double stride);

    std::size_t negative_rows(std::size_t batch) const { return samples * batch; }
    /// phase.log_constant is that mean, and at first the batch's own c.
    template <class Real>
    void add_gradient(const BasicMachine<Real>& machine, std::size_t batch, BasicNegativePhase<Real>& phase,
                      Random& random, BasicGradientWorkspace<Real>& workspace, BasicMachine<Real>& gradient) const;
};
static_assert(Objective<NoiseContrastive>);

}  // namespace rbm
