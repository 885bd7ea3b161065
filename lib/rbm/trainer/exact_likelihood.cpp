// SPDX-License-Identifier: MIT
#include "rbm/trainer/exact_likelihood.h"

#include <fmt/format.h>

#include <cmath>
#include <numeric>
#include <utility>

#include "rbm/data/column_moments.h"
#include "rbm/kernels/error.h"
#include "rbm/kernels/ops.h"
#include "rbm/kernels/threads.h"
#include "rbm/model/enumerate.h"

namespace rbm {
namespace {

constexpr std::size_t chunk_rows = 512;

/// The rows that count, each once, and their shares.
void collect(const Dataset& data, std::span<const float> sample_weights, BasicMatrix<double>& rows,
             std::vector<double>& weights) {
    Matrix all(data.rows(), data.cols());
    data.fill(0, Stream{}, all);
    std::vector<std::size_t> order(data.rows());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto compare = [&](std::size_t a, std::size_t b) {
        const auto first = all.row(a), second = all.row(b);
        return std::lexicographical_compare_three_way(first.begin(), first.end(), second.begin(), second.end(),
                                                      [](float x, float y) { return std::strong_order(x + 0, y + 0); });
    };
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return compare(a, b) < 0; });
    std::vector<std::size_t> kept;
    double total = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
        const double weight = sample_weights.empty() ? 1 : static_cast<double>(sample_weights[order[i]]);
        if (weight == 0) continue;
        total += weight;
        if (!kept.empty() && compare(kept.back(), order[i]) == 0) {
            weights.back() += weight;
            continue;
        }
        kept.push_back(order[i]);
        weights.push_back(weight);
    }
    for (double& weight : weights) weight /= total;
    rows.resize(kept.size(), data.cols());
    for (std::size_t r = 0; r < kept.size(); ++r)
        std::copy(all.row(kept[r]).begin(), all.row(kept[r]).end(), rows.row(r).begin());
}

void check_states(const Machine& shape, const Dataset& data) {
    const Matrix states = site_states(shape.visible);
    Matrix row(1, data.cols());
    for (std::size_t r = 0; r < data.rows(); ++r) {
        data.fill(r, Stream{}, row);
        if (const std::size_t i = find_no_state<float>(states, row.row(0)); i < data.cols())
            throw DataError(
                fmt::format("{}: row {}, column {}: found {}, expected a state of the {} visible units; other "
                            "values have no likelihood",
                            data.name, r + 1, i + 1, row(0, i), kind(shape.visible)));
    }
}

}  // namespace

ExactLikelihood::ExactLikelihood(const Machine& shape, const Dataset& data, std::span<const float> sample_weights)
    : side_(enumerable_side(shape)) {
    if (data.cols() != shape.visible_count())
        throw InvalidArgument(fmt::format("ExactLikelihood: data has {} columns, the machine has {} visible units",
                                          data.cols(), shape.visible_count()));
    if (data.rows() == 0) throw InvalidArgument("ExactLikelihood: data has no rows");
    if (data.sampled())
        throw Unsupported("exact likelihood: the data are drawn again at each reading, expected fixed rows");
    check_row_weights(sample_weights, data.rows());
    check_states(shape, data);
    collect(data, sample_weights, rows_, weights_);
    if (is_discrete(shape.visible)) {
        bound_ = 0;
        for (const double weight : weights_) bound_ += weight * std::log(weight);
    }
    const double v = static_cast<double>(shape.visible_count()), h = static_cast<double>(shape.hidden_count());
    cost_ = side_ == Side::hidden ? static_cast<double>(state_count(shape.hidden)) * v
                                  : static_cast<double>(state_count(shape.visible)) * h;
    cost_ += static_cast<double>(rows_.rows()) * h * (1 + v / 8);
}

/// Minus the sum of F over some rows, by their weights; gradient += that of the sum.
double ExactLikelihood::add_data(const PreciseMachine& machine, std::size_t first, std::size_t count,
                                 PreciseMachine* gradient) const {
    const ConstDoubleView states = rows_.rows_from(first, count);
    const auto weights = std::span(weights_).subspan(first, count);
    PreciseMachine::Workspace workspace;
    std::vector<double> free_energies(count);
    machine.free_energy(states, {}, workspace, free_energies);
    double sum = 0;
    for (std::size_t b = 0; b < count; ++b) sum -= weights[b] * free_energies[b];
    if (gradient == nullptr) return sum;

    std::vector<double> signs(weights.begin(), weights.end());
    for (double& sign : signs) sign = -sign;
    const ConstDoubleView field = workspace.hidden_field;
    workspace.hidden_mean.resize(count, machine.hidden_count());
    mean(machine.hidden, field, {}, workspace.hidden_mean.view());
    const auto product = machine.weight_gradient(states, workspace.hidden_mean, signs, workspace);
    for (std::size_t b = 0; b < count; ++b)  // rows of bits are mostly 0: a product of matrices would not see it
        for (std::size_t i = 0; i < product.left.cols; ++i) {
            const double factor = product.scale * signs[b] * product.left.row(b)[i];
            if (factor == 0) continue;
            const auto out = gradient->weights.row(i);
            const auto right = product.right.row(b);
            for (std::size_t j = 0; j < out.size(); ++j) out[j] += factor * right[j];
        }
    machine.add_unit_gradient(states, field, workspace.hidden_mean, signs, *gradient);
    return sum;
}

double ExactLikelihood::operator()(const PreciseMachine& machine, PreciseMachine* gradient,
                                   const Control& control) const {
    Work work(control, "likelihood");
    const std::size_t chunks = (rows_.rows() + chunk_rows - 1) / chunk_rows;
    std::vector<double> sums(chunks);
    std::vector<PreciseMachine> gradients(gradient == nullptr ? 0 : chunks);
    parallel_for(chunks, [&](std::size_t chunk) {
        work.ask();
        if (gradient != nullptr) gradients[chunk] = machine.zeros_like();
        const std::size_t first = chunk * chunk_rows, count = std::min(chunk_rows, rows_.rows() - first);
        sums[chunk] = add_data(machine, first, count, gradient == nullptr ? nullptr : &gradients[chunk]);
    });
    const double of_data = std::accumulate(sums.begin(), sums.end(), 0.0);
    const StateSum states(machine, side_);
    if (gradient == nullptr) return of_data - states.log_partition(work.part());

    PreciseMachine of_data_gradient = std::move(gradients[0]);
    for (std::size_t chunk = 1; chunk < chunks; ++chunk)
        each_pair(of_data_gradient, gradients[chunk],
                  [](std::string_view, std::span<double> out, std::span<double> in) {
                      for (std::size_t i = 0; i < out.size(); ++i) out[i] += in[i];
                  });
    if (machine.couples()) {
        std::vector<double> coupling(machine.visible_count());
        add_row_dots(-1.0, machine.weights.view(), std::as_const(of_data_gradient).weights.view(), coupling);
        machine.add_coupling(coupling, of_data_gradient);
    }
    PreciseMachine of_states = machine.zeros_like();
    const double log_partition = states.add_gradient(of_states, work.part());
    *gradient = std::move(of_data_gradient);
    each_pair(*gradient, of_states, [](std::string_view, std::span<double> out, std::span<double> in) {
        for (std::size_t i = 0; i < out.size(); ++i) out[i] -= in[i];
    });
    return of_data - log_partition;
}

}  // namespace rbm
