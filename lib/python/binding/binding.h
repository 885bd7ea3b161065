// SPDX-License-Identifier: MIT
// What the files of the extension module rbm._core share: NumPy's arrays as the library's rows, machines whose
// parameters are NumPy's arrays, and calls that let other threads run and end by Ctrl-C.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rbm/data/dataset.h"
#include "rbm/kernels/control.h"
#include "rbm/method/setting.h"
#include "rbm/model/machine.h"

namespace rbm::python {

namespace py = pybind11;
using Array = py::array_t<float, py::array::c_style>;
using DoubleArray = py::array_t<double, py::array::c_style>;

/// Rows of states of the caller's: looked at where they are float32 in C order, else copied.
struct Rows {
    py::object owner;               ///< holds the memory
    ConstView dense;                ///< or nothing,
    std::optional<Dataset> sparse;  ///< of CSR
    std::size_t rows = 0, cols = 0;

    /// Not to outlive these rows.
    Dataset dataset() const;
    /// Calls body(first row, states) for at most `block` rows at a time; dense ones are not copied.
    template <class Body>
    void each_block(std::size_t block, Body body) const;
};
/// Throws InvalidArgument unless there are two dimensions and, where `columns` is not 0, that many columns.  `name` is
/// the argument's.
Rows rows_from(const py::handle& values, const char* name, std::size_t columns = 0);
/// Zeros where there is nothing, else one value for each of `count`.
std::vector<float> vector_from(const py::handle& values, const char* name, std::size_t count);

inline Array new_rows(std::size_t rows, std::size_t cols) {
    return Array({static_cast<py::ssize_t>(rows), static_cast<py::ssize_t>(cols)});
}
inline View view_of(Array& array) {
    return {array.mutable_data(), static_cast<std::size_t>(array.shape(0)), static_cast<std::size_t>(array.shape(1))};
}

/// A machine whose parameters are arrays that Python holds too.
class PyMachine {
  public:
    explicit PyMachine(const Machine& from);
    PyMachine(const PyMachine& other) : PyMachine(other.machine) {}
    PyMachine& operator=(const PyMachine&) = delete;

    Machine machine;
    std::vector<std::pair<std::string, Array>> parameters;  ///< in file order
    Array parameter(std::string_view name) const;
};

/// Hears Ctrl-C and tells progress, on the thread that made the call.
class Listener {
  public:
    explicit Listener(py::object progress);
    const Control& control() const { return control_; }
    /// The call is to end at its next step, without an exception in Python.
    void stop() { stopped_ = true; }
    bool stopped() const { return stopped_; }
    /// Throws what a signal or the callback raised, if anything.
    void rethrow();
    /// Calls into Python; what that raises is kept, and ends the call.
    template <class Body>
    void call(Body body);

  private:
    bool asked_to_end();
    void tell(const ProgressReport& report);
    void keep_error();

    using Clock = std::chrono::steady_clock;
    py::object progress_;
    PyObject *type_ = nullptr, *value_ = nullptr, *trace_ = nullptr;
    Clock::time_point asked_ = Clock::now(), told_ = asked_;
    bool failed_ = false, stopped_ = false;
    Control control_;
};

template <class Body>
void Listener::call(Body body) {
    const py::gil_scoped_acquire held;
    try {
        body();
    } catch (py::error_already_set& error) {
        error.restore();
        keep_error();
    }
}

/// work(control) without the lock on Python.
template <class Body>
auto unlocked(Listener& listener, Body work) {
    try {
        const py::gil_scoped_release released;
        return work(listener.control());
    } catch (const Cancelled&) {
        listener.rethrow();
        throw;
    }
}
template <class Body>
auto unlocked(const py::object& progress, Body work) {
    Listener listener(progress);
    return unlocked(listener, work);
}

template <class Body>
void Rows::each_block(std::size_t block, Body body) const {
    Matrix copy;
    for (std::size_t first = 0; first < rows; first += block) {
        const std::size_t count = std::min(block, rows - first);
        if (!sparse) {
            body(first, dense.rows_from(first, count));
            continue;
        }
        copy.resize(count, cols);
        sparse->fill(first, {}, copy.view());
        body(first, ConstView(copy));
    }
}

/// Rows at a time: Ctrl-C is heard between them, and large machines' products take long.
inline std::size_t block_of(const Machine& machine) {
    constexpr std::size_t products = std::size_t{1} << 30, most = 1024, least = 8;  // some 20 ms
    return std::clamp(products / std::max<std::size_t>(machine.weights.values().size(), 1), least, most);
}

/// The settings of a table's row from keyword arguments: step_size is "step-size".  Throws InvalidArgument for a name
/// or a value that is none of the row's.  `what` says what the row is: "objective".
SettingValues settings_from(const py::dict& given, const std::vector<Setting>& known, const std::string& what);

void add_errors(py::module_& module);
void add_machine(py::module_& module);
void add_model(py::module_& module);
void add_sampler(py::module_& module);
void add_pseudo_likelihood(py::module_& module);
void add_scores(py::module_& module);
void add_training(py::module_& module);
void add_updates(py::module_& module);
void add_estimates(py::module_& module);

}  // namespace rbm::python
