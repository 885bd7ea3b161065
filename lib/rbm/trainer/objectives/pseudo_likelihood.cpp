// SPDX-License-Identifier: MIT
#include "rbm/trainer/objectives/pseudo_likelihood.h"

#include "rbm/trainer/objectives/flips.h"

namespace rbm {

template <class Real>
void PseudoLikelihood::add_gradient(const BasicMachine<Real>& machine, std::size_t batch, BasicChains<Real>&,
                                    Random& random, BasicGradientWorkspace<Real>& workspace,
                                    BasicMachine<Real>& gradient) const {
    detail::add_flip_gradient(machine, batch, sites, detail::to_conditional, "pseudo-likelihood", random, workspace,
                              gradient);
}

#define RBM_INSTANTIATE(Real)                                                                                         \
    template void PseudoLikelihood::add_gradient(const BasicMachine<Real>&, std::size_t, BasicChains<Real>&, Random&, \
                                                 BasicGradientWorkspace<Real>&, BasicMachine<Real>&) const;
RBM_INSTANTIATE(float)
RBM_INSTANTIATE(double)
#undef RBM_INSTANTIATE

}  // namespace rbm
