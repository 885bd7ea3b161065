// SPDX-License-Identifier: MIT
// Weights beside the matrix itself, in the form that a backend's products like best: what it is, only that backend
// knows.
#pragma once

#include <memory>

#include "rbm/kernels/matrix.h"

namespace rbm {

class Backend;

/// What a backend derives its form from.
class WeightForm {
  public:
    virtual ~WeightForm() = default;
};

/// Whoever prepares weights promises that they stay as they are, but for updates that know of it (WeightMemory), until
/// they are prepared again or released.  A copy of this holds nothing.
class PreparedWeights {
  public:
    PreparedWeights() = default;
    PreparedWeights(const PreparedWeights&) {}
    PreparedWeights& operator=(const PreparedWeights&) {
        release();
        return *this;
    }

    /// Prepares weights [V x H] for this backend, or for the one in use.
    void prepare(ConstView weights, const Backend& backend);
    void prepare(ConstView weights);
    void prepare(MatrixView<const double>) {}  ///< products in double do without

    void release() { weights_ = {}; }

    /// True while these are the weights that were prepared, for the backend in use.
    bool holds(ConstView weights) const;
    bool holds(MatrixView<const double>) const { return false; }

    ConstView weights() const { return weights_; }
    /// What the backend made; null when it made nothing.
    WeightForm* form() const { return form_.get(); }

  private:
    ConstView weights_;
    const Backend* backend_ = nullptr;
    std::unique_ptr<WeightForm> form_;
};

}  // namespace rbm
