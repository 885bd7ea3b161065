// SPDX-License-Identifier: MIT
#include "rbm/model/state_sum.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <utility>

#include "rbm/kernels/error.h"
#include "rbm/kernels/ops.h"
#include "rbm/kernels/threads.h"
#include "rbm/model/enumerate.h"
#include "rbm/model/unit_gradients.h"

namespace rbm {
namespace {

// A table of 256 rows makes its fields free beside their normalisers; 8 MB of it at most, and 64 KB per thread.
constexpr std::size_t table_rows = 256, table_values = std::size_t{1} << 20, panel_values = std::size_t{1} << 13;
// Pieces of the gradient, each with a table of its own: enough for many threads, and few beside the blocks.
constexpr std::size_t blocks_per_piece = 16, most_pieces = 64;

/// Visible and hidden side change places.
void add_turned(const PreciseMachine& machine, PreciseMachine& out) {
    const auto add = [](const BasicUnits<double>& from, BasicUnits<double>& to) {
        std::array<std::span<double>, most_unit_parameters> targets;
        std::size_t count = 0, index = 0;
        each_parameter(to, [&](std::string_view, std::span<double> values) { targets[count++] = values; });
        each_parameter(from, [&](std::string_view, std::span<const double> values) {
            const auto target = targets[index++];
            for (std::size_t i = 0; i < values.size(); ++i) target[i] += values[i];
        });
    };
    add(machine.visible, out.hidden);
    add(machine.hidden, out.visible);
    for (std::size_t i = 0; i < machine.visible_count(); ++i)
        for (std::size_t j = 0; j < machine.hidden_count(); ++j) out.weights(j, i) += machine.weights(i, j);
}

PreciseMachine turned(const PreciseMachine& machine) {
    PreciseMachine result(machine.hidden, machine.visible);
    result = result.zeros_like();
    add_turned(machine, result);
    return result;
}

void scale(PreciseMachine& machine, double factor) {
    machine.each_parameter([&](std::string_view, std::span<double> values) {
        for (double& value : values) value *= factor;
    });
}

/// out += factor values.
void add_scaled(double factor, std::span<const double> values, std::span<double> out) {
    for (std::size_t i = 0; i < values.size(); ++i) out[i] += factor * values[i];
}

/// gradient += sum_b row_weights[b] dE_own(state[b]).
void add_own_gradient(const BasicUnits<double>& units, ConstDoubleView state, std::span<const double> row_weights,
                      BasicUnits<double>& gradient) {
    std::visit(
        [&](const auto& bank) {
            using Bank = std::remove_cvref_t<decltype(bank)>;
            bank.add_gradient(state, row_weights, std::get<Bank>(gradient));
        },
        units);
}

}  // namespace

template <class Real>
Side enumerable_side(const BasicMachine<Real>& machine) {
    const std::uint64_t visible_states = state_count(machine.visible), hidden_states = state_count(machine.hidden);
    if (visible_states == 0 && hidden_states == 0)
        throw Unsupported(fmt::format(
            "exact log Z: {} {} visible and {} {} hidden units, expected at most {} discrete units on one side",
            machine.visible_count(), kind(machine.visible), machine.hidden_count(), kind(machine.hidden),
            enumerable_units));
    return hidden_states == 0 || (visible_states != 0 && visible_states < hidden_states) ? Side::visible : Side::hidden;
}

template Side enumerable_side(const Machine&);
template Side enumerable_side(const PreciseMachine&);

/// Sums over states, each weighted by exp(term - largest), where term is its unnormalised log probability.
struct StateSum::Moments {
    double largest = -std::numeric_limits<double>::infinity();
    double total = 0;                ///< of the weights
    std::vector<double> low_totals;  ///< [low states] the same by low state
    BasicMatrix<double> low;         ///< [low states x N] the other side's mean statistics, by low state
    std::vector<double> block;       ///< [N] the same for the present block
    double block_total = 0;
    PreciseMachine gradient;  ///< what is not in `low`
    BasicMatrix<double> field, mean, scratch;
    std::vector<double> terms, weights;

