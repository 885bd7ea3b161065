// SPDX-License-Identifier: MIT
// The mean log-likelihood of data under a machine that is small enough to enumerate, and its gradient, both exact and
// in double: what contrastive divergence approximates.
#pragma once

#include <limits>

#include "rbm/data/dataset.h"
#include "rbm/kernels/control.h"
#include "rbm/model/state_sum.h"

namespace rbm {

class ExactLikelihood {
  public:
    /// Equal rows are counted together.  sample_weights has one value per row of data, or none; they count relative to
    /// their sum.  `shape` has the unit kinds and sizes of the machines to come.  Throws Unsupported when neither side
    /// of those can be enumerated, or when data are drawn afresh at each reading; DataError naming the first value that
    /// is no state of the visible units; InvalidArgument for shapes that do not fit.
    ExactLikelihood(const Machine& shape, const Dataset& data, std::span<const float> sample_weights = {});

    /// No machine can do better: minus the entropy of the data in nats, or infinity for continuous units.
    double bound() const { return bound_; }
    std::size_t distinct_rows() const { return rows_.rows(); }
    /// What one evaluation takes, in terms of a unit and a state or row.
    double cost() const { return cost_; }

    /// In nats per sample.  The gradient, if any, is overwritten.
    double operator()(const PreciseMachine& machine, PreciseMachine* gradient = nullptr,
                      const Control& control = {}) const;

  private:
    double add_data(const PreciseMachine& machine, std::size_t first, std::size_t count,
                    PreciseMachine* gradient) const;

    Side side_ = Side::hidden;
    BasicMatrix<double> rows_;     ///< [distinct rows x V]
    std::vector<double> weights_;  ///< of those rows; their sum is 1
    double bound_ = std::numeric_limits<double>::infinity();
    double cost_ = 0;
};

}  // namespace rbm
