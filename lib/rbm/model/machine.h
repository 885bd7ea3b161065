// SPDX-License-Identifier: MIT
// The restricted Boltzmann machine: two banks of units and the weights between them.
//
//   E(v, h)  =  E_visible(v) + E_hidden(h) - statistic(v) . weights . statistic(h)        in nats
//   F(v)     =  -log sum_h exp(-beta E(v, h))  =  beta E_visible(v) - log_normalizer_hidden(field(v), beta)
//
// For discrete units E_own = -bias . x and statistic = x; for Gaussian units see gaussian.h.
// Shapes: B rows of a batch, V visible units, H hidden units; weights [V x H].  Of Potts units each state counts as one
// of them: V = sites x q.
// Functions come in two layers: those that return check shapes (InvalidArgument) and allocate; those with an
// `out` or a Workspace do neither.  Sums over units are in double.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "rbm/kernels/backend.h"
#include "rbm/model/units.h"

namespace rbm {

/// Memory for one batch, reused from call to call.
template <class Real>
struct BasicWorkspace {
    BasicMatrix<Real> visible_statistic;  ///< [B x V], for Gaussian visible units
    BasicMatrix<Real> hidden_statistic;   ///< [B x H], for Gaussian hidden units
    BasicMatrix<Real> visible_field;      ///< [B x V]
    BasicMatrix<Real> hidden_field;       ///< [B x H]
    BasicMatrix<Real> hidden_mean;        ///< [B x H]
    std::vector<double> coupling;         ///< [V]
    PreparedWeights prepared;             ///< used where it holds the machine's weights: see PreparedMachine
};
using Workspace = BasicWorkspace<float>;

template <class Real>
struct BasicMachine {
    using Matrix = BasicMatrix<Real>;
    using View = MatrixView<Real>;
    using ConstView = MatrixView<const Real>;
    using Beta = BetaOf<Real>;
    using Workspace = BasicWorkspace<Real>;

    BasicUnits<Real> visible;
    BasicUnits<Real> hidden;
    Matrix weights;  ///< [V x H]

    BasicMachine() = default;
    /// Zero weights.  Throws Unsupported when neither side is bounded: the energy has no lower bound in general.
    BasicMachine(BasicUnits<Real> visible_units, BasicUnits<Real> hidden_units);

    std::size_t visible_count() const { return weights.rows(); }
    std::size_t hidden_count() const { return weights.cols(); }

    // Checked and allocating.  visible [B x V], hidden [B x H]; beta has B values or none.
    Matrix hidden_mean(ConstView visible_state, Beta beta = {}) const;
    Matrix visible_mean(ConstView hidden_state, Beta beta = {}) const;
    Matrix sample_hidden(ConstView visible_state, Random&, Beta beta = {}) const;
    Matrix sample_visible(ConstView hidden_state, Random&, Beta beta = {}) const;
    std::vector<double> energy(ConstView visible_state, ConstView hidden_state) const;
    std::vector<double> free_energy(ConstView visible_state, Beta beta = {}) const;
    /// The other marginal: -log of the sum (integral) of exp(-beta E(v, h)) over v.
    std::vector<double> hidden_free_energy(ConstView hidden_state, Beta beta = {}) const;
    /// The score d log p(v) / dv, [B x V].  Throws Unsupported unless the visible units are continuous.
    Matrix score(ConstView visible_state) const;
    /// sum_b row_weights[b] dF(v_b)/dparameters, as a machine-shaped object.
    BasicMachine free_energy_gradient(ConstView visible_state, std::span<const Real> row_weights) const;
    /// sum_b row_weights[b] dE(v_b, h_b)/dparameters.
    BasicMachine energy_gradient(ConstView visible_state, ConstView hidden_state,
                                 std::span<const Real> row_weights) const;

