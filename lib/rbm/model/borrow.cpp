// SPDX-License-Identifier: MIT
#include "rbm/model/borrow.h"
#include "rbm/kernels/error.h"

#include <fmt/format.h>

#include <utility>

namespace rbm {

template <class Real>
void borrow_parameters(BasicMachine<Real>& machine, const std::type_identity_t<ParameterPlace<Real>>& place) {
    std::vector<std::pair<Buffer<Real>*, std::span<Real>>> found;
    const auto find = [&](const std::string& name, Buffer<Real>& values) {
        const std::span<Real> memory = place(name, values.size());
        if (memory.empty()) return;
        if (memory.size() != values.size())
            throw InvalidArgument(fmt::format("borrow_parameters: {} has {} values, its place has room for {}",
                                                    name, values.size(), memory.size()));
        found.emplace_back(&values, memory);
    };
    const auto find_side = [&](std::string_view side, BasicUnits<Real>& units) {
        std::visit(
            [&](auto& bank) {
                for (const auto& each : bank.parameters())
                    find(fmt::format("{}.{}", side, each.name), bank.*each.values);
            },
            units);
    };
    find("weights", machine.weights.buffer());
    find_side("visible", machine.visible);
    find_side("hidden", machine.hidden);
    for (const auto& [values, memory] : found) values->borrow(memory);
}

template void borrow_parameters<float>(Machine&, const ParameterPlace<float>&);
template void borrow_parameters<double>(PreciseMachine&, const ParameterPlace<double>&);

}  // namespace rbm
