// SPDX-License-Identifier: MIT
#include "rbm/estimate/attribution.h"

#include <cmath>
#include <utility>

#include "rbm/kernels/error.h"
#include "rbm/kernels/scalar.h"

namespace rbm {
namespace {

/// The free energies of copies of a row, each with one site changed.  A changed column moves the field by one row of
/// weights, so no product is needed.
class ChangedSites {
  public:
    explicit ChangedSites(const Machine& machine)
        : machine_(machine),
          columns_(site_width(machine.visible)),
          states_(site_count(machine.visible), machine.visible_count()),
          fields_(site_count(machine.visible), machine.hidden_count()),
          field_(1, machine.hidden_count()),
          free_energies_(site_count(machine.visible)) {
        Matrix ones(1, machine.visible_count()), scratch;
        ones.fill(1);
        const auto factors = statistic(machine.visible, std::as_const(ones).view(), scratch).row(0);
        factors_.assign(factors.begin(), factors.end());
    }

    /// out[s] = F(row with the columns of site s as in `changed`); the reference is good until the next call.
    const std::vector<double>& free_energies(ConstView row, std::span<const float> changed) {
        machine_.hidden_field(row, workspace_, field_);
        for (std::size_t s = 0; s < states_.rows(); ++s) {
            const auto state = states_.row(s);
            std::copy(row.row(0).begin(), row.row(0).end(), state.begin());
            const auto field = fields_.row(s);
            std::copy(field_.row(0).begin(), field_.row(0).end(), field.begin());
            for (std::size_t i = s * columns_; i < (s + 1) * columns_; ++i) {
                const float step = (changed[i] - state[i]) * factors_[i];
                if (step == 0) continue;
                state[i] = changed[i];
                const auto weights = machine_.weights.row(i);
                for (std::size_t j = 0; j < field.size(); ++j) field[j] += step * weights[j];
            }
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
    std::size_t columns_;
    Workspace workspace_;
    Matrix states_, fields_, field_;
    std::vector<float> factors_;
    std::vector<double> free_energies_;
};

}  // namespace

void attribution(const Machine& machine, ConstView visible_state, View out, const Control& control) {
    const std::size_t sites = site_count(machine.visible), columns = site_width(machine.visible);
    if (visible_state.cols != machine.visible_count() || out.rows != visible_state.rows || out.cols != sites)
        throw InvalidArgument(
            "attribution: states must have a column for each visible unit, and the result one for each site");
    const Matrix letters = site_states(machine.visible);
    ChangedSites changed(machine);
    std::vector<float> values(machine.visible_count());
    std::vector<std::vector<double>> terms(sites);
    Work work(control, "attribution", visible_state.rows);
    for (std::size_t b = 0; b < visible_state.rows; ++b, work.advance()) {
        const ConstView row = visible_state.rows_from(b, 1);
        const double own = machine.free_energy(row)[0];
        if (letters.rows() == 0) {
            const Matrix means = machine.visible_mean(machine.hidden_mean(row));
            const auto& mended = changed.free_energies(row, means.row(0));
            for (std::size_t s = 0; s < sites; ++s) out.row(b)[s] = static_cast<float>(own - mended[s]);
            continue;
        }
        for (auto& of_site : terms) of_site.clear();
        for (std::size_t k = 0; k < letters.rows(); ++k) {
            for (std::size_t i = 0; i < values.size(); ++i) values[i] = letters(k, i % columns);
            const auto& with_letter = changed.free_energies(row, values);
            for (std::size_t s = 0; s < sites; ++s) terms[s].push_back(own - with_letter[s]);
        }
        for (std::size_t s = 0; s < sites; ++s) out.row(b)[s] = static_cast<float>(log_sum_exp(terms[s]));
    }
}

}  // namespace rbm
