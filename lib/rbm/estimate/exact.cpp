// SPDX-License-Identifier: MIT
#include "rbm/estimate/exact.h"

#include <fmt/format.h>

#include "rbm/kernels/error.h"
#include "rbm/kernels/ops.h"
#include "rbm/kernels/threads.h"
#include "rbm/model/enumerate.h"

namespace rbm {
namespace {

// A table of 256 rows makes its fields free beside their normalisers; 8 MB of it at most, and 64 KB per thread.
constexpr std::size_t table_rows = 256, table_values = std::size_t{1} << 20, panel_values = std::size_t{1} << 13;

/// The states of one side, numbered as enumerate_states() does.  Energies and fields are sums over that side's units,
/// so those of state low + high are those of state low, plus those of state high, less those of state 0.
class Enumeration {
  public:
    Enumeration(const PreciseMachine& machine, Side side, std::uint64_t states, double beta)
        : machine_(machine), side_(side), beta_(beta) {
        const std::uint64_t letters = alphabet(units()).size();
        const std::uint64_t most = std::min(table_rows, table_values / std::max<std::size_t>(width(others()), 1));
        for (std::uint64_t rows = 1; rows <= most && rows <= states; rows *= letters) low_states_ = rows;
        low_fields_.resize(static_cast<std::size_t>(low_states_), width(others()));
        low_energies_.resize(static_cast<std::size_t>(low_states_));
        for (std::uint64_t low = 0; low < low_states_; ++low)
            add_state(low, low_fields_.row(static_cast<std::size_t>(low)),
                      low_energies_[static_cast<std::size_t>(low)]);
    }

    std::uint64_t states_per_block() const { return low_states_; }

    /// log of the sum over the block's states, and over the other side.
    double block(std::uint64_t number) const {
        std::vector<double> high(low_fields_.cols()), terms(low_energies_.size());
        double high_energy = 0;
        add_state(number * low_states_, high, high_energy);
        for (std::size_t i = 0; i < high.size(); ++i) high[i] -= low_fields_(0, i);
        for (std::size_t s = 0; s < terms.size(); ++s)
            terms[s] = -beta_ * (low_energies_[s] + (high_energy - low_energies_[0]));
        const std::size_t rows =
            std::clamp<std::size_t>(panel_values / std::max<std::size_t>(high.size(), 1), 1, terms.size());
        const std::vector<double> betas(rows, beta_);
        BasicMatrix<double> panel(rows, high.size());
        for (std::size_t first = 0; first < terms.size(); first += rows) {
            const std::size_t count = std::min(rows, terms.size() - first);
            const auto field = panel.rows_from(0, count);
            add_vector(low_fields_.rows_from(first, count), std::span<const double>(high), field);
            add_log_normalizer(others(), ConstDoubleView(field), std::span(betas).first(count),
                               std::span(terms).subspan(first, count));
        }
        return log_sum_exp(terms);
    }

  private:
    const BasicUnits<double>& units() const { return side_ == Side::hidden ? machine_.hidden : machine_.visible; }
    const BasicUnits<double>& others() const { return side_ == Side::hidden ? machine_.visible : machine_.hidden; }

    /// field = what the state brings to the other side; energy += its own.
    void add_state(std::uint64_t number, std::span<double> field, double& energy) const {
        BasicMatrix<double> state(1, width(units()));
        PreciseMachine::Workspace workspace;
        enumerate_states(units(), number, state.view());
        const DoubleView out(field.data(), 1, field.size());
        if (side_ == Side::hidden)
            machine_.visible_field(state, workspace, out);
        else
            machine_.hidden_field(state, workspace, out);
        add_energy(units(), ConstDoubleView(state), std::span(&energy, 1));
    }

    const PreciseMachine& machine_;
    Side side_;
    double beta_;
    std::uint64_t low_states_ = 1;
    BasicMatrix<double> low_fields_;
    std::vector<double> low_energies_;
};

}  // namespace

Side enumerable_side(const Machine& machine) {
    const std::uint64_t visible_states = state_count(machine.visible), hidden_states = state_count(machine.hidden);
    if (visible_states == 0 && hidden_states == 0)
        throw Unsupported(fmt::format(
            "exact log Z: {} {} visible and {} {} hidden units, expected at most {} discrete units on one side",
            machine.visible_count(), kind(machine.visible), machine.hidden_count(), kind(machine.hidden),
            enumerable_units));
    return hidden_states == 0 || (visible_states != 0 && visible_states < hidden_states) ? Side::visible : Side::hidden;
}

double exact_log_partition(const Machine& machine, double beta) {
    return exact_log_partition(machine, enumerable_side(machine), beta);
}

double exact_log_partition(const Machine& machine, Side side, double beta, const std::function<void()>& on_block) {
    const PreciseMachine exact = precise(machine);
    const auto& units = side == Side::hidden ? exact.hidden : exact.visible;
    const std::uint64_t states = state_count(units);
    if (states == 0)
        throw Unsupported(fmt::format("exact log Z by the {} side: {} {} units, expected at most {} discrete ones",
                                      side == Side::hidden ? "hidden" : "visible", width(units), kind(units),
                                      enumerable_units));
    const Enumeration enumeration(exact, side, states, beta);
    std::vector<double> parts(static_cast<std::size_t>(states / enumeration.states_per_block()));
    parallel_for(parts.size(), [&](std::size_t block) {
        if (on_block) on_block();
        parts[block] = enumeration.block(block);
    });
    return log_sum_exp(parts);
}

}  // namespace rbm
