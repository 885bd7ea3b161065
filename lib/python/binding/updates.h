// SPDX-License-Identifier: MIT
// Persistent contrastive divergence batch by batch, as the estimators want it: rows in the caller's order, one sweep of
// the chains per update, their hidden states in an array of the caller's.
//
//   parameters += learning_rate / B (sum over the batch's B rows - sum over the C chains) of -dF/dparameters
//
// With C = B that is the gradient of the likelihood.  Where C and B differ both sums still weigh rows the same, as
// scikit-learn has it.
#pragma once

#include "binding.h"
#include "mersenne_twister.h"
#include "rbm/trainer/objective.h"
#include "rbm/trainer/optimizer.h"

namespace rbm::python {

class Updates {
  public:
    /// The machine and the chains [C x H] are changed where they lie, and have to outlive this.
    Updates(PyMachine& machine, Array chains, bool centering, std::vector<double> visible_means);

    /// Goes through rows order[batch_starts[0]], ... of the data.  Draws come from `numpy` where it is not null, which
    /// only machines of 0 and 1 can take; else from `random`.  Ends between two updates when cancelled.
    void run(const Dataset& data, std::span<const std::uint32_t> order, std::span<const std::size_t> batch_starts,
             float learning_rate, MersenneTwister* numpy, Random& random, const Control& control);

  private:
    void step(const Dataset& data, std::span<const std::uint32_t> rows, float learning_rate, MersenneTwister* numpy,
              Random& random);
    /// out = draws of these units; means [C x N] and out may lie anywhere.
    void draw(const Units& units, View field, ConstView means, MersenneTwister* numpy, Random& random, View out);

    Machine& machine_;
    Array chains_;
    View hidden_;  ///< what is in chains_
    UpdateSettings settings_;
    UpdateState state_;
    Machine gradient_;
    GradientWorkspace workspace_;
    UpdateWorkspace update_workspace_;
    Matrix visible_mean_;  ///< [C x V]
    std::vector<float> batch_visible_, batch_hidden_;
};

}  // namespace rbm::python
