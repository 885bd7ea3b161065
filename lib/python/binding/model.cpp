// SPDX-License-Identifier: MIT
// rbm.Model: what a model file holds.
#include "binding.h"
#include "rbm/io/model_file.h"

namespace rbm::python {
namespace {

/// A model whose machine Python shares.
struct PyModel {
    Model facts;  ///< its machine is empty
    py::object machine;

    const Machine& shared() const { return machine.cast<PyMachine&>().machine; }
};

PyModel model_of(const py::object& machine) {
    machine.cast<PyMachine&>();
    PyModel model{{}, machine};
    model.facts.preparation = default_preparation(model.shared().visible);
    return model;
}

PyModel load(const py::object& path) {
    const auto text = py::module_::import("os").attr("fsdecode")(path).cast<std::string>();
    Model loaded = unlocked(py::none(), [&](const Control&) { return load_model(text); });
    PyModel model{{}, py::cast(std::make_unique<PyMachine>(loaded.machine))};
    loaded.machine = {};
    model.facts = std::move(loaded);
    return model;
}

void save(const PyModel& self, const py::object& path, bool overwrite) {
    const auto text = py::module_::import("os").attr("fsdecode")(path).cast<std::string>();
    Model whole = self.facts;
    whole.machine = self.shared();
    unlocked(py::none(),
             [&](const Control&) { save_model(text, whole, overwrite ? IfExists::replace : IfExists::refuse); });
}

Binarize binarize_named(const std::string& name) {
    for (const Binarize each : {Binarize::threshold, Binarize::sample, Binarize::none})
        if (name_of(each) == name) return each;
    throw InvalidArgument("binarize is '" + name + "', expected one of threshold, sample and none");
}

Array prepare(const PyModel& self, const py::object& data, std::uint64_t seed) {
    const Rows rows = rows_from(data, "X");
    const Dataset prepared = unlocked(py::none(), [&](const Control& control) {
        const Work work(control, "preparing");
        return rows.dataset().prepared(self.facts.preparation, state_form(self.shared().visible));
    });
    Array out = new_rows(prepared.rows(), prepared.cols());
    const View view = view_of(out);
    unlocked(py::none(), [&](const Control& control) {
        const Work work(control, "preparing");
        prepared.fill(0, Random(seed).next(), view);
    });
    return out;
}

py::object log_partition_of(const PyModel& self) {
    if (!self.facts.log_partition) return py::none();
    const auto& [value, low, high, method] = *self.facts.log_partition;
    return py::make_tuple(value, low, high, method);
}

void set_log_partition(PyModel& self, const py::object& value) {
    self.facts.log_partition.reset();
    if (value.is_none()) return;
    const auto [z, low, high, method] = value.cast<std::tuple<double, double, double, std::string>>();
    self.facts.log_partition = LogPartition{z, low, high, method};
}

}  // namespace

void add_model(py::module_& module) {
    py::class_<PyModel>(module, "Model",
                        R"(What a model file holds: a machine, how its data are prepared, and log Z if known.

Parameters
----------
machine : Machine
    Shared with the model, not copied.

Attributes
----------
machine : Machine
binarize : {'threshold', 'sample', 'none'}
    How grey values become states of Bernoulli and spin units.
threshold : float
    Values above it are on.
mean, scale : list of float
    Of standardised data, v = (x - mean) / scale, else empty.
log_partition : tuple (value, low, high, method) or None
    log Z and its interval in nats.)")
        .def(py::init(&model_of), py::arg("machine"))
        .def_readonly("machine", &PyModel::machine)
        .def_property(
            "binarize", [](const PyModel& self) { return name_of(self.facts.preparation.binarize); },
            [](PyModel& self, const std::string& name) { self.facts.preparation.binarize = binarize_named(name); })
        .def_property(
            "threshold", [](const PyModel& self) { return self.facts.preparation.threshold; },
            [](PyModel& self, float threshold) { self.facts.preparation.threshold = threshold; })
        .def_property(
            "mean", [](const PyModel& self) { return self.facts.preparation.mean; },
            [](PyModel& self, const std::vector<float>& mean) { self.facts.preparation.mean = mean; })
        .def_property(
            "scale", [](const PyModel& self) { return self.facts.preparation.scale; },
            [](PyModel& self, const std::vector<float>& scale) { self.facts.preparation.scale = scale; })
        .def_property("log_partition", &log_partition_of, &set_log_partition)
        .def("prepare", &prepare, py::arg("X"), py::arg("seed") = 0,
             R"(The states that the machine sees of these data, as the model says they are prepared.

Parameters
----------
X : array-like or CSR matrix of shape (n_samples, n_visible)
seed : int, default=0
    For binarize 'sample'.

Returns
-------
ndarray of shape (n_samples, n_visible), float32)")
        .def("save", &save, py::arg("path"), py::kw_only(), py::arg("overwrite") = false,
             "Writes a model file (safetensors), whole or not at all; FileExistsError unless `overwrite`.");
    module.def("load", &load, py::arg("path"), "The model in a file that this module or the programs have written.");
}

}  // namespace rbm::python
