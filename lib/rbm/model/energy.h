// SPDX-License-Identifier: MIT
// What samplers ask of an energy, so that they run on a machine's free energy and on a struct of your own alike.  There
// is nothing to derive from and nothing to register: a struct with these functions is an energy.
//
//   void energy(MatrixView<const Real> state, std::span<double> out) const;            out[b] = E(state[b]), in nats
//   void energy_and_gradient(MatrixView<const Real> state, std::span<double> energy,
//                            MatrixView<Real> gradient) const;                         and gradient [B x N] = dE/dstate
//   std::vector<Real> alphabet() const;        discrete states only: the values of one column, such as {-1, 1}
//   bool variances(std::vector<Real>& out) const;       optional: [N] how wide a column is at beta 1, the samplers'
//   scale
//
// Samplers draw from exp(-beta E), each row at its own inverse temperature beta.  Where temperature is more than a
// factor, as with hidden units summed out, the first two functions take `BetaOf<Real> beta` after the state and give
// the reduced energy, -log of the density at beta up to a constant; for the others it is beta E.
#pragma once

#include <concepts>

#include "rbm/model/sites.h"
#include "rbm/model/units/unit_kind.h"

namespace rbm {

// clang-format off
template <class E, class Real>
concept TemperedEnergy = requires(const E& e, MatrixView<const Real> state, BetaOf<Real> beta, std::span<double> out) {
    e.energy(state, beta, out);
};
template <class E, class Real>
concept Energy = TemperedEnergy<E, Real> || requires(const E& e, MatrixView<const Real> state, std::span<double> out) {
    e.energy(state, out);
};

template <class E, class Real>
concept TemperedDifferentiable =
    requires(const E& e, MatrixView<const Real> state, BetaOf<Real> beta, std::span<double> out,
             MatrixView<Real> gradient) { e.energy_and_gradient(state, beta, out, gradient); };
template <class E, class Real>
concept DifferentiableEnergy = Energy<E, Real> && (TemperedDifferentiable<E, Real> ||
    requires(const E& e, MatrixView<const Real> state, std::span<double> out, MatrixView<Real> gradient) {
        e.energy_and_gradient(state, out, gradient);
    });

/// An energy that knows what a change of a few columns costs without starting anew; single flips want it.
/// begin_rows() sees all states; row(b) is then one of them, whose change(column, steps) is the reduced energy after
/// adding `steps` to the columns from `column` on, less that before, and which keep() moves there.  Rows are worked on
/// by several threads at once.
template <class E, class Real>
concept LocalEnergy = Energy<E, Real> && requires(const E& e, MatrixView<const Real> state, BetaOf<Real> beta,
                                                  std::size_t column, std::span<const Real> steps) {
    e.begin_rows(state, beta);
    { e.row(column).change(column, steps) } -> std::convertible_to<double>;
    e.row(column).keep();
};

/// An energy of visible and hidden states whose hidden ones can be drawn exactly: hidden ~ p(hidden | visible), and
/// given_hidden(hidden) is the energy of visible states with these.
template <class E, class Real>
concept LatentEnergy = requires(const E& e, MatrixView<const Real> visible, MatrixView<const Real> given,
                                BetaOf<Real> beta, const Stream& stream, MatrixView<Real> hidden) {
    e.sample_hidden(visible, beta, stream, hidden);
    { e.given_hidden(given) } -> DifferentiableEnergy<Real>;
};
// clang-format on

/// out[b] = the reduced energy of row b at its temperature.
template <class Real, Energy<Real> E>
void reduced_energy(const E& energy, MatrixView<const Real> state, BetaOf<Real> beta, std::span<double> out) {
    if constexpr (TemperedEnergy<E, Real>) {
        energy.energy(state, beta, out);
    } else {
        energy.energy(state, out);
        for (std::size_t b = 0; b < beta.size(); ++b) out[b] *= static_cast<double>(beta[b]);
    }
}

/// The same, and gradient [B x N] = its gradient.
template <class Real, DifferentiableEnergy<Real> E>
void reduced_gradient(const E& energy, MatrixView<const Real> state, BetaOf<Real> beta, std::span<double> out,
                      MatrixView<Real> gradient) {
    if constexpr (TemperedDifferentiable<E, Real>) {
        energy.energy_and_gradient(state, beta, out, gradient);
    } else {
        energy.energy_and_gradient(state, out, gradient);
        for (std::size_t b = 0; b < beta.size(); ++b) {
            out[b] *= static_cast<double>(beta[b]);
            for (Real& slope : gradient.row(b)) slope *= beta[b];
        }
    }
}

/// out [columns] = how wide each column is at beta 1: 1 where the energy does not say.
template <class Real, class E>
void column_variances(const E& energy, std::size_t columns, std::vector<Real>& out) {
    if constexpr (requires {
                      { energy.variances(out) } -> std::same_as<bool>;
                  })
        if (energy.variances(out)) return;
    out.assign(columns, Real{1});
}

/// What the sites of a state of `columns` columns can be; none for continuous states.
template <class Real, class E>
BasicSites<Real> sites_of(const E& energy, std::size_t columns) {
    if constexpr (requires {
                      { energy.sites() } -> std::same_as<BasicSites<Real>>;
                  })
        return energy.sites();
    else if constexpr (requires {
                           { energy.alphabet() } -> std::same_as<std::vector<Real>>;
                       })
        return BasicSites<Real>(energy.alphabet(), columns);
    else
        return {};
}

}  // namespace rbm
