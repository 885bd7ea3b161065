// SPDX-License-Identifier: MIT
// Parallel tempering along the path from a factorial base to the machine: chains at all places of the path at once, and
// neighbours trade places.  At beta 0 states are independent draws; what they find travels up to the machine.
//
// The pairs (0, 1), (2, 3), ... and (1, 2), (3, 4), ... take turns, which carries states along instead of letting them
// diffuse.  Source: Swendsen & Wang 1986; Desjardins et al., "Tempered Markov chain Monte Carlo for training of RBMs",
// AISTATS 2010; Syed, Bouchard-Cote, Deligiannidis & Doucet, "Non-reversible parallel tempering", JRSS B 2022.
#pragma once

#include <functional>

#include "rbm/kernels/control.h"
#include "rbm/model/bridge.h"

namespace rbm {

/// L ladders of T rungs; state l * T + k belongs to ladder l, and moves between its rungs.  All of it is plain data.
struct TemperedChains {
    std::vector<float> betas;          ///< [T] of the rungs, rising from 0 to 1
    Matrix visible;                    ///< [L T x V]
    Matrix hidden;                     ///< [L T x H] that visible was drawn from
    std::vector<std::uint32_t> rung;   ///< [L T] where each state is
    std::vector<std::int8_t> heading;  ///< [L T] 1: was at the bottom last, -1: at the top, 0: at neither yet
    std::uint64_t steps = 0;
    std::uint64_t round_trips = 0;   ///< of all states: bottom, top, bottom
    std::vector<double> swap_rates;  ///< [T - 1] mean probability that a pair swaps, of all steps
    /// [L T] by ladder and rung: log f(partner's beta) - log f(own beta) of the states that stood there when the last
    /// step began; 0 where a rung had no partner.
    std::vector<double> log_ratios;
    /// Rung k and k + 1 were partners in the last step when k % 2 equals this.
    std::size_t parity = 0;

    /// `ladders` ladders whose states are draws of the base.  Throws InvalidArgument unless the betas rise from 0
    /// to 1.
    static TemperedChains start(const Bridge& bridge, std::span<const float> betas, std::size_t ladders,
                                Random& random);

    std::size_t rungs() const { return betas.size(); }
    std::size_t ladders() const { return rung.size() / std::max<std::size_t>(rungs(), 1); }
    /// The state of ladder l that stands at this rung.
    std::size_t state_at(std::size_t ladder, std::size_t rung_number) const;
    /// out [L x V] = the states at beta 1.
    void copy_visible(View out) const;
    void copy_hidden(View out) const;
    /// Forgets what was counted, not where the chains are.
    void reset_counts();
    /// Moves the inner rungs, in proportion to the swap rates counted so far, to where neighbours swap equally often;
    /// states stay at their rungs.  Then forgets what was counted.  Nothing is allocated.
    void even_out();
    /// Memory of a step, for chains that came from a file.
    void make_room();

    bool operator==(const TemperedChains& other) const;

    // Memory of a step.
    std::vector<float> own_beta, partner_beta;
    std::vector<double> ratios;
    std::vector<std::size_t> place;  ///< [L T] state_at
};

struct Tempering {
    std::size_t steps = 1;  ///< sweeps per call of step()

    /// Each sweep lets half of the neighbours swap, then draws hidden and visible states of all rungs.  Nothing is
    /// allocated after the first call.  A sweep is never left half done.
    void step(const Bridge& bridge, TemperedChains& chains, Random& random, const Control& control = {}) const;
};

struct LadderSettings {
    double swap_rate = 0.4;     ///< wanted between neighbours
    std::size_t rounds = 4;     ///< of measuring and spacing anew
    std::size_t sweeps = 50;    ///< per round
    std::size_t largest = 400;  ///< rungs, at most
};

/// A ladder on which neighbours swap about as often as wanted, and chains that have settled on it.  The overlap of two
/// rungs is taken from the mean of their log ratios, sigma^2: they swap with probability erfc(sigma / 2), and sigma
/// adds up along the path, so a few sweeps tell how many rungs it takes and where.
TemperedChains start_tempering(const Bridge& bridge, std::size_t ladders, const LadderSettings& settings,
                               Random& random, const Control& control = {});

}  // namespace rbm
