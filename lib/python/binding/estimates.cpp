// SPDX-License-Identifier: MIT
// log Z by any method of the table, and the proofs of rbm-check.
#include <fmt/format.h>

#include "binding.h"
#include "rbm/check/self_check.h"
#include "rbm/estimate/exact.h"
#include "rbm/estimate/monitor.h"
#include "rbm/method/partitions.h"
#include "rbm/method/proofs.h"
#include "rbm/model/bridge.h"

namespace rbm::python {
namespace {

constexpr std::array bases{"data", "model", "uniform"};

Units base_of(const Machine& machine, std::string name, const std::optional<Dataset>& data) {
    if (name.empty()) name = data ? bases[0] : bases[1];
    if (name == bases[1]) return machine.visible;
    if (name == bases[2]) return uniform_base(machine);
    if (!data) throw InvalidArgument("log_partition: base is 'data', but there is no X");
    return base_of_data(machine, *data);
}

/// That many rows spread over the data, and over again where they are fewer.
Matrix rows_to_start_at(const Dataset& data, std::size_t chains) {
    const Dataset some = data.spread(chains);
    Matrix rows(chains, data.cols());
    for (std::size_t first = 0; first < chains; first += some.rows()) {
        const std::size_t count = std::min(some.rows(), chains - first);
        some.slice(0, count).fill(0, {}, rows.view().rows_from(first, count));
    }
    return rows;
}

py::tuple log_partition(const PyMachine& self, const py::object& visible, const std::string& name, double beta,
                        std::uint64_t seed, const py::object& progress, const py::dict& given) {
    const PartitionMethod& method = name.empty() ? default_partition_method(self.machine) : partition_method(name);
    const SettingValues settings = settings_from(given, method.settings, "method " + method.name);
    std::optional<Rows> rows;
    if (!visible.is_none()) rows = rows_from(visible, "X", self.machine.visible_count());
    PartitionAnswer answer = unlocked(progress, [&](const Control& control) {
        if (method.is_exact()) {
            const double z = exact_log_partition(self.machine, beta, control);
            return PartitionAnswer{z, z, z, true, {}, {}, method.name};
        }
        const Machine machine = beta == 1 ? self.machine : tempered(self.machine, beta);
        std::optional<Dataset> data;
        if (rows) data = rows->dataset().prepared({}, state_form(machine.visible));
        const Bridge bridge(machine, base_of(machine, settings.text("base"), data));
        PartitionInputs inputs{.bridge = bridge, .settings = settings, .control = control};
        if (data) inputs.data = [&](std::size_t chains) { return rows_to_start_at(*data, chains); };
        const std::string base = settings.text("base");
        inputs.base = base == bases[0] || (base.empty() && data) ? PathBase::data : PathBase::other;
        Random random(seed);
        PartitionAnswer estimated = method.estimate(inputs, random);
        if (data && is_discrete(machine.visible)) {
            const Control untold{{}, control.cancelled};
            const std::vector<double> free_energy = free_energies(self.machine, *data, {}, beta, untold);
            hold_above(estimated, partition_floor(machine.visible, *data, {}, free_energy, untold));
        }
        return estimated;
    });
    py::dict parts;
    for (const PartitionPart& part : answer.parts)
        parts[py::str(part.name)] = py::make_tuple(part.estimate.value, part.estimate.low, part.estimate.high);
    const std::string how = method.is_exact() ? method.name : fmt::format("{} ({})", method.name, answer.how);
    return py::make_tuple(answer.value, answer.low, answer.high, how, answer.bounds, answer.verdict.text,
                          answer.verdict.warnings, parts);
}

std::vector<std::tuple<std::string, std::string, double, double, bool>> checks(const PyMachine& self,
                                                                               std::uint64_t seed,
                                                                               const py::object& progress) {
    std::vector<CheckResult> results = unlocked(progress, [&](const Control& control) {
        std::vector<CheckResult> all = self_check(self.machine, seed, {}, control);
        for (CheckResult& one : method_checks(self.machine, seed, control)) all.push_back(std::move(one));
        return all;
    });
    std::vector<std::tuple<std::string, std::string, double, double, bool>> rows;
    for (const CheckResult& one : results)
        rows.emplace_back(one.name, one.compared, one.difference, one.bound, one.passed());
    return rows;
}

}  // namespace

void add_estimates(py::module_& module) {
    module.def("_log_partition", &log_partition);
    module.def("_self_check", &checks);
    module.def(
        "example_machine",
        [](const std::string& visible_units, std::size_t visible, const std::string& hidden_units, std::size_t hidden,
           std::uint64_t seed, double size) {
            return std::make_unique<PyMachine>(
                example_machine(visible_units, visible, hidden_units, hidden, seed, size));
        },
        py::arg("visible_units"), py::arg("visible"), py::arg("hidden_units"), py::arg("hidden"), py::arg("seed") = 1,
        py::arg("size") = 0.5, "A machine with parameters drawn from N(0, size^2), to try things on.");
}

}  // namespace rbm::python
