// SPDX-License-Identifier: MIT
// Numbers and states of rows: energies, means and draws of one side given the other.
#include <fmt/format.h>

#include <cmath>

#include "binding.h"
#include "rbm/model/state_sum.h"

namespace rbm::python {
namespace {

std::vector<float> betas_of(const Machine& machine, double beta, std::size_t rows) {
    if (!std::isfinite(beta) || (beta <= 0 && !is_discrete(machine.visible)))
        throw InvalidArgument(fmt::format("beta is {}, expected a finite number{}", beta,
                                          is_discrete(machine.visible) ? "" : " above 0 for continuous units"));
    return std::vector<float>(beta == 1 ? 0 : std::min(rows, block_of(machine)), static_cast<float>(beta));
}

Beta of_rows(const std::vector<float>& betas, std::size_t rows) {
    return betas.empty() ? Beta{} : Beta(betas).first(rows);
}

DoubleArray free_energy(const PyMachine& self, const py::object& visible, double beta) {
    const Machine& machine = self.machine;
    const Rows rows = rows_from(visible, "visible", machine.visible_count());
    const std::vector<float> betas = betas_of(machine, beta, rows.rows);
    DoubleArray out(static_cast<py::ssize_t>(rows.rows));
    const std::span<double> values(out.mutable_data(), rows.rows);
    unlocked(py::none(), [&](const Control& control) {
        Work work(control, "scoring", rows.rows);
        Workspace workspace;
        const PreparedMachine prepared(machine, workspace, rows.rows);
        rows.each_block(block_of(machine), [&](std::size_t first, ConstView states) {
            machine.free_energy(states, of_rows(betas, states.rows), workspace, values.subspan(first, states.rows));
            work.advance(states.rows);
        });
    });
    return out;
}

/// One side given the other: fill(units, field, beta, first row, out) for each block of rows.
template <class Fill>
Array given(Side known, const PyMachine& self, const py::object& states_of_it, double beta, Fill fill) {
    const Machine& machine = self.machine;
    const bool visible = known == Side::visible;
    const std::size_t columns[] = {machine.visible_count(), machine.hidden_count()};
    const Rows rows = rows_from(states_of_it, visible ? "visible" : "hidden", columns[visible ? 0 : 1]);
    const std::vector<float> betas = betas_of(machine, beta, rows.rows);
    Array out = new_rows(rows.rows, columns[visible ? 1 : 0]);
    const View view = view_of(out);
    unlocked(py::none(), [&](const Control& control) {
        Work work(control, "scoring", rows.rows);
        Workspace workspace;
        const PreparedMachine prepared(machine, workspace, rows.rows);
        rows.each_block(block_of(machine), [&](std::size_t first, ConstView states) {
            const View part = view.rows_from(first, states.rows);
            if (visible)
                machine.hidden_field(states, workspace, part);
            else
                machine.visible_field(states, workspace, part);
            fill(visible ? machine.hidden : machine.visible, ConstView(part), of_rows(betas, states.rows), first, part);
            work.advance(states.rows);
        });
    });
    return out;
}

constexpr auto means = [](const Units& units, ConstView field, Beta beta, std::size_t, View out) {
    mean(units, field, beta, out);
};
auto draws(Random& random) {
    return [stream = random.next()](const Units& units, ConstView field, Beta beta, std::size_t first, View out) {
        sample(units, field, beta, stream.rows_from(first), out);
    };
}

std::vector<double> energy(const PyMachine& self, const py::object& visible, const py::object& hidden) {
    const Rows v = rows_from(visible, "visible", self.machine.visible_count());
    const Rows h = rows_from(hidden, "hidden", self.machine.hidden_count());
    if (v.sparse || h.sparse) throw InvalidArgument("energy: expected dense arrays");
    return unlocked(py::none(), [&](const Control& control) {
        Work work(control, "scoring");
        return self.machine.energy(v.dense, h.dense);
    });
}

/// The sum over rows of weight * dF/dparameter, as a machine.
std::unique_ptr<PyMachine> gradient(const PyMachine& self, const py::object& visible, const py::object& row_weights) {
    const Rows rows = rows_from(visible, "visible", self.machine.visible_count());
    if (rows.sparse) throw InvalidArgument("free_energy_gradient: expected a dense array");
    std::vector<float> weights = vector_from(row_weights, "row_weights", rows.rows);
    if (weights.empty()) weights.assign(rows.rows, 1);
    return std::make_unique<PyMachine>(unlocked(py::none(), [&](const Control& control) {
        Work work(control, "scoring");
        return self.machine.free_energy_gradient(rows.dense, weights);
    }));
}

}  // namespace

void add_scores(py::module_& module) {
    auto machine = py::reinterpret_borrow<py::class_<PyMachine>>(module.attr("Machine"));
    machine
        .def("free_energy", &free_energy, py::arg("visible"), py::arg("beta") = 1.0,
             R"(F(v) = -log of the sum of exp(-beta E(v, h)) over h, in nats.

Parameters
----------
visible : array-like or CSR matrix of shape (n_samples, n_visible)
beta : float, default=1.0
    Inverse temperature.

Returns
-------
ndarray of shape (n_samples,), float64)")
        .def(
            "hidden_mean",
            [](const PyMachine& self, const py::object& visible, double beta) {
                return given(Side::visible, self, visible, beta, means);
            },
            py::arg("visible"), py::arg("beta") = 1.0,
            "E[h | v], of shape (n_samples, n_hidden): of Bernoulli units p(h = 1 | v).")
        .def(
            "visible_mean",
            [](const PyMachine& self, const py::object& hidden, double beta) {
                return given(Side::hidden, self, hidden, beta, means);
            },
            py::arg("hidden"), py::arg("beta") = 1.0, "E[v | h], of shape (n_samples, n_visible).")
        .def(
            "sample_hidden",
            [](const PyMachine& self, const py::object& visible, Random& random, double beta) {
                return given(Side::visible, self, visible, beta, draws(random));
            },
            py::arg("visible"), py::arg("random"), py::arg("beta") = 1.0,
            "Draws from p(h | v), of shape (n_samples, n_hidden).")
        .def(
            "sample_visible",
            [](const PyMachine& self, const py::object& hidden, Random& random, double beta) {
                return given(Side::hidden, self, hidden, beta, draws(random));
            },
            py::arg("hidden"), py::arg("random"), py::arg("beta") = 1.0,
            "Draws from p(v | h), of shape (n_samples, n_visible).")
        .def(
            "energy",
            [](const PyMachine& self, const py::object& visible, const py::object& hidden) {
                return py::array(py::cast(energy(self, visible, hidden)));
            },
            py::arg("visible"), py::arg("hidden"), "E(v, h) of each row in nats, of shape (n_samples,).")
        .def("free_energy_gradient", &gradient, py::arg("visible"), py::arg("row_weights") = py::none(),
             R"(The sum over rows of row_weight * dF(v)/dparameter, as a machine of these values.

Parameters
----------
visible : array-like of shape (n_samples, n_visible)
row_weights : array-like of shape (n_samples,), default=None
    1 for each when None.)");
}

}  // namespace rbm::python
