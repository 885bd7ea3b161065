// SPDX-License-Identifier: MIT
#include "rbm/trainer/objectives/missing.h"

#include <cmath>

#include "rbm/sampler/clamped_gibbs.h"

namespace rbm {
namespace {

template <class Real>
bool has_missing(std::span<const Real> row) {
    return std::any_of(row.begin(), row.end(), [](Real x) { return std::isnan(x); });
}

}  // namespace

template <class Real>
void fill_in_missing(const BasicMachine<Real>& machine, std::size_t batch, std::size_t sweeps, Random& random,
                     BasicGradientWorkspace<Real>& workspace) {
    const MatrixView<Real> rows = workspace.visible.rows_from(0, batch);
    const std::size_t units = machine.visible_count();
    std::size_t count = 0;
    for (std::size_t b = 0; b < batch; ++b) count += has_missing<Real>(rows.row(b)) ? 1U : 0U;
    if (count == 0) return;

    auto& chains = workspace.incomplete;
    workspace.incomplete_rows.resize(count, units);
    workspace.known.resize(count, units);
    chains.visible.resize(count, units);
    chains.hidden.resize(count, machine.hidden_count());
    // The field of independent units is 0; the first sweep draws the hidden units itself.
    chains.workspace.visible_field.resize(count, units);
    chains.workspace.visible_field.fill(0);
    sample(machine.visible, chains.workspace.visible_field, {}, random.next(), chains.visible.view());
    std::size_t c = 0;
    for (std::size_t b = 0; b < batch; ++b) {
        if (!has_missing<Real>(rows.row(b))) continue;
        for (std::size_t i = 0; i < units; ++i) {
            const Real x = rows.row(b)[i];
            workspace.incomplete_rows(c, i) = x;
            workspace.known(c, i) = std::isnan(x) ? Real{0} : Real{1};
        }
        ++c;
    }
    const BasicClamp<Real> clamp{workspace.known, workspace.incomplete_rows};
    clamp.restore(chains.visible.view());
    ClampedGibbs{.steps = sweeps}.step(machine, clamp, chains, random);
    c = 0;
    for (std::size_t b = 0; b < batch; ++b) {
        if (!has_missing<Real>(rows.row(b))) continue;
        std::copy(chains.visible.row(c).begin(), chains.visible.row(c).end(), rows.row(b).begin());
        ++c;
    }
}

template void fill_in_missing(const BasicMachine<float>&, std::size_t, std::size_t, Random&,
                              BasicGradientWorkspace<float>&);
template void fill_in_missing(const BasicMachine<double>&, std::size_t, std::size_t, Random&,
                              BasicGradientWorkspace<double>&);

}  // namespace rbm