    // Unchecked, for loops.
    void hidden_field(ConstView visible_state, Workspace&, View out) const;
    void visible_field(ConstView hidden_state, Workspace&, View out) const;
    /// out[b] = F(visible_state[b]).
    void free_energy(ConstView visible_state, Beta, Workspace&, std::span<double> out) const;
    /// gradient += sum_b row_weights[b] dF/dparameters, given the hidden fields and means of these rows.
    void add_free_energy_gradient(ConstView visible_state, ConstView field, ConstView mean,
                                  std::span<const Real> row_weights, Workspace&, BasicMachine& gradient) const;
    /// The same in parts.  The weights', not yet multiplied out; it refers to the arguments and the workspace,
    BasicOuterProduct<Real> weight_gradient(ConstView visible_state, ConstView mean, std::span<const Real> row_weights,
                                            Workspace&) const;
    /// gradient += such a product, with what the visible units gain from it when couples() is true.
    void add_weight_gradient(const BasicOuterProduct<Real>& product, Workspace&, BasicMachine& gradient) const;
    /// the units',
    void add_unit_gradient(ConstView visible_state, ConstView field, ConstView mean, std::span<const Real> row_weights,
                           BasicMachine& gradient) const;
    /// and, when couples() is true, what the visible units' gradient gains from the weights': coupling [V] is
    /// -weights[i] . (the weights' gradient)[i].
    void add_coupling(std::span<const double> coupling, BasicMachine& gradient) const;
    bool couples() const;

    /// The same shapes and unit kinds, all parameters 0: a gradient, a velocity.
    BasicMachine zeros_like() const;

    /// visit(parameter, values) for each parameter in file order: weights, visible.*, hidden.*.  `parameter` is a
    /// Parameter, or its name.
    template <class Visitor>
    void each_parameter(Visitor&& visit) {
        each(*this, visit);
    }
    template <class Visitor>
    void each_parameter(Visitor&& visit) const {
        each(*this, visit);
    }

    bool operator==(const BasicMachine&) const = default;

  private:
    template <class Self, class Visitor>
    static void each(Self& self, Visitor& visit) {
        // Names are put together on the stack: training visits all parameters at each update.
        constexpr std::size_t longest_side = 8;
        const auto with_side = [&](std::string_view side) {
            return [&visit, side](const Parameter& own, auto values) {
                std::array<char, longest_side + longest_parameter_name> full;
                const auto end =
                    std::copy(own.name.begin(), own.name.end(), std::copy(side.begin(), side.end(), full.begin()));
                const std::string_view name(full.data(), static_cast<std::size_t>(end - full.begin()));
                visit(Parameter{name, own.role}, values);
            };
        };
        visit(Parameter{"weights"}, self.weights.values());
        rbm::each_parameter(self.visible, with_side("visible."));
        rbm::each_parameter(self.hidden, with_side("hidden."));
    }
};

/// Prepares a machine's weights in a workspace for as long as this lives; until then only updates that know of it may
/// change them.  Where products of `rows` rows, counted over all of them, are too few to pay for it, and for double,
/// nothing is done.
template <class Real>
class PreparedMachine {
  public:
    PreparedMachine(const BasicMachine<Real>& machine, BasicWorkspace<Real>& workspace, std::size_t rows)
        : workspace_(backend().prepares(rows) && !workspace.prepared.holds(machine.weights) ? &workspace : nullptr) {
        if (workspace_ != nullptr) workspace.prepared.prepare(machine.weights.view());
    }
    ~PreparedMachine() {
        if (workspace_ != nullptr) workspace_->prepared.release();
    }
    PreparedMachine(const PreparedMachine&) = delete;
    PreparedMachine& operator=(const PreparedMachine&) = delete;

  private:
    BasicWorkspace<Real>* workspace_;
};

/// The machine in programs and files.
using Machine = BasicMachine<float>;
/// The same machine in double on the reference loops: the oracle of enumeration and finite differences.
using PreciseMachine = BasicMachine<double>;

PreciseMachine precise(const Machine& machine);
BasicUnits<double> precise(const Units& units);
BasicMatrix<double> precise(ConstView values);

inline constexpr std::size_t most_machine_parameters = 1 + 2 * most_unit_parameters;

/// The two machines' parameters side by side: visit(parameter, values of first, values of second).
template <class First, class Second, class Visitor>
void each_pair(First& first, Second& second, Visitor&& visit) {
    using Span = decltype(second.weights.values());
    std::array<Span, most_machine_parameters> seconds;
    std::size_t count = 0, index = 0;
    second.each_parameter([&](const Parameter&, auto values) { seconds[count++] = values; });
    first.each_parameter([&](const Parameter& parameter, auto values) { visit(parameter, values, seconds[index++]); });
}

}  // namespace rbm
