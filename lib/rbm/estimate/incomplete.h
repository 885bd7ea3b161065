// SPDX-License-Identifier: MIT
// Samples of which only part is known: the machine of what is not, and the free energy of what is.
//
//   F(known)  =  -log of the sum (integral) of exp(-E(v, h)) over the unknown visible units and h
//             =  energy  -  log Z of the conditioned machine
//
// A machine with some visible units held is a machine of the others, whose hidden units feel those held as part of
// their bias.  So p(unknown | known) and the marginal of the known come from what is there for machines: samplers, and
// log Z exactly or by annealing.
#pragma once

#include <optional>

#include "rbm/estimate/ais.h"
#include "rbm/kernels/control.h"

namespace rbm {

template <class Real>
struct BasicConditioned {
    BasicMachine<Real> machine;        ///< of the unknown units, in their order; its p(v) is p(unknown | known)
    double energy = 0;                 ///< what the known units add to each energy of it
    std::vector<std::size_t> unknown;  ///< which units these are
};
using Conditioned = BasicConditioned<float>;

/// values [V]: NaN is unknown; of a Potts site all columns are, or none.  Throws InvalidArgument for others, and
/// when there are not V values.
template <class Real>
BasicConditioned<Real> condition(const BasicMachine<Real>& machine, std::span<const Real> values);

/// A free energy in nats with its interval of 3 sigma; for exact ones all three are equal.
struct MarginalFreeEnergy {
    double value = 0;
    double low = 0;
    double high = 0;
    bool exact = true;
    double spread = 0;  ///< of the log weights of annealing; beyond largest_spread it is not to be believed
};

struct MarginalSettings {
    std::size_t chains = 100;
    std::size_t betas = 1000;                ///< steps of annealing, for rows that cannot be added up
    std::optional<Units> visible_base = {};  ///< where annealing begins, [V]; none: the machine's own bank
};

/// F of the known part of a row, values [V] with NaN where unknown.  Exact where nothing is unknown, and where what is,
/// or the hidden units, have at most 2^25 states; else by AIS, whose error makes F too high rather than too low.
/// `exact_machine` is precise(machine).
MarginalFreeEnergy marginal_free_energy(const Machine& machine, const PreciseMachine& exact_machine,
                                        std::span<const float> values, const MarginalSettings& settings, Random& random,
                                        const Control& control = {});

}  // namespace rbm
