// SPDX-License-Identifier: MIT
// Whether chains forget where they start, and when: Gibbs chains that start at data and as many that start at noise run
// side by side until neither their energies nor their moments tell them apart.
//
// A machine that was trained by chains that did not reach equilibrium shows it here: chains from noise look like the
// data after about as many sweeps as they had in training, and leave them afterwards.
//
// Source: Decelle, Furtlehner & Seoane, "Equilibrium and non-equilibrium regimes in the learning of restricted
// Boltzmann machines", NeurIPS 2021.  The distance: Gretton et al., "A kernel two-sample test", JMLR 13, 2012.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "rbm/kernels/control.h"
#include "rbm/model/machine.h"

namespace rbm {

/// The squared difference of the second moments of two sets of rows, without bias, so that it can be below 0.
struct MomentDistance {
    double value = 0;
    double standard_error = 0;  ///< of rows of one distribution: farther than some of these from 0 is no chance
};

struct RelaxationRow {
    std::uint64_t sweeps = 0;
    double energy_from_data = 0, energy_from_noise = 0;  ///< mean E(v, h)
    double error_from_data = 0, error_from_noise = 0;    ///< its standard error over the chains
    /// Between the two sets of chains, and of either to the data.  Second moments are those around the means of the
    /// data, so that a difference of first moments counts too, and the unit is the size of the data's own: 0 is the
    /// same, 1 is as far as if there were no moments.
    MomentDistance apart, data_to_data, noise_to_data;

    /// Whether energies and moments differ by no more than 3 standard errors.
    bool agrees() const;
};

struct Relaxation {
    std::vector<RelaxationRow> rows;  ///< of 0, 1, 2, 3, 4, 6, 8, 12, ... sweeps and the last
    /// The sweeps of the first of two rows in a row, or of the last alone, that agree; none: they have not met.
    std::optional<std::uint64_t> met;
};

/// data [C x V]: where C chains start; as many start at noise.  Throws InvalidArgument for fewer than 8 rows.
Relaxation relaxation(const Machine& machine, double beta, ConstView data, std::uint64_t sweeps, Random& random,
                      const Control& control = {});

/// Of rows a and b [C x V], C the same, at least 4.  Row i of one and row i of the other may depend on each other, as a
/// chain does on where it started; others must not.
MomentDistance moment_distance(ConstView a, ConstView b);

}  // namespace rbm
