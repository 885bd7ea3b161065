// SPDX-License-Identifier: MIT
#include "rbm/model/labels.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "rbm/kernels/error.h"
#include "rbm/kernels/ops.h"

namespace rbm {

template <class Real>
std::pair<Real, Real> label_values(const BasicUnits<Real>& visible, std::string_view asked_by) {
    if (site_width(visible) > 1)
        throw Unsupported(fmt::format("{}: labels among {} visible units, expected units of one column each", asked_by,
                                      name_with_states(visible)));
    const std::vector<Real> letters = alphabet(visible);
    if (letters.empty()) return {Real{0}, Real{1}};
    const auto [low, high] = std::ranges::minmax(letters);
    return {low, high};
}

template <class Real>
void BasicLabelledStates<Real>::compute(const BasicMachine<Real>& machine, MatrixView<const Real> visible_state,
                                        std::size_t classes, BasicWorkspace<Real>& workspace) {
    const auto [off, on] = label_values(machine.visible, "labels");
    const std::size_t rows = visible_state.rows, visible = machine.visible_count(), hidden = machine.hidden_count();
    const std::size_t data = visible - classes;
    states.resize(rows + classes, visible);
    for (std::size_t b = 0; b < rows; ++b) {
        std::copy_n(visible_state.row(b).begin(), data, states.row(b).begin());
        std::fill_n(states.row(b).begin() + static_cast<std::ptrdiff_t>(data), classes, off);
    }
    own.resize(2 * classes, visible);
    own.fill(0);
    for (std::size_t c = 0; c < classes; ++c) {
        std::ranges::fill(states.row(rows + c), Real{0});
        states(rows + c, data + c) = on - off;  // statistics are linear
        own(c, data + c) = on;
        own(classes + c, data + c) = off;
    }
    shared_field.resize(rows + classes, hidden);
    machine.hidden_field(states.view(), workspace, shared_field.view());
    field.resize(classes * rows, hidden);
    for (std::size_t c = 0; c < classes; ++c)
        add_vector(std::as_const(shared_field).rows_from(0, rows), std::as_const(shared_field).row(rows + c),
                   field.rows_from(c * rows, rows));
    minus_free_energy.assign(classes * rows, 0.0);
    add_log_normalizer(machine.hidden, std::as_const(field).view(), {}, minus_free_energy);
    own_energy.assign(2 * classes, 0.0);
    row_energy.assign(rows, 0.0);
    add_energy(machine.visible, std::as_const(own).view(), own_energy);
    add_energy(machine.visible, std::as_const(states).rows_from(0, rows), row_energy);
    for (std::size_t c = 0; c < classes; ++c)
        for (std::size_t b = 0; b < rows; ++b)
            minus_free_energy[c * rows + b] -= row_energy[b] + own_energy[c] - own_energy[classes + c];
    log_probability.resize(classes * rows);
    free_energy.resize(rows);
    for (std::size_t b = 0; b < rows; ++b) {
        double most = minus_free_energy[b], sum = 0;
        for (std::size_t c = 1; c < classes; ++c) most = std::max(most, minus_free_energy[c * rows + b]);
        for (std::size_t c = 0; c < classes; ++c) sum += std::exp(minus_free_energy[c * rows + b] - most);
        free_energy[b] = -(most + std::log(sum));
        for (std::size_t c = 0; c < classes; ++c)
            log_probability[c * rows + b] = minus_free_energy[c * rows + b] + free_energy[b];
    }
}

template <class Real>
LabelPosterior label_posterior(const BasicMachine<Real>& machine, ConstViewOf<Real> visible_state,
                               std::size_t classes, const Control& control) {
    const std::size_t visible = machine.visible_count(), cols = visible_state.cols;
    if (classes < 2 || classes > most_labels || classes >= visible || (cols != visible && cols != visible - classes))
        throw InvalidArgument(
            fmt::format("label_posterior: found {} columns and {} classes, expected at least two, and as many columns "
                        "as the machine's {} visible units, with or without the label",
                        cols, classes, visible));
    LabelPosterior result{
        BasicMatrix<double>(visible_state.rows, classes), BasicMatrix<double>(visible_state.rows, classes), {}};
    result.free_energy.reserve(visible_state.rows);
    BasicLabelledStates<Real> labelled;
    BasicWorkspace<Real> workspace;
    const PreparedMachine prepared(machine, workspace, visible_state.rows);
    Work work(control, "scoring", visible_state.rows);
    constexpr std::size_t block = 128;  // C times as many fields
    for (std::size_t first = 0; first < visible_state.rows; first += block) {
        const std::size_t count = std::min(block, visible_state.rows - first);
        labelled.compute(machine, visible_state.rows_from(first, count), classes, workspace);
        for (std::size_t b = 0; b < count; ++b)
            for (std::size_t c = 0; c < classes; ++c) {
                result.log_probability(first + b, c) = labelled.log_probability[c * count + b];
                result.probability(first + b, c) = std::exp(labelled.log_probability[c * count + b]);
            }
        result.free_energy.insert(result.free_energy.end(), labelled.free_energy.begin(), labelled.free_energy.end());
        work.advance(count);
    }
    return result;
}

#define RBM_INSTANTIATE(Real)                                                                               \
    template std::pair<Real, Real> label_values(const BasicUnits<Real>&, std::string_view);                 \
    template struct BasicLabelledStates<Real>;                                                              \
    template LabelPosterior label_posterior(const BasicMachine<Real>&, MatrixView<const Real>, std::size_t, \
                                            const Control&);
RBM_INSTANTIATE(float)
RBM_INSTANTIATE(double)
#undef RBM_INSTANTIATE

}  // namespace rbm
