// SPDX-License-Identifier: MIT
// rbm.Sampler: chains of any sampler of the table, and filling in what is not known.
#include <fmt/format.h>

#include "binding.h"
#include "rbm/method/samplers.h"
#include "rbm/sampler/clamped_gibbs.h"

namespace rbm::python {
namespace {

Matrix matrix_of(const Rows& rows) {
    Matrix copy(rows.rows, rows.cols);
    rows.each_block(1024, [&](std::size_t first, ConstView states) {
        for (std::size_t r = 0; r < states.rows; ++r) std::ranges::copy(states.row(r), copy.row(first + r).begin());
    });
    return copy;
}

Matrix optional_matrix(const py::object& values, const char* name, std::size_t columns) {
    return values.is_none() ? Matrix{} : matrix_of(rows_from(values, name, columns));
}

class PySampler {
  public:
    PySampler(const PyMachine& machine, const std::string& name, std::size_t chains, std::size_t steps,
              const py::object& start, const py::object& known, double beta, std::uint64_t seed,
              const py::object& progress, const py::kwargs& settings)
        : machine_(machine.machine), random_(seed), progress_(progress) {
        const SamplerMethod& method = sampler_method(name);
        require_units(method, machine_.visible);
        settings_ = settings_from(settings, method.settings, "sampler " + name);
        SamplerInputs inputs{
            .machine = machine_, .settings = settings_, .chains = chains, .steps = steps, .beta = beta};
        inputs.start = optional_matrix(start, "start", machine_.visible_count());
        inputs.held = optional_matrix(known, "known", machine_.visible_count());
        if (inputs.start.rows() != 0) inputs.chains = inputs.start.rows();
        if (inputs.chains == 0) throw InvalidArgument("Sampler: chains is 0, expected at least 1");
        if (inputs.held.rows() != 0) {
            if (!method.holds_units)
                throw InvalidArgument(fmt::format("sampler {}: cannot hold units; leave out `known`", name));
            if (inputs.start.rows() == 0)
                throw InvalidArgument("Sampler: `known` says which values of `start` stay, but there is no start");
            if (inputs.held.rows() != 1)
                throw InvalidArgument(fmt::format("known has {} rows, expected 1", inputs.held.rows()));
            inputs.at = inputs.start;
        }
        chains_ = unlocked(progress_, [&](const Control& control) {
            inputs.control = control;
            Work work(control, "settling");
            return method.start(inputs, random_);
        });
    }

    void step(std::size_t steps) {
        unlocked(progress_, [&](const Control& control) {
            Work work(control, "sampling", steps);
            for (std::size_t s = 0; s < steps; ++s) {
                {
                    const Uninterrupted whole;
                    chains_->step(random_);
                }
                work.advance();
            }
        });
    }
    Array states() const {
        Array out = new_rows(chains_->count(), machine_.visible_count());
        chains_->states(view_of(out));
        return out;
    }
    Array means() {
        Array out = new_rows(chains_->count(), machine_.visible_count());
        chains_->means(view_of(out));
        return out;
    }
    py::dict report() const {
        const SamplerReport found = chains_->report();
        py::dict all;
        for (const auto& [name, value] : found.facts) all[py::str(name)] = value;
        all["summary"] = found.summary;
        all["warnings"] = found.warnings;
        return all;
    }

  private:
    const Machine machine_;  ///< a copy: chains of a machine that changes under them are nobody's
    SettingValues settings_;
    Random random_;
    py::object progress_;
    std::unique_ptr<RunningChains> chains_;
};

Array fill_in(const PyMachine& self, const py::object& visible, const py::object& mask, std::size_t steps,
              std::uint64_t seed, const py::object& progress) {
    const Machine& machine = self.machine;
    const Matrix values = matrix_of(rows_from(visible, "X", machine.visible_count()));
    const Matrix known = matrix_of(rows_from(mask, "mask", machine.visible_count()));
    if (known.rows() != 1 && known.rows() != values.rows())
        throw InvalidArgument(fmt::format("mask has {} rows, expected 1 or {}", known.rows(), values.rows()));
    Array out = new_rows(values.rows(), values.cols());
    const View view = view_of(out);
    unlocked(progress, [&](const Control& control) {
        Random random(seed);
        const Clamp clamp{known, values};
        Chains chains = Chains::from_noise(machine, values.rows(), random);
        clamp.restore(chains.visible.view());
        ClampedGibbs{.steps = steps}.step(machine, clamp, chains, random, control);
        visible_means(machine, chains, view);
        clamp.restore(view);
    });
    return out;
}

}  // namespace

void add_sampler(py::module_& module) {
    py::class_<PySampler>(module, "Sampler", R"(Markov chains of a machine at work.

Parameters
----------
machine : Machine
    Its parameters are copied.
sampler : str, default='gibbs'
    One of `samplers()`.
chains : int, default=64
    Ignored with `start`.
steps : int, default=1000
    Of the whole run: samplers that seek a step size do so in its first half.
start : array-like of shape (n_chains, n_visible), default=None
    Where chains begin; at noise when None.
known : array-like of shape (1, n_visible), default=None
    Not 0 where units stay as they are in `start`.
beta : float, default=1.0
    Inverse temperature.
seed : int, default=0
progress : callable, default=None
    progress(phase, done, total), on the caller's thread.
**settings
    Of the sampler, see `samplers()`.)")
        .def(py::init<const PyMachine&, const std::string&, std::size_t, std::size_t, const py::object&,
                      const py::object&, double, std::uint64_t, const py::object&, const py::kwargs&>(),
             py::arg("machine"), py::arg("sampler") = "gibbs", py::kw_only(), py::arg("chains") = 64,
             py::arg("steps") = 1000, py::arg("start") = py::none(), py::arg("known") = py::none(),
             py::arg("beta") = 1.0, py::arg("seed") = 0, py::arg("progress") = py::none())
        .def("step", &PySampler::step, py::arg("steps") = 1, "Moves the chains; Ctrl-C ends between two steps.")
        .def("states", &PySampler::states, "ndarray of shape (n_chains, n_visible): where the chains are.")
        .def("means", &PySampler::means,
             "ndarray of shape (n_chains, n_visible): the means that the states were drawn from.")
        .def("report", &PySampler::report, "What the sampler found out about itself, with `warnings` in words.");
    module.def("_fill_in", &fill_in);
}

}  // namespace rbm::python
