// SPDX-License-Identifier: MIT
#include "rbm/model/machine.h"

#include <fmt/format.h>

#include <utility>

#include "rbm/kernels/error.h"
#include "rbm/kernels/ops.h"

namespace rbm {
namespace {

template <class Real>
void check_columns(const char* function, const char* side, MatrixView<const Real> state, std::size_t units) {
    if (state.cols != units)
        throw InvalidArgument(fmt::format("Machine::{}: {} has {} columns, the machine has {} {} units", function, side,
                                          state.cols, units, side));
}

void check_rows(const char* function, const char* what, std::size_t found, std::size_t expected) {
    if (found != expected)
        throw InvalidArgument(
            fmt::format("Machine::{}: {} has {} values, the batch has {} rows", function, what, found, expected));
}

}  // namespace

template <class Real>
BasicMachine<Real>::BasicMachine(BasicUnits<Real> visible_units, BasicUnits<Real> hidden_units)
    : visible(std::move(visible_units)), hidden(std::move(hidden_units)), weights(width(visible), width(hidden)) {
    if (!is_bounded(visible) && !is_bounded(hidden))
        throw Unsupported(fmt::format("a machine of {} visible and {} hidden units: its energy has no lower bound",
                                      kind(visible), kind(hidden)));
}

template <class Real>
void BasicMachine<Real>::hidden_field(ConstView visible_state, Workspace& workspace, View out) const {
    multiply(statistic(visible, visible_state, workspace.visible_statistic), weights.view(), workspace.prepared, out);
}

template <class Real>
void BasicMachine<Real>::visible_field(ConstView hidden_state, Workspace& workspace, View out) const {
    multiply_transposed(statistic(hidden, hidden_state, workspace.hidden_statistic), weights.view(), workspace.prepared,
                        out);
}

template <class Real>
auto BasicMachine<Real>::hidden_mean(ConstView visible_state, Beta beta) const -> Matrix {
    check_columns("hidden_mean", "visible", visible_state, visible_count());
    if (!beta.empty()) check_rows("hidden_mean", "beta", beta.size(), visible_state.rows);
    Workspace workspace;
    Matrix out(visible_state.rows, hidden_count());
    hidden_field(visible_state, workspace, out);
    mean(hidden, out, beta, out.view());
    return out;
}

template <class Real>
auto BasicMachine<Real>::visible_mean(ConstView hidden_state, Beta beta) const -> Matrix {
    check_columns("visible_mean", "hidden", hidden_state, hidden_count());
    if (!beta.empty()) check_rows("visible_mean", "beta", beta.size(), hidden_state.rows);
    Workspace workspace;
    Matrix out(hidden_state.rows, visible_count());
    visible_field(hidden_state, workspace, out);
    mean(visible, out, beta, out.view());
    return out;
}

template <class Real>
auto BasicMachine<Real>::sample_hidden(ConstView visible_state, Random& random, Beta beta) const -> Matrix {
    check_columns("sample_hidden", "visible", visible_state, visible_count());
    if (!beta.empty()) check_rows("sample_hidden", "beta", beta.size(), visible_state.rows);
    Workspace workspace;
    Matrix out(visible_state.rows, hidden_count());
    hidden_field(visible_state, workspace, out);
    sample(hidden, out, beta, random.next(), out.view());
    return out;
}

template <class Real>
auto BasicMachine<Real>::sample_visible(ConstView hidden_state, Random& random, Beta beta) const -> Matrix {
    check_columns("sample_visible", "hidden", hidden_state, hidden_count());
    if (!beta.empty()) check_rows("sample_visible", "beta", beta.size(), hidden_state.rows);
    Workspace workspace;
    Matrix out(hidden_state.rows, visible_count());
    visible_field(hidden_state, workspace, out);
    sample(visible, out, beta, random.next(), out.view());
    return out;
}

template <class Real>
std::vector<double> BasicMachine<Real>::energy(ConstView visible_state, ConstView hidden_state) const {
    check_columns("energy", "visible", visible_state, visible_count());
    check_columns("energy", "hidden", hidden_state, hidden_count());
    check_rows("energy", "hidden", hidden_state.rows, visible_state.rows);
    Workspace workspace;
    workspace.hidden_field.resize(visible_state.rows, hidden_count());
    hidden_field(visible_state, workspace, workspace.hidden_field);
    std::vector<double> out(visible_state.rows);
    add_energy(visible, visible_state, out);
    add_energy(hidden, hidden_state, out);
    add_row_dots(-1.0, workspace.hidden_field, statistic(hidden, hidden_state, workspace.hidden_statistic), out);
    return out;
}

template <class Real>
void BasicMachine<Real>::free_energy(ConstView visible_state, Beta beta, Workspace& workspace,
                                     std::span<double> out) const {
    workspace.hidden_field.resize(visible_state.rows, hidden_count());
    hidden_field(visible_state, workspace, workspace.hidden_field);
    std::fill(out.begin(), out.end(), 0.0);
    add_energy(visible, visible_state, out);
    for (std::size_t b = 0; b < out.size(); ++b) out[b] *= -static_cast<double>(reference::row_value(beta, b));
    add_log_normalizer(hidden, workspace.hidden_field, beta, out);
    for (double& value : out) value = -value;
}

template <class Real>
std::vector<double> BasicMachine<Real>::free_energy(ConstView visible_state, Beta beta) const {
    check_columns("free_energy", "visible", visible_state, visible_count());
    if (!beta.empty()) check_rows("free_energy", "beta", beta.size(), visible_state.rows);
    Workspace workspace;
    std::vector<double> out(visible_state.rows);
    constexpr std::size_t block = 1024;  // fields of a whole data set would not fit the cache, nor always the memory
    for (std::size_t first = 0; first < out.size(); first += block) {
        const std::size_t count = std::min(block, out.size() - first);
        free_energy(visible_state.rows_from(first, count), beta.empty() ? beta : beta.subspan(first, count), workspace,
                    std::span(out).subspan(first, count));
    }
    return out;
}

template <class Real>
std::vector<double> BasicMachine<Real>::hidden_free_energy(ConstView hidden_state, Beta beta) const {
    check_columns("hidden_free_energy", "hidden", hidden_state, hidden_count());
    if (!beta.empty()) check_rows("hidden_free_energy", "beta", beta.size(), hidden_state.rows);
    Workspace workspace;
    Matrix field(hidden_state.rows, visible_count());
    visible_field(hidden_state, workspace, field);
    std::vector<double> out(hidden_state.rows);
    add_energy(hidden, hidden_state, out);
    for (std::size_t b = 0; b < out.size(); ++b) out[b] *= -static_cast<double>(reference::row_value(beta, b));
    add_log_normalizer(visible, field, beta, out);
    for (double& value : out) value = -value;
    return out;
}

template <class Real>
auto BasicMachine<Real>::score(ConstView visible_state) const -> Matrix {
    check_columns("score", "visible", visible_state, visible_count());
    const Matrix hidden_means = hidden_mean(visible_state);
    Workspace workspace;
    Matrix field(visible_state.rows, visible_count());
    visible_field(hidden_means, workspace, field);
    std::visit(
        [&](const auto& bank) {
            if constexpr (requires { bank.score(visible_state, field, field.view()); })
                bank.score(visible_state, field, field.view());
            else
                throw Unsupported(fmt::format("score: {} visible units have no gradient in v", bank.name));
        },
        visible);
    return field;
}

template <class Real>
bool BasicMachine<Real>::couples() const {
    return std::visit([](const auto& bank) { return bank.gradient_needs_coupling; }, visible);
}

template <class Real>
BasicOuterProduct<Real> BasicMachine<Real>::weight_gradient(ConstView visible_state, ConstView mean_of_hidden,
                                                            std::span<const Real> row_weights,
                                                            Workspace& workspace) const {
    // dF/dtheta = E[dE/dtheta | v]: the weights' part is linear in the hidden statistic, so its mean suffices.
    return {Real{-1}, statistic(visible, visible_state, workspace.visible_statistic),
            statistic(hidden, mean_of_hidden, workspace.hidden_statistic), row_weights};
}

template <class Real>
void BasicMachine<Real>::add_unit_gradient(ConstView visible_state, ConstView field, ConstView mean_of_hidden,
                                           std::span<const Real> row_weights, BasicMachine& gradient) const {
    std::visit(
        [&](const auto& bank) {
            using Bank = std::remove_cvref_t<decltype(bank)>;
            bank.add_gradient(visible_state, row_weights, std::get<Bank>(gradient.visible));
        },
        visible);
    std::visit(
        [&](const auto& bank) {
            using Bank = std::remove_cvref_t<decltype(bank)>;
            bank.add_expected_gradient(field, mean_of_hidden, row_weights, std::get<Bank>(gradient.hidden));
        },
        hidden);
}

template <class Real>
void BasicMachine<Real>::add_coupling(std::span<const double> coupling, BasicMachine& gradient) const {
    std::visit(
        [&](const auto& bank) {
            using Bank = std::remove_cvref_t<decltype(bank)>;
            bank.add_coupling(coupling, std::get<Bank>(gradient.visible));
        },
        visible);
}

template <class Real>
void BasicMachine<Real>::add_weight_gradient(const BasicOuterProduct<Real>& product, Workspace& workspace,
                                             BasicMachine& gradient) const {
    // sum_b w_b s(v_b) W s(h_b)^T, the coupling, is what the weights' gradient gains, times W: no product is needed.
    std::vector<double>& coupling = workspace.coupling;
    coupling.assign(couples() ? visible_count() : 0, 0.0);
    const ConstView slopes = std::as_const(gradient).weights.view();
    if (couples()) add_row_dots(1.0, weights.view(), slopes, coupling);
    add_outer(product, gradient.weights.view());
    if (couples()) add_row_dots(-1.0, weights.view(), slopes, coupling);
    if (couples()) add_coupling(coupling, gradient);
}

template <class Real>
void BasicMachine<Real>::add_free_energy_gradient(ConstView visible_state, ConstView field, ConstView mean_of_hidden,
                                                  std::span<const Real> row_weights, Workspace& workspace,
                                                  BasicMachine& gradient) const {
    add_weight_gradient(weight_gradient(visible_state, mean_of_hidden, row_weights, workspace), workspace, gradient);
    add_unit_gradient(visible_state, field, mean_of_hidden, row_weights, gradient);
}

template <class Real>
auto BasicMachine<Real>::free_energy_gradient(ConstView visible_state, std::span<const Real> row_weights) const
    -> BasicMachine {
    check_columns("free_energy_gradient", "visible", visible_state, visible_count());
    check_rows("free_energy_gradient", "row_weights", row_weights.size(), visible_state.rows);
    Workspace workspace;
    Matrix field(visible_state.rows, hidden_count());
    Matrix means(visible_state.rows, hidden_count());
    hidden_field(visible_state, workspace, field);
    mean(hidden, field, Beta{}, means.view());
    BasicMachine gradient = zeros_like();
    add_free_energy_gradient(visible_state, field, means, row_weights, workspace, gradient);
    return gradient;
}

template <class Real>
auto BasicMachine<Real>::energy_gradient(ConstView visible_state, ConstView hidden_state,
                                         std::span<const Real> row_weights) const -> BasicMachine {
    check_columns("energy_gradient", "visible", visible_state, visible_count());
    check_columns("energy_gradient", "hidden", hidden_state, hidden_count());
    check_rows("energy_gradient", "hidden", hidden_state.rows, visible_state.rows);
    check_rows("energy_gradient", "row_weights", row_weights.size(), visible_state.rows);
    Workspace workspace;
    BasicMachine gradient = zeros_like();
    add_outer(weight_gradient(visible_state, hidden_state, row_weights, workspace), gradient.weights.view());
    // The couplings of both sides: rows and columns of minus W times the weights' gradient.
    std::vector<double> visible_coupling(visible_count()), hidden_coupling(hidden_count());
    for (std::size_t i = 0; i < visible_count(); ++i)
        for (std::size_t j = 0; j < hidden_count(); ++j) {
            const double term = static_cast<double>(weights(i, j)) * static_cast<double>(gradient.weights(i, j));
            visible_coupling[i] -= term;
            hidden_coupling[j] -= term;
        }
    const auto add = [&](const auto& bank, ConstView state, std::span<const double> coupling, BasicUnits<Real>& into) {
        using Bank = std::remove_cvref_t<decltype(bank)>;
        bank.add_gradient(state, row_weights, std::get<Bank>(into));
        bank.add_coupling(coupling, std::get<Bank>(into));
    };
    std::visit([&](const auto& bank) { add(bank, visible_state, visible_coupling, gradient.visible); }, visible);
    std::visit([&](const auto& bank) { add(bank, hidden_state, hidden_coupling, gradient.hidden); }, hidden);
    return gradient;
}

template <class Real>
auto BasicMachine<Real>::zeros_like() const -> BasicMachine {
    BasicMachine zeros = *this;
    zeros.each_parameter([](std::string_view, auto values) { std::fill(values.begin(), values.end(), Real{0}); });
    return zeros;
}

PreciseMachine precise(const Machine& machine) {
    PreciseMachine result(similar_units<double>(machine.visible), similar_units<double>(machine.hidden));
    each_pair(result, machine, [](std::string_view, std::span<double> out, std::span<const float> values) {
        std::copy(values.begin(), values.end(), out.begin());
    });
    return result;
}

BasicUnits<double> precise(const Units& units) {
    BasicUnits<double> result = similar_units<double>(units);
    std::vector<std::span<const float>> found;
    each_parameter(units, [&](std::string_view, std::span<const float> values) { found.push_back(values); });
    auto next = found.begin();
    each_parameter(result, [&](std::string_view, std::span<double> values) {
        std::copy(next->begin(), next->end(), values.begin());
        ++next;
    });
    return result;
}

BasicMatrix<double> precise(ConstView values) {
    BasicMatrix<double> result(values.rows, values.cols);
    for (std::size_t r = 0; r < values.rows; ++r)
        std::copy(values.row(r).begin(), values.row(r).end(), result.row(r).begin());
    return result;
}

template struct BasicMachine<float>;
template struct BasicMachine<double>;

}  // namespace rbm
