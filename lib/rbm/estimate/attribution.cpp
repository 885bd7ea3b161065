// SPDX-License-Identifier: MIT
#include "rbm/estimate/attribution.h"

#include <cmath>
#include <stdexcept>
#include <utility>

#include "rbm/kernels/scalar.h"

namespace rbm {
namespace {

/// The free energies of copies of a row, each with one unit changed.  A changed unit moves the field by one row of
/// weights, so no product is needed.
class ChangedUnits {
  public:
    explicit ChangedUnits(const Machine& machine)
        : machine_(machine),
          states_(machine.visible_count(), machine.visible_count()),
          fields_(machine.visible_count(), machine.hidden_count()),
          field_(1, machine.hidden_count()),
          free_energies_(machine.visible_count()) {
        Matrix ones(1, machine.visible_count()), scratch;
        ones.fill(1);
        const auto factors = statistic(machine.visible, std::as_const(ones).view(), scratch).row(0);
        factors_.assign(factors.begin(), factors.end());
    }

    /// out[i] = F(row with unit i at changed[i]); the reference is good until the next call.
    const std::vector<double>& free_energies(ConstView row, std::span<const float> changed) {
        machine_.hidden_field(row, workspace_, field_);
        for (std::size_t i = 0; i < states_.rows(); ++i) {
            const auto state = states_.row(i);
            std::copy(row.row(0).begin(), row.row(0).end(), state.begin());
            const float step = (changed[i] - state[i]) * factors_[i];
            state[i] = changed[i];
            const auto weights = machine_.weights.row(i);
            const auto field = fields_.row(i);
            for (std::size_t j = 0; j < field.size(); ++j) field[j] = field_(0, j) + step * weights[j];
        }
        std::fill(free_energies_.begin(), free_energies_.end(), 0.0);
        add_energy(machine_.visible, std::as_const(states_).view(), free_energies_);
        for (double& value : free_energies_) value = -value;
        add_log_normalizer(machine_.hidden, std::as_const(fields_).view(), Beta{}, free_energies_);
        for (double& value : free_energies_) value = -value;
        return free_energies_;
    }

  private:
    const Machine& machine_;
    Workspace workspace_;
    Matrix states_, fields_, field_;
    std::vector<float> factors_;
    std::vector<double> free_energies_;
};

}  // namespace

void attribution(const Machine& machine, ConstView visible_state, View out) {
    const std::size_t units = machine.visible_count();
    if (visible_state.cols != units || out.rows != visible_state.rows || out.cols != units)
        throw std::invalid_argument("attribution: states and result must have a column for each visible unit");
    const std::vector<float> letters = alphabet(machine.visible);
    ChangedUnits changed(machine);
    std::vector<float> values(units);
    std::vector<std::vector<double>> terms(units);
    for (std::size_t b = 0; b < visible_state.rows; ++b) {
        const ConstView row = visible_state.rows_from(b, 1);
        const double own = machine.free_energy(row)[0];
        if (letters.empty()) {
            const Matrix means = machine.visible_mean(machine.hidden_mean(row));
            const auto& mended = changed.free_energies(row, means.row(0));
            for (std::size_t i = 0; i < units; ++i) out.row(b)[i] = static_cast<float>(own - mended[i]);
            continue;
        }
        for (auto& of_unit : terms) of_unit.clear();
        for (const float letter : letters) {
            std::fill(values.begin(), values.end(), letter);
            const auto& with_letter = changed.free_energies(row, values);
            for (std::size_t i = 0; i < units; ++i) terms[i].push_back(own - with_letter[i]);
        }
        for (std::size_t i = 0; i < units; ++i) out.row(b)[i] = static_cast<float>(log_sum_exp(terms[i]));
    }
}

}  // namespace rbm
