// SPDX-License-Identifier: MIT
#include "apps/dream/modes.h"

#include <algorithm>

#include "apps/cli/control.h"
#include "apps/cli/messages.h"
#include "rbm/sampler/descent.h"

namespace rbm::app {

void descend_to_modes(const Machine& machine, double beta, Matrix& states, DreamReport& told) {
    Chains chains = Chains::from_states(states);
    if (beta != 1) chains.beta.assign(chains.count(), static_cast<float>(beta));
    const DescentReport report = Descent{}.descend(machine, chains, until_stopped());
    states = chains.visible;
    std::vector<double> energies = machine.free_energy(states, chains.beta);
    std::sort(energies.begin(), energies.end());
    std::size_t different = 1;
    for (std::size_t c = 1; c < energies.size(); ++c)
        if (energies[c] - energies[c - 1] > 1e-3) ++different;
    told.facts["modes"] = {{"different", different},
                           {"lowest_free_energy", energies.front()},
                           {"highest_free_energy", energies.back()},
                           {"settled_chains", report.settled}};
    note("{} chains went down to at least {} different modes, of free energies from {:.3f} to {:.3f} nats",
         chains.count(), different, energies.front(), energies.back());
    if (report.settled < chains.count())
        told.warn("{} of {} chains are not at a local minimum after {} steps of descent",
                  chains.count() - report.settled, chains.count(), report.sweeps);
}

}  // namespace rbm::app
