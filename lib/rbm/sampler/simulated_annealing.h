// SPDX-License-Identifier: MIT
// Simulated annealing: Metropolis sampling of the density to a rising power.  At low powers chains cross from mode to
// mode; at high ones they sink to low energies.  What Descent finds from there is more often the lowest.
//
// Source: Kirkpatrick, Gelatt & Vecchi, "Optimization by simulated annealing", Science 1983.
#pragma once

#include "rbm/sampler/metropolis.h"

namespace rbm {

struct SimulatedAnnealing {
    std::size_t steps = 1000;  ///< sweeps from the first power to the last, per call of step()
    double first_power = 0.1;
    double last_power = 10;
    double step_size = 0.5;  ///< of continuous states at power 1: see Metropolis

    /// Of sweep 0, ..., steps - 1: a geometric series.
    double power(std::size_t sweep) const;
    /// That sweep.
    Metropolis sweep(std::size_t number) const { return {.steps = 1, .step_size = step_size, .power = power(number)}; }

    /// Moves chains.visible, on a machine chains.hidden too, as Metropolis does.
    template <class Real, class E>
    StepReport step(const E& energy_or_machine, BasicChains<Real>& chains, Random& random,
                    const Control& control = {}) const {
        Work work(control, "sampling", steps);
        StepReport report{steps, steps == 0 ? 1.0 : 0.0};
        for (std::size_t s = 0; s < steps; ++s, work.advance())
            report.acceptance +=
                sweep(s).step(energy_or_machine, chains, random).acceptance / static_cast<double>(steps);
        return report;
    }
};

}  // namespace rbm
