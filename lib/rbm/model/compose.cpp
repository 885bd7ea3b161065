// SPDX-License-Identifier: MIT
#include "rbm/model/compose.h"

#include <fmt/format.h>

#include "rbm/kernels/error.h"
#include "rbm/model/bridge.h"

namespace rbm {
namespace {

template <class Real>
void check(std::span<const BasicMachine<Real>> machines, std::span<const double> betas) {
    if (machines.empty()) throw InvalidArgument("compose: found no machine, expected at least one");
    if (!betas.empty() && betas.size() != machines.size())
        throw InvalidArgument(fmt::format("compose: {} betas for {} machines", betas.size(), machines.size()));
    for (const double beta : betas)
        if (!(beta > 0) || !std::isfinite(beta))
            throw InvalidArgument(fmt::format("compose: beta is {}, expected a finite number above 0", beta));
    for (const auto& machine : machines) {
        if (!alike(machine.visible, machines[0].visible) || width(machine.visible) != width(machines[0].visible))
            throw InvalidArgument(fmt::format("compose: one machine has {} {} visible units, another {} {} ones",
                                              width(machines[0].visible), name_with_states(machines[0].visible),
                                              width(machine.visible), name_with_states(machine.visible)));
        if (!alike(machine.hidden, machines[0].hidden))
            throw Unsupported(fmt::format("compose: hidden units of different kinds, {} and {}, cannot share a bank",
                                          name_with_states(machines[0].hidden), name_with_states(machine.hidden)));
    }
}

}  // namespace

template <class Real>
BasicUnits<Real> sum_of_energies(const BasicUnits<Real>& first, const BasicUnits<Real>& second) {
    // Half way on the geometric path between twice the one and twice the other.
    const auto twice = [](const BasicUnits<Real>& units) {
        return tempered(BasicMachine<Real>(units, BasicBernoulli<Real>(1)), 2.0);
    };
    return BasicBridge<Real>(twice(second), twice(first).visible).at(0.5).visible;
}

template <class Real>
BasicMachine<Real> compose(std::span<const BasicMachine<Real>> machines, std::span<const double> betas) {
    check(machines, betas);
    std::size_t hidden_count = 0;
    std::vector<BasicMachine<Real>> scaled;
    for (std::size_t k = 0; k < machines.size(); ++k) {
        scaled.push_back(tempered(machines[k], betas.empty() ? 1.0 : betas[k]));
        hidden_count += machines[k].hidden_count();
    }
    BasicUnits<Real> visible = scaled[0].visible;
    for (std::size_t k = 1; k < scaled.size(); ++k) visible = sum_of_energies(visible, scaled[k].visible);

    BasicMachine<Real> product(std::move(visible),
                               similar_units<Real>(machines[0].hidden, hidden_count / site_width(machines[0].hidden)));
    const std::vector<Real> factors = statistic_factors(product.visible);
    std::size_t first = 0;
    for (const auto& machine : scaled) {
        const std::size_t count = machine.hidden_count();
        const std::vector<Real> own = statistic_factors(machine.visible);
        for (std::size_t i = 0; i < factors.size(); ++i)
            for (std::size_t j = 0; j < count; ++j)
                product.weights(i, first + j) = machine.weights(i, j) * (own[i] / factors[i]);
        each_pair(product, machine, [&](std::string_view name, std::span<Real> to, std::span<const Real> from) {
            if (name.starts_with("hidden."))
                std::copy(from.begin(), from.end(), to.begin() + static_cast<std::ptrdiff_t>(first));
        });
        first += count;
    }
    return product;
}

#define RBM_INSTANTIATE(Real)                                                                    \
    template BasicUnits<Real> sum_of_energies(const BasicUnits<Real>&, const BasicUnits<Real>&); \
    template BasicMachine<Real> compose(std::span<const BasicMachine<Real>>, std::span<const double>);
RBM_INSTANTIATE(float)
RBM_INSTANTIATE(double)
#undef RBM_INSTANTIATE

}  // namespace rbm
