// SPDX-License-Identifier: MIT
// The reference loops as a backend.
#include "rbm/kernels/reference.h"

#include "rbm/kernels/backend.h"

namespace rbm {
namespace {

class Reference final : public Backend {
  public:
    std::string_view name() const override { return "reference"; }
    void multiply(ConstView a, ConstView w, View out) const override { reference::multiply(a, w, out); }
    void multiply_transposed(ConstView a, ConstView w, View out) const override {
        reference::multiply_transposed(a, w, out);
    }
    void add_outer(const OuterProduct& product, View out) const override { reference::add_outer(product, out); }
    void logistic(ConstView field, Floats bias, Floats beta, View out) const override {
        reference::logistic(field, bias, beta, out);
    }
    void sample_logistic(ConstView field, Floats bias, Floats beta, const Stream& stream, View out) const override {
        reference::sample_logistic(field, bias, beta, stream, out);
    }
    void add_softplus_sums(ConstView field, Floats bias, Floats beta, Sums out) const override {
        reference::add_softplus_sums(field, bias, beta, out);
    }
    void sample_normal(ConstView mean, Floats deviation, Floats beta, const Stream& stream, View out) const override {
        reference::sample_normal(mean, deviation, beta, stream, out);
    }
    void add_dots(double scale, ConstView a, Floats vector, Sums out) const override {
        reference::add_dots(scale, a, vector, out);
    }
    void add_row_dots(double scale, ConstView a, ConstView c, Sums out) const override {
        reference::add_row_dots(scale, a, c, out);
    }
    void add_weighted_squares(double scale, ConstView a, Floats center, Floats precision, Sums out) const override {
        reference::add_weighted_squares(scale, a, center, precision, out);
    }
    void add_column_sums(double scale, ConstView a, Floats row_weights, std::span<float> out) const override {
        reference::add_column_sums(scale, a, row_weights, out);
    }
    void add_column_moments(ConstView a, Floats center, Floats row_weights, Sums first, Sums second) const override {
        reference::add_column_moments(a, center, row_weights, first, second);
    }
    void add_vector(ConstView a, Floats vector, View out) const override { reference::add_vector(a, vector, out); }
    void scale_columns(ConstView a, Floats factors, View out) const override {
        reference::scale_columns(a, factors, out);
    }
    double slope_squares(ConstView slopes, const WeightUpdate& update) const override {
        return reference::slope_squares(slopes, update);
    }
    WeightUpdateSums update_weights(ConstView slopes, const WeightUpdate& update,
                                    const WeightMemory& memory) const override {
        const WeightUpdateSums sums = reference::update_weights(slopes, update, memory);
        if (memory.packed != nullptr) memory.packed->pack(memory.weights);
        return sums;
    }
};

}  // namespace

const Backend& reference_backend() {
    static const Reference the_backend;
    return the_backend;
}

}  // namespace rbm
