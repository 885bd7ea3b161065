// SPDX-License-Identifier: MIT
// The kernels behind float machines: one plain implementation, one fast one.  What each computes stands in reference.h.
#pragma once

#include <string_view>
#include <vector>

#include "rbm/kernels/matrix.h"
#include "rbm/kernels/random.h"
#include "rbm/kernels/weight_update.h"

namespace rbm {

using Floats = std::span<const float>;
using Sums = std::span<double>;

/// Loops over whole matrices.  Shapes are the caller's promise; nothing here checks or allocates per call.
class Backend {
  public:
    virtual ~Backend() = default;
    virtual std::string_view name() const = 0;

    virtual void multiply(ConstView a, ConstView w, View out) const = 0;
    virtual void multiply_transposed(ConstView a, ConstView w, View out) const = 0;
    /// The same by weights that are packed: out = a W and out = a W^T.
    virtual void multiply_packed(ConstView a, const PackedWeights& w, View out) const;
    virtual void multiply_packed_transposed(ConstView a, const PackedWeights& w, View out) const;
    /// out += product.
    virtual void add_outer(const OuterProduct& product, View out) const = 0;
    virtual void logistic(ConstView field, Floats bias, Floats beta, View out) const = 0;
    virtual void sample_logistic(ConstView field, Floats bias, Floats beta, const Stream&, View out) const = 0;
    virtual void add_softplus_sums(ConstView field, Floats bias, Floats beta, Sums out) const = 0;
    virtual void sample_normal(ConstView mean, Floats deviation, Floats beta, const Stream&, View out) const = 0;
    virtual void add_dots(double scale, ConstView a, Floats vector, Sums out) const = 0;
    virtual void add_row_dots(double scale, ConstView a, ConstView c, Sums out) const = 0;
    virtual void add_weighted_squares(double scale, ConstView a, Floats center, Floats precision, Sums out) const = 0;
    virtual void add_column_sums(double scale, ConstView a, Floats row_weights, std::span<float> out) const = 0;
    virtual void add_column_moments(ConstView a, Floats center, Floats row_weights, Sums first, Sums second) const = 0;
    virtual void add_vector(ConstView a, Floats vector, View out) const = 0;
    virtual void scale_columns(ConstView a, Floats factors, View out) const = 0;
    virtual double slope_squares(ConstView slopes, const WeightUpdate&) const = 0;
    virtual WeightUpdateSums update_weights(ConstView slopes, const WeightUpdate&, const WeightMemory&) const = 0;
    /// The same with slopes that are multiplied out on the way.
    virtual WeightUpdateSums update_weights_by_outer(const OuterProduct& slopes, const WeightUpdate&,
                                                     const WeightMemory&) const;
};

/// The backend that this thread's calls run on: that of its ContextScope (context.h), else the process default.
/// RBM_INSTRUCTIONS limits the instructions of its vector kernels, see vector_kernels.h.
const Backend& backend();

/// "reference" or "openblas"; throws InvalidArgument naming those there are.
const Backend& backend_named(std::string_view name);
std::vector<std::string_view> available_backends();

/// Sets the process default by name.  At first it is the one that RBM_BACKEND names, or "openblas".
void use_backend(std::string_view name);

const Backend& reference_backend();
const Backend& openblas_backend();

}  // namespace rbm
