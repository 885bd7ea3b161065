// SPDX-License-Identifier: MIT
// Learning to classify: the last visible units are labels (rbm/model/labels.h), and what is minimised is the mean over
// rows of -log p(label | data), in nats, alone or together with an objective of the joint density.  Its gradient is
// that of free energies, exact and without chains.
//
// Sources: Larochelle & Bengio, ICML 2008; Larochelle, Mandel, Pascanu & Bengio, JMLR 2012.
#pragma once

#include "rbm/trainer/objective.h"

namespace rbm {

struct Discriminative {
    std::size_t classes = 0;  ///< the last visible units: of each row one is on

    std::size_t negative_rows(std::size_t) const { return 0; }
    /// Throws Unsupported for visible units whose sites have several columns.
    template <class Real>
    void add_gradient(const BasicMachine<Real>& machine, std::size_t batch, BasicChains<Real>&, Random&,
                      BasicGradientWorkspace<Real>& workspace, BasicMachine<Real>& gradient) const;
};

/// -log p(label | data) + generative_weight times the loss of `generative`, such as ContrastiveDivergence on the joint
/// density of data and label.  workspace.loss is the first part.
template <class O>
struct Hybrid {
    Discriminative discriminative;
    O generative;
    double generative_weight = 0.01;

    std::size_t negative_rows(std::size_t batch) const { return generative.negative_rows(batch); }
    template <class Real>
    void add_gradient(const BasicMachine<Real>& machine, std::size_t batch, BasicNegativePhase<Real>& phase,
                      Random& random, BasicGradientWorkspace<Real>& workspace, BasicMachine<Real>& gradient) const {
        const std::vector<Real> row_weights(workspace.row_weights.begin(),
                                            workspace.row_weights.begin() + static_cast<std::ptrdiff_t>(batch));
        for (std::size_t b = 0; b < batch; ++b) workspace.row_weights[b] *= static_cast<Real>(generative_weight);
        const bool defers = std::exchange(workspace.defer_weights, false);  // of two parts there is no one product
        generative.add_gradient(machine, batch, phase, random, workspace, gradient);
        std::copy(row_weights.begin(), row_weights.end(), workspace.row_weights.begin());
        discriminative.add_gradient(machine, batch, phase, random, workspace, gradient);
        workspace.defer_weights = defers;
    }
};

static_assert(Objective<Discriminative>);

}  // namespace rbm
