// SPDX-License-Identifier: MIT
// Learning from rows of which some values are missing: NaN in the batch.
//
// What is missing is drawn from p(missing | known) by clamped chains that start at units drawn from their biases alone,
// afresh in each update; then the objective goes on as with whole rows.  For as many sweeps as the chains need to
// forget their start, its data side is that of the likelihood of the known values alone:
//
//   -d log p(known)  =  E[dF(v) | known] - E_model[dF(v)]
//
// Rows without missing values, and objectives on data that have none, are left as they are to the last bit.
#pragma once

#include "rbm/trainer/objective.h"

namespace rbm {

/// Draws values for the NaN among the first `batch` rows of the workspace's visible states.
template <class Real>
void fill_in_missing(const BasicMachine<Real>& machine, std::size_t batch, std::size_t sweeps, Random& random,
                     BasicGradientWorkspace<Real>& workspace);

/// Any objective that follows the density of whole rows, with the missing values of its batches filled in first.  Not
/// Discriminative: what is drawn given the label knows it.
template <class O>
struct WithMissing {
    O objective;
    std::size_t sweeps = 10;  ///< of the clamped chains, per update

    std::size_t negative_rows(std::size_t batch) const { return objective.negative_rows(batch); }
    template <class Real>
    void add_gradient(const BasicMachine<Real>& machine, std::size_t batch, BasicNegativePhase<Real>& chains,
                      Random& random, BasicGradientWorkspace<Real>& workspace, BasicMachine<Real>& gradient) const {
        fill_in_missing(machine, batch, sweeps, random, workspace);
        objective.add_gradient(machine, batch, chains, random, workspace, gradient);
    }
};

}  // namespace rbm
