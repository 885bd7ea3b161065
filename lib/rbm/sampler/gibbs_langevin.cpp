// SPDX-License-Identifier: MIT
#include "rbm/sampler/gibbs_langevin.h"

#include "rbm/model/joint.h"

namespace rbm {

template <class Real>
StepReport GibbsLangevin::step(const BasicMachine<Real>& machine, BasicChains<Real>& chains, Random& random,
                               const Control& control) const {
    refuse_discrete("Gibbs-Langevin sampling", machine);
    const PreparedMachine prepared(machine, chains.workspace, steps * chains.count());
    return step(BasicJoint<Real>(machine, chains.workspace), chains, random, control);
}
template StepReport GibbsLangevin::step(const Machine&, Chains&, Random&, const Control&) const;
template StepReport GibbsLangevin::step(const PreciseMachine&, BasicChains<double>&, Random&, const Control&) const;

}  // namespace rbm
