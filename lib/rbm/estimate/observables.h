// SPDX-License-Identifier: MIT
// What physicists measure of a system at a temperature: energy, entropy, heat capacity, magnetisation, susceptibility
// and the overlap of independent replicas, each with the error of correlated chains.
//
//   energy          U = <E(v, h)>                  at p(v, h) = exp(-beta E(v, h)) / Z(beta)
//   free energy     -log Z(beta) / beta            of the whole system; not F(v), which is that of one v
//   entropy         S = beta U + log Z(beta)       of v and h together, in nats
//   heat capacity   C = dU/dT = beta^2 Var(E)
//   magnetisation   m of one v: the mean of its units.  Of sites of q states: (q max_a r_a - 1) / (q - 1), where r_a is
//                   the share of sites in state a
//   susceptibility  chi = beta N Var(m), N sites
//   overlap         of two states v: (K r - 1) / (K - 1), where r is the share of sites in the same of K states.  For
//                   spins that is the mean of x_i y_i.  For continuous units: the cosine of v - location, in units of
//                   their width where that is a parameter
//
// Chains of tempering go between independent units and the machine at beta, so that states at the top come from all
// over the machine; the ladders are the replicas.
#pragma once

#include <optional>
#include <vector>

#include "rbm/estimate/tempering_partition.h"

namespace rbm {

struct Measured {
    double value = 0;
    double standard_error = 0;
};

struct OverlapDistribution {
    Measured mean, variance;
    double low = -1, high = 1;   ///< of all overlaps there can be
    std::vector<double> shares;  ///< of overlaps in as many equal parts from low to high
};
inline constexpr std::size_t overlap_bins = 20;

/// Chains are looked at as often as this at most: in longer runs every second sweep, every third, ...
inline constexpr std::size_t most_observable_looks = 10000;

struct Observables {
    double beta = 1;
    Measured log_partition;
    Measured energy, free_energy, entropy, heat_capacity;
    Measured magnetisation, absolute_magnetisation, susceptibility;  ///< absolute: of |m|
    OverlapDistribution overlap;
    double autocorrelation_time = 1;  ///< in sweeps, of the energy
    double effective_samples = 0;     ///< of the energy, over all ladders
    double split_r_hat = 1;           ///< the worst of energy, |m| and overlap
    TemperingPartition tempering;     ///< how the chains travelled, and their log Z
};

/// At inverse temperature beta; `base` is the visible bank without weights at beta 1 where the ladders begin, and has
/// its energy scaled by beta too.  log Z is `log_partition`, where it is known, else that of the ladders.  Throws
/// InvalidArgument for fewer than 2 ladders or 8 steps, and for a beta that the machine's units have no distribution
/// at.
Observables observables(const Machine& machine, double beta, const Units& base, const TemperingSettings& settings,
                        Random& random, std::optional<double> log_partition = {}, const Control& control = {});

/// A mean over chains [chains x draws] and its error: from the autocorrelation within chains, or from the means of
/// whole chains, whichever is larger.
Measured measured_mean(MatrixView<const double> series);

}  // namespace rbm
