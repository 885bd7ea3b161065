// SPDX-License-Identifier: MIT
// The geometric path from a factorial base (W = 0) to a machine, along which annealing and tempering go.
//
//   f_beta(v, h)  =  exp(-(1 - beta) E_base(v, h) - beta E(v, h)),   0 <= beta <= 1
//
// At 0 all units are independent and Z is known; at 1 stands the machine.  The base's hidden bank is the flattest of
// its kind: bias 0.  Fields are the machine's own, whatever beta is, so one product serves two temperatures. Shapes: B
// rows of a batch, V visible units, H hidden units; beta, from and to hold one value per row.
#pragma once

#include "rbm/data/dataset.h"
#include "rbm/model/machine.h"

namespace rbm {

/// The paths of the two banks, whatever their kind: each kind has its own beside it.
template <class Units>
struct PathsOf;
template <class... Banks>
struct PathsOf<std::variant<Banks...>> {
    using type = std::variant<typename Banks::Path...>;
};
template <class Real>
using BasicUnitsPath = typename PathsOf<BasicUnits<Real>>::type;

template <class Real>
class BasicBridge {
  public:
    using View = MatrixView<Real>;
    using ConstView = MatrixView<const Real>;
    using Beta = BetaOf<Real>;

    /// Copies what it needs of the machine.  Throws InvalidArgument when the base is no bank of the machine's
    /// visible kind and width.
    BasicBridge(const BasicMachine<Real>& machine, const BasicUnits<Real>& visible_base);

    /// The same path to a machine that has changed, of the same shape and kinds.  It costs a copy and a preparation of
    /// the weights, two of each where a statistic is not the state itself, and allocates nothing.
    void follow(const BasicMachine<Real>& machine);

    BasicBridge(const BasicBridge&) = delete;  // prepared weights refer to this object's own
    BasicBridge& operator=(const BasicBridge&) = delete;

    std::size_t visible_count() const { return machine_.visible_count(); }
    std::size_t hidden_count() const { return machine_.hidden_count(); }
    const BasicUnits<Real>& visible_base() const { return visible_base_; }

    /// log of the sum (integral) of f_0 over v and h.
    double base_log_partition() const;
    /// The machine whose distribution is f_beta / Z, and whose energy is that of f_beta up to a constant.
    BasicMachine<Real> at(double beta) const;

    // Unchecked; nothing is allocated.
    /// out [B x H] = the machine's field of these states [B x V].
    void hidden_field(ConstView visible_state, View out) const;
    /// out [B x V], of hidden states [B x H].
    void visible_field(ConstView hidden_state, View out) const;
    /// out ~ p_beta(h | v), given v's hidden field; out may be the field.
    void sample_hidden(ConstView field, Beta beta, const Stream&, View out) const;
    /// out ~ p_beta(v | h), given h's visible field; out may be the field.
    void sample_visible(ConstView field, Beta beta, const Stream&, View out) const;
    /// out ~ p_0(v).
    void sample_base(const Stream&, View out) const;
    /// out[b] = log f_to(v) - log f_from(v), summed over h, given v and its hidden field.
    void log_ratios(ConstView visible_state, ConstView field, Beta from, Beta to, std::span<double> out) const;

  private:
    BasicUnits<Real> visible_base_, hidden_base_;
    BasicUnitsPath<Real> visible_, hidden_;
    BasicMachine<Real> machine_;
    /// What the statistics multiply states by, and whether it is 1 for all: then the machine's own weights serve.
    std::vector<Real> visible_factors_, hidden_factors_;
    BasicMatrix<Real> ones_, scratch_;
    bool plain_ = false;
    /// [V x H] weights with the factors of the side that sends; empty when plain.
    BasicMatrix<Real> to_hidden_, to_visible_;
    PreparedWeights prepared_to_hidden_, prepared_to_visible_;

    const BasicMatrix<Real>& to_hidden() const { return plain_ ? machine_.weights : to_hidden_; }
    const BasicMatrix<Real>& to_visible() const { return plain_ ? machine_.weights : to_visible_; }
};

using Bridge = BasicBridge<float>;

/// The machine with the energy beta E: p(v, h) at inverse temperature beta as a machine of its own.  Throws
/// InvalidArgument unless beta suits its units (above 0 for continuous ones).
template <class Real>
BasicMachine<Real> tempered(const BasicMachine<Real>& machine, double beta);

/// A visible base of the given means and variances [V].  Discrete units' log-odds are held within +-log(20): each state
/// has a probability of 5 % at least, as Salakhutdinov & Murray smooth theirs, so that the path stays wide.
template <class Real>
BasicUnits<Real> base_of_marginals(const BasicMachine<Real>& machine, std::span<const double> means,
                                   std::span<const double> variances);
/// That of the columns of these data, as the machine sees them.
Units base_of_data(const Machine& machine, const Dataset& data, std::span<const float> row_weights = {});
/// All visible states alike.  Throws Unsupported for continuous units.
template <class Real>
BasicUnits<Real> uniform_base(const BasicMachine<Real>& machine);

}  // namespace rbm
