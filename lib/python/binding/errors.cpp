// SPDX-License-Identifier: MIT
// The library's errors as Python's exceptions.
#include "binding.h"
#include "rbm/kernels/error.h"

namespace rbm::python {
namespace {

/// Never freed: the interpreter may ask for them until it ends.
struct Exceptions {
    PyObject *data, *unsupported, *diverged;
};
Exceptions exceptions;

PyObject* exception_of(const Error& error) {
    switch (error.code()) {
        case ErrorCode::invalid_argument:
            return PyExc_ValueError;
        case ErrorCode::unsupported:
            return exceptions.unsupported;
        case ErrorCode::file:
            return dynamic_cast<const FileExists*>(&error) != nullptr ? PyExc_FileExistsError : PyExc_OSError;
        case ErrorCode::data:
            return exceptions.data;
        case ErrorCode::diverged:
            return exceptions.diverged;
        case ErrorCode::cancelled:
            return PyExc_KeyboardInterrupt;
        case ErrorCode::failed:
            break;
    }
    return PyExc_RuntimeError;
}

PyObject* new_exception(py::module_& module, const char* name, const char* help, PyObject* base) {
    const std::string full = std::string("rbm.") + name;
    PyObject* const type = PyErr_NewExceptionWithDoc(full.c_str(), help, base, nullptr);
    if (type == nullptr) throw py::error_already_set();
    module.attr(name) = py::handle(type);
    return type;
}

}  // namespace

void add_errors(py::module_& module) {
    exceptions.data = new_exception(module, "DataError", "Data or a model file that cannot be used.", PyExc_ValueError);
    exceptions.unsupported = new_exception(module, "UnsupportedError",
                                           "A method that has no answer for these kinds of units.", PyExc_ValueError);
    exceptions.diverged = new_exception(
        module, "DivergedError", "A parameter became NaN, infinite or huge while learning.", PyExc_ArithmeticError);
    new_exception(module, "PrecisionWarning", "float64 was rounded to float32.", PyExc_UserWarning);
    py::register_exception_translator([](std::exception_ptr thrown) {
        try {
            if (thrown) std::rethrow_exception(thrown);
        } catch (const Error& error) {
            PyErr_SetString(exception_of(error), error.what());
        }
    });
}

}  // namespace rbm::python
