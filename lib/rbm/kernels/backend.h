// SPDX-License-Identifier: MIT
// The kernels behind float machines.  What each computes stands in reference.h.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "rbm/kernels/categorical.h"
#include "rbm/kernels/matrix.h"
#include "rbm/kernels/random.h"
#include "rbm/kernels/weight_update.h"

namespace rbm {

using Floats = std::span<const float>;
using Sums = std::span<double>;

/// Loops over whole matrices.  Shapes are the caller's promise; nothing here checks or allocates per call.  What a
/// backend does not override are the reference loops: right, and slow.
class Backend {
  public:
    virtual ~Backend() = default;
    virtual std::string_view name() const = 0;

    virtual void multiply(ConstView a, ConstView w, View out) const;
    virtual void multiply_transposed(ConstView a, ConstView w, View out) const;

    // Products of many rows by the same weights may go by a form of them that the backend makes.  What stands here does
    // without one.
    /// True when making it pays for products of so many rows.
    virtual bool prepares(std::size_t /*rows*/) const { return false; }
    /// The form of weights [V x H], made in the memory of `before`, one of another matrix, or null.
    virtual std::unique_ptr<WeightForm> prepare(ConstView /*weights*/, std::unique_ptr<WeightForm> before) const {
        return before;
    }
    /// out = a W and out = a W^T by weights that this backend has prepared.
    virtual void multiply_prepared(ConstView a, const PreparedWeights& w, View out) const;
    virtual void multiply_prepared_transposed(ConstView a, const PreparedWeights& w, View out) const;

    /// out += product.
    virtual void add_outer(const OuterProduct& product, View out) const;
    virtual void logistic(ConstView field, Floats bias, Floats beta, View out) const;
    virtual void sample_logistic(ConstView field, Floats bias, Floats beta, const Stream&, View out) const;
    virtual void sample_tempered_logistic(ConstView field, Floats base, Floats change, Floats beta, const Stream&,
                                          View out) const;
    virtual void add_softplus_sums(ConstView field, Floats bias, Floats beta, Sums out) const;
    virtual void add_softplus_changes(ConstView field, Floats base, Floats change, Floats from, Floats to,
                                      Sums out) const;
    virtual void softmax(const CategoricalField<float>&, View out) const;
    virtual void sample_softmax(const CategoricalField<float>&, const Stream&, View out) const;
    virtual void add_log_sum_exps(double scale, const CategoricalField<float>&, Sums out) const;
    virtual void sample_normal(ConstView mean, Floats deviation, Floats beta, const Stream&, View out) const;
    virtual void add_dots(double scale, ConstView a, Floats vector, Sums out) const;
    virtual void add_row_dots(double scale, ConstView a, ConstView c, Sums out) const;
    virtual void add_weighted_squares(double scale, ConstView a, Floats center, Floats precision, Sums out) const;
    virtual void add_column_sums(double scale, ConstView a, Floats row_weights, std::span<float> out) const;
    virtual void add_column_moments(ConstView a, Floats center, Floats row_weights, Sums first, Sums second) const;
    virtual void add_vector(ConstView a, Floats vector, View out) const;
    virtual void scale_columns(ConstView a, Floats factors, View out) const;
    virtual void add(ConstView a, ConstView b, View out) const;
    virtual void approach(float rate, ConstView goal, View out) const;
    virtual void scale_rows(float scale, Floats factors, View out) const;
    virtual void add_group_sums(ConstView a, Floats row_weights, View out) const;
    virtual double slope_squares(ConstView slopes, const WeightUpdate&) const;
    virtual WeightUpdateSums update_weights(ConstView slopes, const WeightUpdate&, const WeightMemory&) const;
    /// The same with slopes that are multiplied out on the way.
    virtual WeightUpdateSums update_weights_by_outer(const OuterProduct& slopes, const WeightUpdate&,
                                                     const WeightMemory&) const;
};

/// The backend that this thread's calls run on: that of its ContextScope (context.h), else the process default.
/// RBM_INSTRUCTIONS limits the instructions of its vector kernels, see vector_kernels.h.
const Backend& backend();

/// "reference", "openblas", or what else backend.cpp lists; throws InvalidArgument naming those there are.
const Backend& backend_named(std::string_view name);
std::vector<std::string_view> available_backends();

/// Sets the process default by name.  At first it is the one that RBM_BACKEND names, or "openblas".
void use_backend(std::string_view name);
/// The same for one of your own, which must outlive all use.
void use_backend(const Backend& backend);

const Backend& reference_backend();
const Backend& openblas_backend();

}  // namespace rbm
