// SPDX-License-Identifier: MIT
// What every backend does unless it knows better: the reference loops.
#include "rbm/kernels/reference.h"

#include "rbm/kernels/backend.h"

namespace rbm {
namespace {

class Reference final : public Backend {
  public:
    std::string_view name() const override { return "reference"; }
};

}  // namespace

const Backend& reference_backend() {
    static const Reference the_backend;
    return the_backend;
}

void Backend::multiply(ConstView a, ConstView w, View out) const { reference::multiply(a, w, out); }
void Backend::multiply_transposed(ConstView a, ConstView w, View out) const {
    reference::multiply_transposed(a, w, out);
}
void Backend::add_outer(const OuterProduct& product, View out) const { reference::add_outer(product, out); }
void Backend::logistic(ConstView field, Floats bias, Floats beta, View out) const {
    reference::logistic(field, bias, beta, out);
}
void Backend::sample_logistic(ConstView field, Floats bias, Floats beta, const Stream& stream, View out) const {
    reference::sample_logistic(field, bias, beta, stream, out);
}
void Backend::add_softplus_sums(ConstView field, Floats bias, Floats beta, Sums out) const {
    reference::add_softplus_sums(field, bias, beta, out);
}
void Backend::sample_tempered_logistic(ConstView field, Floats base, Floats change, Floats beta, const Stream& stream,
                                       View out) const {
    reference::sample_tempered_logistic(field, base, change, beta, stream, out);
}
void Backend::add_softplus_changes(ConstView field, Floats base, Floats change, Floats from, Floats to,
                                   Sums out) const {
    reference::add_softplus_changes(field, base, change, from, to, out);
}
void Backend::softmax(const CategoricalField<float>& input, View out) const { reference::softmax(input, out); }
void Backend::sample_softmax(const CategoricalField<float>& input, const Stream& stream, View out) const {
    reference::sample_softmax(input, stream, out);
}
void Backend::add_log_sum_exps(double scale, const CategoricalField<float>& input, Sums out) const {
    reference::add_log_sum_exps(scale, input, out);
}
void Backend::sample_normal(ConstView mean, Floats deviation, Floats beta, const Stream& stream, View out) const {
    reference::sample_normal(mean, deviation, beta, stream, out);
}
void Backend::add_dots(double scale, ConstView a, Floats vector, Sums out) const {
    reference::add_dots(scale, a, vector, out);
}
void Backend::add_row_dots(double scale, ConstView a, ConstView c, Sums out) const {
    reference::add_row_dots(scale, a, c, out);
}
void Backend::add_weighted_squares(double scale, ConstView a, Floats center, Floats precision, Sums out) const {
    reference::add_weighted_squares(scale, a, center, precision, out);
}
void Backend::add_column_sums(double scale, ConstView a, Floats row_weights, std::span<float> out) const {
    reference::add_column_sums(scale, a, row_weights, out);
}
void Backend::add_column_moments(ConstView a, Floats center, Floats row_weights, Sums first, Sums second) const {
    reference::add_column_moments(a, center, row_weights, first, second);
}
void Backend::add_vector(ConstView a, Floats vector, View out) const { reference::add_vector(a, vector, out); }
void Backend::scale_columns(ConstView a, Floats factors, View out) const { reference::scale_columns(a, factors, out); }
void Backend::add(ConstView a, ConstView b, View out) const { reference::add(a, b, out); }
void Backend::approach(float rate, ConstView goal, View out) const { reference::approach(rate, goal, out); }
void Backend::scale_rows(float scale, Floats factors, View out) const { reference::scale_rows(scale, factors, out); }
void Backend::add_group_sums(ConstView a, Floats row_weights, View out) const {
    reference::add_group_sums(a, row_weights, out);
}
double Backend::slope_squares(ConstView slopes, const WeightUpdate& update) const {
    return reference::slope_squares(slopes, update);
}
WeightUpdateSums Backend::update_weights(ConstView slopes, const WeightUpdate& update,
                                         const WeightMemory& memory) const {
    const WeightUpdateSums sums = reference::update_weights(slopes, update, memory);
    if (memory.prepared != nullptr && memory.prepared->form() != nullptr)
        memory.prepared->prepare(memory.weights, *this);
    return sums;
}

void Backend::multiply_prepared(ConstView a, const PreparedWeights& w, View out) const {
    multiply(a, w.weights(), out);
}
void Backend::multiply_prepared_transposed(ConstView a, const PreparedWeights& w, View out) const {
    multiply_transposed(a, w.weights(), out);
}
WeightUpdateSums Backend::update_weights_by_outer(const OuterProduct& slopes, const WeightUpdate& update,
                                                  const WeightMemory& memory) const {
    Matrix written(memory.weights.rows, memory.weights.cols);
    add_outer(slopes, written);
    return update_weights(written, update, memory);
}

}  // namespace rbm
