// SPDX-License-Identifier: MIT
#include "rbm/trainer/ratio_matching.h"

#include "rbm/kernels/scalar.h"
#include "rbm/trainer/flips.h"

namespace rbm {
namespace {

/// 1 - p(v_i | rest) = logistic(F(v) - F(flipped)).
detail::Slope squared_doubt(double difference) {
    const double doubt = logistic(difference);
    return {doubt * doubt, 2 * doubt * doubt * logistic(-difference)};
}

}  // namespace

template <class Real>
void RatioMatching::add_gradient(const BasicMachine<Real>& machine, std::size_t batch, BasicChains<Real>&,
                                 Random& random, BasicGradientWorkspace<Real>& workspace,
                                 BasicMachine<Real>& gradient) const {
    detail::add_flip_gradient(machine, batch, units, squared_doubt, "ratio matching", random, workspace, gradient);
}

#define RBM_INSTANTIATE(Real)                                                                                      \
    template void RatioMatching::add_gradient(const BasicMachine<Real>&, std::size_t, BasicChains<Real>&, Random&, \
                                              BasicGradientWorkspace<Real>&, BasicMachine<Real>&) const;
RBM_INSTANTIATE(float)
RBM_INSTANTIATE(double)
#undef RBM_INSTANTIATE

}  // namespace rbm