    void raise(double to) {
        if (!(to > largest)) return;
        const double factor = std::exp(largest - to);
        largest = to;
        total *= factor;
        block_total *= factor;
        for (double& value : low_totals) value *= factor;
        for (double& value : low.values()) value *= factor;
        for (double& value : block) value *= factor;
        scale(gradient, factor);
    }
    void add(const Moments& other) {
        raise(other.largest);
        const double factor = std::exp(other.largest - largest);
        total += factor * other.total;
        add_scaled(factor, other.low_totals, low_totals);
        add_scaled(factor, other.low.values(), low.values());
        each_pair(gradient, other.gradient, [&](std::string_view, std::span<double> out, std::span<const double> in) {
            add_scaled(factor, in, out);
        });
    }
};

StateSum::StateSum(const PreciseMachine& machine, Side side, double beta)
    : machine_(side == Side::visible ? machine : turned(machine)), turned_(side == Side::hidden), beta_(beta) {
    states_ = state_count(units());
    if (states_ == 0)
        throw Unsupported(fmt::format("exact log Z by the {} side: {} {} units, expected at most {} discrete ones",
                                      side == Side::hidden ? "hidden" : "visible", width(units()), kind(units()),
                                      enumerable_units));
    const std::uint64_t letters = site_states(units()).rows();
    const std::uint64_t most = std::min(table_rows, table_values / std::max<std::size_t>(width(others()), 1));
    for (std::uint64_t rows = 1; rows <= most && rows <= states_; rows *= letters) low_states_ = rows;
    low_fields_.resize(static_cast<std::size_t>(low_states_), width(others()));
    low_energies_.resize(static_cast<std::size_t>(low_states_));
    for (std::uint64_t low = 0; low < low_states_; ++low)
        add_state(low, low_fields_.row(static_cast<std::size_t>(low)), low_energies_[static_cast<std::size_t>(low)]);
}

/// field = what the state brings to the other side; energy += its own.
void StateSum::add_state(std::uint64_t number, std::span<double> field, double& energy) const {
    BasicMatrix<double> state(1, width(units()));
    PreciseMachine::Workspace workspace;
    enumerate_states(units(), number, state.view());
    machine_.hidden_field(state, workspace, DoubleView(field.data(), 1, field.size()));
    add_energy(units(), state, std::span(&energy, 1));
}

std::size_t StateSum::panel_rows() const {
    return std::clamp<std::size_t>(panel_values / std::max<std::size_t>(low_fields_.cols(), 1), 1, low_fields_.rows());
}

/// The fields of low states first, first + 1, ..., and their log weights.
void StateSum::add_panel_terms(std::size_t first, std::span<const double> high, double high_energy, DoubleView field,
                               std::span<const double> betas, std::span<double> terms) const {
    for (std::size_t s = 0; s < terms.size(); ++s)
        terms[s] = -beta_ * (low_energies_[first + s] + (high_energy - low_energies_[0]));
    add_vector(low_fields_.rows_from(first, terms.size()), high, field);
    add_log_normalizer(others(), field, betas.empty() ? betas : betas.first(terms.size()), terms);
}

/// log of the sum over the block's states, and over the other side.
double StateSum::block(std::uint64_t number) const {
    std::vector<double> high(low_fields_.cols()), terms(low_energies_.size());
    double high_energy = 0;
    add_state(number * low_states_, high, high_energy);
    for (std::size_t i = 0; i < high.size(); ++i) high[i] -= low_fields_(0, i);
    const std::size_t rows = panel_rows();
    const std::vector<double> betas(rows, beta_);
    BasicMatrix<double> panel(rows, high.size());
    for (std::size_t first = 0; first < terms.size(); first += rows) {
        const std::size_t count = std::min(rows, terms.size() - first);
        add_panel_terms(first, high, high_energy, panel.rows_from(0, count), betas,
                        std::span(terms).subspan(first, count));
    }
    return log_sum_exp(terms);
}

double StateSum::log_partition(const Control& control) const {
    std::vector<double> parts(static_cast<std::size_t>(states_ / low_states_));
    Work work(control, "adding up states", parts.size());
    parallel_for(parts.size(), [&](std::size_t number) {
        parts[number] = block(number);
        work.advance();
    });
    return log_sum_exp(parts);
}

void StateSum::add_block(std::uint64_t number, Moments& moments) const {
    const std::size_t columns = low_fields_.cols(), rows = panel_rows(), states = low_energies_.size();
    // Row 0: the block's high state; row 1: state 0, which the table of low states counts once too often.
    BasicMatrix<double> ends(2, width(units()));
    enumerate_states(units(), number * low_states_, ends.rows_from(0, 1));
    enumerate_states(units(), 0, ends.rows_from(1, 1));
    std::vector<double> high(columns);
    double high_energy = 0;
    add_state(number * low_states_, high, high_energy);
    for (std::size_t i = 0; i < columns; ++i) high[i] -= low_fields_(0, i);

    moments.field.resize(rows, columns);
    moments.mean.resize(rows, columns);
    moments.terms.resize(rows);
    moments.weights.resize(rows);
    moments.block.assign(columns, 0.0);
    moments.block_total = 0;
    for (std::size_t first = 0; first < states; first += rows) {
        const std::size_t count = std::min(rows, states - first);
        const auto field = moments.field.rows_from(0, count), mean_state = moments.mean.rows_from(0, count);
        const auto terms = std::span(moments.terms).first(count), weights = std::span(moments.weights).first(count);
        add_panel_terms(first, high, high_energy, field, {}, terms);
        mean(others(), field, {}, mean_state);
        moments.raise(*std::max_element(terms.begin(), terms.end()));
        double total = 0;
        for (std::size_t s = 0; s < count; ++s) {
            const double weight = std::exp(terms[s] - moments.largest);
            total += weight;
            moments.low_totals[first + s] += weight;
            weights[s] = -weight;
        }
        moments.total += total;
        moments.block_total += total;
        add_expected_gradient<double>(others(), field, mean_state, weights, moments.gradient.hidden);
        const ConstDoubleView right = statistic(others(), mean_state, moments.scratch);
        for (std::size_t s = 0; s < count; ++s) {
            const auto low = moments.low.row(first + s);
            const auto values = right.row(s);
            for (std::size_t j = 0; j < columns; ++j) {
                const double part = weights[s] * values[j];
                low[j] -= part;
                moments.block[j] -= part;
            }
        }
    }
    const double signs[] = {-moments.block_total, moments.block_total};
    add_own_gradient(units(), ends, signs, moments.gradient.visible);
    BasicMatrix<double> scratch;
    const ConstDoubleView left = statistic(units(), ends, scratch);
    for (std::size_t i = 0; i < left.cols; ++i)
        if (const double factor = left.row(0)[i] - left.row(1)[i]; factor != 0)
            add_scaled(factor, moments.block, moments.gradient.weights.row(i));
}

/// gradient += the moments' gradient of log Z.
void StateSum::finish(const Moments& moments, PreciseMachine& gradient) const {
    PreciseMachine own = moments.gradient;
    BasicMatrix<double> low_states(low_energies_.size(), width(units())), scratch;
    enumerate_states(units(), 0, low_states.view());
    std::vector<double> signs(moments.low_totals);
    for (double& value : signs) value = -value;
    add_own_gradient(units(), low_states, signs, own.visible);
    const ConstDoubleView left = statistic(units(), low_states, scratch);
    for (std::size_t s = 0; s < left.rows; ++s)
        for (std::size_t i = 0; i < left.cols; ++i)
            if (left.row(s)[i] != 0) add_scaled(left.row(s)[i], moments.low.row(s), own.weights.row(i));
    if (machine_.couples()) {
        std::vector<double> coupling(width(units()));
        add_row_dots(-1.0, machine_.weights.view(), std::as_const(own).weights.view(), coupling);
        machine_.add_coupling(coupling, own);
    }
    scale(own, 1 / moments.total);
    if (turned_) {
        add_turned(own, gradient);
        return;
    }
    each_pair(gradient, own,
              [](std::string_view, std::span<double> out, std::span<double> in) { add_scaled(1, in, out); });
}

double StateSum::add_gradient(PreciseMachine& gradient, const Control& control) const {
    const std::uint64_t blocks = states_ / low_states_;
    const std::uint64_t pieces = std::clamp<std::uint64_t>(blocks / blocks_per_piece, 1, most_pieces);
    std::vector<Moments> moments(static_cast<std::size_t>(pieces));
    Work work(control, "adding up states", blocks);
    parallel_for(moments.size(), [&](std::size_t piece) {
        Moments& own = moments[piece];
        own.low_totals.resize(low_energies_.size());
        own.low.resize(low_energies_.size(), low_fields_.cols());
        own.gradient = machine_.zeros_like();
        for (std::uint64_t number = blocks * piece / pieces; number < blocks * (piece + 1) / pieces; ++number) {
            add_block(number, own);
            work.advance();
        }
    });
    for (std::size_t piece = 1; piece < moments.size(); ++piece) moments[0].add(moments[piece]);
    finish(moments[0], gradient);
    return moments[0].largest + std::log(moments[0].total);
}

}  // namespace rbm
