// SPDX-License-Identifier: MIT
// rbm.Machine: its parameters are NumPy arrays, which the library reads and writes where they lie.
#include <fmt/format.h>

#include "binding.h"
#include "rbm/io/model_file.h"
#include "rbm/model/borrow.h"

namespace rbm::python {
namespace {

std::unique_ptr<PyMachine> make_machine(std::size_t visible, std::size_t hidden, const std::string& visible_units,
                                        const std::string& hidden_units, std::size_t visible_states,
                                        std::size_t hidden_states) {
    if (visible == 0 || hidden == 0)
        throw InvalidArgument(
            fmt::format("Machine: {} visible and {} hidden units, expected at least 1 of each", visible, hidden));
    const auto bank = [](const char* side, const std::string& name, std::size_t sites, std::size_t states) {
        const bool takes_states = unit_row(name).has_states;
        if (takes_states && states < 2)
            throw InvalidArgument(
                fmt::format("Machine: {}_states is {}, expected at least 2 for {} units", side, states, name));
        if (!takes_states && states != 0)
            throw InvalidArgument(
                fmt::format("Machine: {}_states is {}, but {} units have no such number", side, states, name));
        return make_units<float>(name, sites, states);
    };
    return std::make_unique<PyMachine>(Machine(bank("visible", visible_units, visible, visible_states),
                                               bank("hidden", hidden_units, hidden, hidden_states)));
}

py::dict parameters_of(const PyMachine& self) {
    py::dict all;
    for (const auto& [name, values] : self.parameters) all[py::str(name)] = values;
    return all;
}

void set_parameter(PyMachine& self, std::string_view name, const py::object& values) {
    Array array = self.parameter(name);
    array[py::ellipsis()] = values;
}

std::size_t states_of(const Units& units) { return unit_row(units).has_states ? site_width(units) : 0; }

py::bytes bytes_of(const PyMachine& self) {
    Model model;
    model.machine = self.machine;
    const std::vector<std::byte> file = encode_safetensors(model_tensors(model));
    return {reinterpret_cast<const char*>(file.data()), file.size()};
}

std::unique_ptr<PyMachine> from_bytes(const py::bytes& bytes) {
    const std::string_view file = bytes;
    return std::make_unique<PyMachine>(
        model_from(parse_safetensors(std::as_bytes(std::span(file.data(), file.size())), "pickle")).machine);
}

std::string text_of(const PyMachine& self) {
    const auto side = [](const char* name, const Units& units) {
        std::string text = fmt::format("{}={}, {}_units='{}'", name, site_count(units), name, kind(units));
        if (const std::size_t states = states_of(units)) text += fmt::format(", {}_states={}", name, states);
        return text;
    };
    return fmt::format("Machine({}, {})", side("visible", self.machine.visible), side("hidden", self.machine.hidden));
}

}  // namespace

PyMachine::PyMachine(const Machine& from) : machine(from) {
    std::as_const(machine).each_parameter([&](std::string_view name, std::span<const float> values) {
        Array array = name == "weights" ? new_rows(machine.visible_count(), machine.hidden_count())
                                        : Array(static_cast<py::ssize_t>(values.size()));
        std::copy(values.begin(), values.end(), array.mutable_data());
        parameters.emplace_back(name, std::move(array));
    });
    borrow_parameters(machine, [this](std::string_view name, std::size_t count) {
        return std::span<float>(parameter(name).mutable_data(), count);
    });
}

Array PyMachine::parameter(std::string_view name) const {
    for (const auto& [own, values] : parameters)
        if (own == name) return values;
    throw py::key_error(fmt::format("no parameter {}", name));
}

void add_machine(py::module_& module) {
    py::class_<PyMachine>(module, "Machine", R"(A restricted Boltzmann machine.

Parameters
----------
visible, hidden : int
    The number of units; of Potts units, of sites.
visible_units, hidden_units : {'bernoulli', 'gaussian', 'spin', 'potts'}, default='bernoulli'
    What a unit can be: 0 or 1; any real number; -1 or 1; one of several states, one-hot.
visible_states, hidden_states : int, default=0
    States of a Potts site; 0 for other kinds.

Notes
-----
All parameters are 0 at first.  `weights` and the values of `parameters` are NumPy arrays of float32 that the
machine works on: what is written there changes the machine, and what learning does to it is seen there.)")
        .def(py::init(&make_machine), py::arg("visible"), py::arg("hidden"), py::kw_only(),
             py::arg("visible_units") = "bernoulli", py::arg("hidden_units") = "bernoulli",
             py::arg("visible_states") = 0, py::arg("hidden_states") = 0)
        .def_property(
            "weights", [](const PyMachine& self) { return self.parameters.front().second; },
            [](PyMachine& self, const py::object& values) { set_parameter(self, "weights", values); },
            "ndarray of shape (n_visible, n_hidden), float32: couples visible unit i with hidden unit j.")
        .def_property_readonly("parameters", &parameters_of,
                               "The arrays of all parameters by their names in model files.")
        .def("__getitem__", &PyMachine::parameter, py::arg("name"), "The array of a parameter.")
        .def("__setitem__", &set_parameter)
        .def_property_readonly(
            "n_visible", [](const PyMachine& self) { return self.machine.visible_count(); },
            "Columns of a visible state: units, or sites times states.")
        .def_property_readonly(
            "n_hidden", [](const PyMachine& self) { return self.machine.hidden_count(); },
            "Columns of a hidden state: units, or sites times states.")
        .def_property_readonly("visible_units", [](const PyMachine& self) { return kind(self.machine.visible); })
        .def_property_readonly("hidden_units", [](const PyMachine& self) { return kind(self.machine.hidden); })
        .def_property_readonly("visible_states", [](const PyMachine& self) { return states_of(self.machine.visible); })
        .def_property_readonly("hidden_states", [](const PyMachine& self) { return states_of(self.machine.hidden); })
        .def(
            "copy", [](const PyMachine& self) { return std::make_unique<PyMachine>(self); },
            "A machine of the same parameters in memory of its own.")
        .def("__copy__", [](const PyMachine& self) { return std::make_unique<PyMachine>(self); })
        .def("__deepcopy__", [](const PyMachine& self, const py::dict&) { return std::make_unique<PyMachine>(self); })
        .def(
            "__eq__", [](const PyMachine& self, const PyMachine& other) { return self.machine == other.machine; },
            py::is_operator())
        .def("__repr__", &text_of)
        .def(py::pickle(&bytes_of, &from_bytes));
}

}  // namespace rbm::python
