// SPDX-License-Identifier: MIT
#include "rbm/sampler/clamped_gibbs.h"

#include "rbm/kernels/error.h"

namespace rbm {

template <class Real>
void BasicClamp<Real>::restore(MatrixView<Real> visible_state) const {
    if (values.rows != visible_state.rows || values.cols != visible_state.cols || known.cols != values.cols ||
        (known.rows != 1 && known.rows != values.rows))
        throw InvalidArgument("Clamp: known, values and states must have the same shape, but for one row of known");
    for (std::size_t r = 0; r < visible_state.rows; ++r) {
        const auto held = known.row(known.rows == 1 ? 0 : r);
        const auto from = values.row(r);
        const auto to = visible_state.row(r);
        for (std::size_t i = 0; i < to.size(); ++i)
            if (held[i] != 0) to[i] = from[i];
    }
}

template <class Real>
StepReport ClampedGibbs::step(const BasicMachine<Real>& machine, const BasicClamp<Real>& clamp,
                              BasicChains<Real>& chains, Random& random, const Control& control) const {
    Work work(control, "sampling", steps);
    const PreparedMachine prepared(machine, chains.workspace, steps * chains.count());
    for (std::size_t sweep = 0; sweep < steps; ++sweep) {
        {
            const Uninterrupted whole;  // a sweep moves what is held, too
            BlockGibbs{.steps = 1}.step(machine, chains, random);
            clamp.restore(chains.visible.view());
        }
        work.advance();
    }
    return {steps};
}

template struct BasicClamp<float>;
template struct BasicClamp<double>;
template StepReport ClampedGibbs::step(const BasicMachine<float>&, const BasicClamp<float>&, BasicChains<float>&,
                                       Random&, const Control&) const;
template StepReport ClampedGibbs::step(const BasicMachine<double>&, const BasicClamp<double>&, BasicChains<double>&,
                                       Random&, const Control&) const;

}  // namespace rbm
