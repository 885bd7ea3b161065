// SPDX-License-Identifier: MIT
// The extension module rbm._core: the library as the package's Python files see it.
#include "binding.h"
#include "rbm/kernels/backend.h"
#include "rbm/kernels/blas_info.h"
#include "rbm/kernels/random.h"
#include "rbm/kernels/threads.h"
#include "rbm/method/objectives.h"
#include "rbm/method/partitions.h"
#include "rbm/method/samplers.h"

namespace rbm::python {
namespace {

/// {method: {setting: help}}, the settings as Python's keywords.
template <class Row>
py::dict table_of(const std::vector<Row>& rows) {
    py::dict table;
    for (const Row& row : rows) {
        // Their ladders are files of the programs.
        if constexpr (requires { row.needs_ladder; })
            if (row.needs_ladder) continue;
        py::dict settings;
        for (const Setting& one : row.settings) {
            std::string keyword = one.name;
            std::replace(keyword.begin(), keyword.end(), '-', '_');
            settings[py::str(keyword)] = one.help;
        }
        table[py::str(row.name)] = settings;
    }
    return table;
}

py::tuple state_of(const Random& random) {
    const Random::State& state = random.state();
    return py::make_tuple(state.key, state.call, state.word);
}

Random random_of(const py::tuple& state) {
    return Random::from_state(
        {state[0].cast<std::uint64_t>(), state[1].cast<std::uint64_t>(), state[2].cast<std::uint64_t>()});
}

}  // namespace
}  // namespace rbm::python

PYBIND11_MODULE(_core, module) {
    using namespace rbm;
    using namespace rbm::python;
    module.attr("__version__") = RBM_VERSION;
    add_errors(module);
    py::class_<Random>(module, "Random", R"(A generator of the library's random numbers.

The same seed gives the same draws for any number of threads.

Parameters
----------
seed : int, default=0
    From 0 to 2**64 - 1.)")
        .def(py::init<std::uint64_t>(), py::arg("seed") = 0)
        .def("fork", &Random::fork, py::arg("purpose"), "A generator whose draws are independent of this one's.")
        .def(py::pickle(&state_of, &random_of));
    add_machine(module);
    add_model(module);
    add_scores(module);
    add_pseudo_likelihood(module);
    add_sampler(module);
    add_training(module);
    add_updates(module);
    add_estimates(module);
    module.def("threads", &threads, "The number of threads that calls work on.");
    module.def("set_threads", &set_threads, py::arg("count"), "Sets the number of threads that calls work on.");
    module.def(
        "objectives", [] { return table_of(objective_methods()); },
        "The ways to train, each with its settings: {name: {setting: help}}.");
    module.def(
        "samplers", [] { return table_of(sampler_methods()); },
        "The ways to sample, each with its settings: {name: {setting: help}}.");
    module.def(
        "partition_methods", [] { return table_of(partition_methods()); },
        "The ways to estimate log Z, each with its settings: {name: {setting: help}}.");
    module.def("blas_facts", [] {
        const BlasInfo info = blas_info();
        return py::make_tuple(info.core, info.chosen_by_user ? std::string() : info.better_core);
    });
}
