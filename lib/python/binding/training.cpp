// SPDX-License-Identifier: MIT
// rbm.Training: a run of any objective of the table that makes updates, by the library's loop.
#include <fmt/format.h>

#include "binding.h"
#include "rbm/method/objectives.h"
#include "rbm/model/bridge.h"

namespace rbm::python {
namespace {

Preparation preparation_of(const std::string& binarize, float threshold) {
    Preparation preparation;
    preparation.threshold = threshold;
    const std::vector<std::string> names{"threshold", "sample", "none"};
    const auto found = std::ranges::find(names, binarize);
    if (found == names.end())
        throw InvalidArgument(fmt::format("binarize is '{}', expected one of {}", binarize, listed(names)));
    preparation.binarize = static_cast<Binarize>(found - names.begin());
    return preparation;
}

template <class Choice>
Choice chosen(const char* name, const std::string& value, const std::vector<std::string>& names) {
    const auto found = std::ranges::find(names, value);
    if (found == names.end())
        throw InvalidArgument(fmt::format("{} is '{}', expected one of {}", name, value, listed(names)));
    return static_cast<Choice>(found - names.begin());
}

class PyTraining {
  public:
    PyTraining(PyMachine& machine, const py::object& data, const std::string& objective, const py::dict& updates,
               const py::dict& settings, std::uint64_t seed, const py::object& sample_weights, bool from_trained,
               const std::string& binarize, float threshold)
        : machine_(machine),
          rows_(rows_from(data, "X", 0)),
          weights_(vector_from(sample_weights, "sample_weights", rows_.rows)) {
        const ObjectiveMethod& method = objective_method(objective);
        if (!method.makes_updates() || method.learns_labels)
            throw Unsupported(
                fmt::format("objective {}: is not offered here; the program rbm-train has it", objective));
        read(updates);
        const SettingValues values = settings_from(settings, method.settings, "objective " + objective);
        const std::size_t chains =
            method.has_persistent_chains() ? values.optional_count("chains").value_or(settings_.batch_size) : 0;
        const Machine& start = machine.machine;
        unlocked(py::none(), [&](const Control& control) {
            const Work work(control, "preparing");
            data_ = rows_.dataset().prepared(preparation_of(binarize, threshold), state_form(start.visible));
            objective_ =
                method.make({.settings = values, .chains = chains, .base = [&] { return base_of_data(start, data_); }});
            state_ =
                (from_trained ? start_from_trained : start_training)(start, data_, settings_, chains, seed, weights_);
        });
    }

    /// `on_epoch` gets a dict; when it returns True the run ends there.
    void run(std::size_t epochs, const py::object& on_epoch, const py::object& progress) {
        settings_.epochs = epochs;
        Listener listener(progress);
        TrainObserver observer;
        observer.on_epoch = [&](const EpochReport& report, const TrainState& state) {
            machine_.machine = state.machine;
            if (on_epoch.is_none()) return;
            listener.call([&] {
                if (py::bool_(on_epoch(facts_of(report)))) listener.stop();
            });
        };
        try {
            unlocked(listener, [&](const Control& control) {
                train(state_, objective_, data_, settings_, observer, weights_, control);
            });
        } catch (const Cancelled&) {
            machine_.machine = state_.machine;
            if (!listener.stopped()) throw;
        } catch (const py::error_already_set&) {
            machine_.machine = state_.machine;
            throw;
        }
        listener.rethrow();
        machine_.machine = state_.machine;
    }

    std::uint64_t epoch() const { return state_.epoch; }

  private:
    static py::dict facts_of(const EpochReport& report) {
        py::dict facts;
        facts["epoch"] = report.epoch;
        facts["updates"] = report.updates;
        facts["learning_rate"] = report.learning_rate;
        facts["gradient_norm"] = report.gradient_norm;
        facts["step_to_weights"] = report.step_to_weights;
        if (report.loss) facts["loss"] = *report.loss;
        return facts;
    }

    void read(const py::dict& given) {
        for (const auto& [key, value] : given) {
            const auto name = key.cast<std::string>();
            if (name == "optimizer")
                settings_.optimizer = chosen<Optimizer>("optimizer", value.cast<std::string>(), {"sgd", "adam"});
            else if (name == "learning_rate_schedule")
                settings_.schedule = chosen<Schedule>("learning_rate_schedule", value.cast<std::string>(),
                                                      {"constant", "linear", "exponential"});
            else if (name == "batch_size")
                settings_.batch_size = value.cast<std::size_t>();
            else if (name == "centering")
                settings_.centering = value.cast<bool>();
            else if (name == "learning_rate")
                settings_.learning_rate = value.cast<float>();
            else if (name == "momentum")
                settings_.momentum = value.cast<float>();
            else if (name == "weight_decay")
                settings_.weight_decay = value.cast<float>();
            else if (name == "weight_decay_l1")
                settings_.weight_decay_l1 = value.cast<float>();
        }
    }

    PyMachine& machine_;
    Rows rows_;
    std::vector<float> weights_;
    TrainSettings settings_;
    Dataset data_;
    AnyObjective objective_;
    TrainState state_;
};

void initialize_from(PyMachine& machine, const py::object& data, std::uint64_t seed, const std::string& binarize,
                     float threshold) {
    const Rows rows = rows_from(data, "X");
    unlocked(py::none(), [&](const Control& control) {
        const Work work(control, "preparing");
        Random random(seed);
        Machine fresh = machine.machine;
        initialize(fresh,
                   rows.dataset().prepared(preparation_of(binarize, threshold), state_form(machine.machine.visible)),
                   random);
        machine.machine = fresh;
    });
}

}  // namespace

void add_training(py::module_& module) {
    py::class_<PyTraining>(module, "Training", "A run of training that can go on: see `train`.")
        .def(py::init<PyMachine&, const py::object&, const std::string&, const py::dict&, const py::dict&,
                      std::uint64_t, const py::object&, bool, const std::string&, float>(),
             py::arg("machine"), py::arg("X"), py::arg("objective"), py::arg("updates"), py::arg("settings"),
             py::arg("seed"), py::arg("sample_weights"), py::arg("from_trained"), py::arg("binarize"),
             py::arg("threshold"), py::keep_alive<1, 2>())
        .def("run", &PyTraining::run, py::arg("epochs"), py::arg("on_epoch") = py::none(),
             py::arg("progress") = py::none(), "Trains until that many epochs are done, counted from the first.")
        .def_property_readonly("epoch", &PyTraining::epoch, "Finished epochs.");
    module.def("initialize", &initialize_from, py::arg("machine"), py::arg("X"), py::arg("seed") = 0,
               py::arg("binarize") = "none", py::arg("threshold") = 0.5F,
               R"(Gives a machine small random weights and the biases of the data's means.

Parameters
----------
machine : Machine
    Changed in place.
X : array-like or CSR matrix of shape (n_samples, n_visible)
seed : int, default=0
binarize : {'none', 'threshold', 'sample'}, default='none'
    How grey values become states.
threshold : float, default=0.5)");
}

}  // namespace rbm::python
