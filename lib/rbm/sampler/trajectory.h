// SPDX-License-Identifier: MIT
// Trajectory tempering: chains at machines that a training run passed through, from one without weights, whose states
// are independent draws, up to the last one.  Neighbours trade places.
//
// A path of temperatures may cross a phase transition, where neighbours hardly ever swap; the path that learning took
// has none that the chains of learning did not pass.  Sources: Bereux, Decelle, Furtlehner, Rosset & Seoane, "Fast
// training and sampling of restricted Boltzmann machines", arXiv 2405.15376; Syed, Bouchard-Cote, Deligiannidis &
// Doucet, "Non-reversible parallel tempering", JRSS B 2022 (pairs by turns).
//
// Shapes: T machines, C chains at each of them, V visible units.
#pragma once

#include <memory>

#include "rbm/sampler/chains.h"

namespace rbm {

/// Machines of one shape and the same kinds of units, the first without weights.
using MachineLadder = std::vector<std::shared_ptr<const Machine>>;

/// What C pairs of states saw when they tried to trade places.
struct StateSwaps {
    std::vector<double> up;    ///< [C] log f_high - log f_low of the states that stood at low
    std::vector<double> down;  ///< [C] log f_low - log f_high of those that stood at high
    std::vector<std::uint8_t> taken;
    double rate = 0;  ///< mean probability of a swap

    // Memory.
    std::vector<double> scratch;
};

/// Row c of one trades places with row c of the other with probability min(1, exp(up + down)), hidden units summed out,
/// which leaves both machines' distributions as they are.
void swap_states(const Machine& low, View low_states, Workspace& low_workspace, const Machine& high, View high_states,
                 Workspace& high_workspace, Random& random, StateSwaps& swaps);

/// C chains at each machine of a ladder.  All of it is plain data.
struct TrajectoryChains {
    std::vector<Matrix> visible;                    ///< [T] of [C x V]
    std::vector<std::vector<std::int8_t>> heading;  ///< [T] of [C] 1: was at the first machine last, -1: at the last
    std::vector<double> swap_rates;                 ///< [T - 1] mean probability that a pair swaps, of all steps
    std::vector<StateSwaps> swaps;                  ///< [T - 1] what pairs saw when they last took part
    std::uint64_t steps = 0;
    std::uint64_t round_trips = 0;  ///< of all states: first, last, first
    std::size_t parity = 0;         ///< machines k and k + 1 were partners in the last step when k % 2 equals this

    /// Independent draws of the first machine, carried up: each machine's chains start where those below it stand
    /// after `sweeps` sweeps.  Throws InvalidArgument unless there are two machines or more of one shape, the first
    /// without weights.
    static TrajectoryChains start(const MachineLadder& ladder, std::size_t count, std::size_t sweeps, Random& random,
                                  const Control& control = {});

    std::size_t count() const { return visible.empty() ? 0 : visible.front().rows(); }
    void reset_counts();

    Chains chains;  ///< memory of a sweep; chains.hidden is what the last machine's states were drawn from
};

struct TrajectoryTempering {
    std::size_t steps = 1;  ///< sweeps per call of step()

    /// Each sweep lets half of the neighbours swap, then draws hidden and visible states at all machines; at the first
    /// they are new and independent.  A sweep is never left half done.
    void step(const MachineLadder& ladder, TrajectoryChains& chains, Random& random, const Control& control = {}) const;
};

/// The ladder that training keeps of its own past, with chains at its machines.  The machine that learns is no part of
/// it; its chains are those of its objective.
struct Trajectory {
    /// What two neighbours on the ladder saw of each other so far, one mean per chain.
    struct Pair {
        double center = 0;             ///< a first guess of log Z_high - log Z_low
        std::vector<double> up, down;  ///< [C] running means of logistic(up - center) and of logistic(down + center)
        double plain_up = 0,
               plain_down = 0;  ///< the same over all chains and looks alike: what lags behind shows in them
        std::uint64_t looks = 0;
        bool operator==(const Pair&) const = default;
    };

    MachineLadder machines;
    std::vector<std::uint64_t> updates;  ///< [T] after how many updates each was frozen
    std::vector<Matrix> visible;         ///< [T] of [C x V]
    std::vector<Pair> pairs;             ///< [T - 1]
    Machine good;                        ///< as it was when its chains last swapped well enough with the ladder's
    double good_rate = 1;                ///< how well that was; 0 after going back to it
    double learning_rate_factor = 1;     ///< halved by updates that went too far
    std::uint64_t calls = 0;             ///< of the objective
    std::size_t next = 0;                ///< machine whose chains move next
};

/// Adds what these swaps saw; what was seen long ago fades.
void take_look(const StateSwaps& swaps, Trajectory::Pair& pair);

}  // namespace rbm
