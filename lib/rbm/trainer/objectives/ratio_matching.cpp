// SPDX-License-Identifier: MIT
#include "rbm/trainer/objectives/ratio_matching.h"

#include <cmath>

#include "rbm/trainer/objectives/flips.h"

namespace rbm {
namespace {

/// Of d_k, whose p_k is proportional to exp(d_k):  d loss / d d_k = p_k (p_k - delta_k - sum_m p_m (p_m - delta_m)).
double squared_doubts(std::span<double> differences) {
    const double stands = std::exp(-detail::to_conditional(differences));
    double doubt = 0, squares = 0;
    for (const double p : differences) {
        doubt += p;
        squares += p * p;
    }
    const double expected = squares - stands * doubt;
    for (double& p : differences) p *= p - expected;
    return 0.5 * (doubt * doubt + squares);
}

}  // namespace

template <class Real>
void RatioMatching::add_gradient(const BasicMachine<Real>& machine, std::size_t batch, BasicChains<Real>&,
                                 Random& random, BasicGradientWorkspace<Real>& workspace,
                                 BasicMachine<Real>& gradient) const {
    detail::add_flip_gradient(machine, batch, sites, squared_doubts, "ratio matching", random, workspace, gradient);
}

#define RBM_INSTANTIATE(Real)                                                                                      \
    template void RatioMatching::add_gradient(const BasicMachine<Real>&, std::size_t, BasicChains<Real>&, Random&, \
                                              BasicGradientWorkspace<Real>&, BasicMachine<Real>&) const;
RBM_INSTANTIATE(float)
RBM_INSTANTIATE(double)
#undef RBM_INSTANTIATE

}  // namespace rbm
