// SPDX-License-Identifier: MIT
// What people pass as data: arrays of any type and order, lists, and SciPy's sparse matrices.
#include <fmt/format.h>

#include "binding.h"
#include "rbm/data/shared_entries.h"

namespace rbm::python {
namespace {

/// Says once in a process that doubles were rounded: floats hold 24 bits, and the caller pays for a copy.
void tell_of_rounding(const char* name) {
    static bool told = false;
    if (std::exchange(told, true)) return;
    const auto category = py::module_::import("rbm._core").attr("PrecisionWarning");
    const std::string text = fmt::format(
        "{} is float64: rbm computes in float32 and has made a rounded copy (said once); pass "
        "{}.astype(numpy.float32) to avoid both",
        name, name);
    if (PyErr_WarnEx(category.ptr(), text.c_str(), 1) != 0) throw py::error_already_set();
}

bool is_double(const py::array& array) { return array.dtype().kind() == 'f' && array.dtype().itemsize() > 4; }

Array floats_from(const py::handle& values, const char* name) {
    const py::array given = py::array::ensure(values);
    if (!given) throw py::error_already_set();
    const char kind = given.dtype().kind();
    if (kind != 'f' && kind != 'i' && kind != 'u' && kind != 'b')
        throw InvalidArgument(
            fmt::format("{}: dtype is {}, expected real numbers", name, py::str(given.dtype()).cast<std::string>()));
    if (is_double(given)) tell_of_rounding(name);
    Array floats = py::array_t<float, py::array::c_style | py::array::forcecast>::ensure(given);
    if (!floats) throw py::error_already_set();
    return floats;
}

template <class T>
std::vector<T> copied(const py::handle& values) {
    const auto array = py::array_t<T, py::array::c_style | py::array::forcecast>::ensure(values);
    if (!array) throw py::error_already_set();
    return {array.data(), array.data() + array.size()};
}

void check_columns(const char* name, std::size_t found, std::size_t expected) {
    if (expected != 0 && found != expected)
        throw InvalidArgument(fmt::format("{} has {} columns, expected {}", name, found, expected));
}

/// Only what is not zero is copied.
Rows sparse_rows(py::object matrix, const char* name, std::size_t columns) {
    matrix = matrix.attr("tocsr")();
    if (!matrix.attr("has_canonical_format").cast<bool>()) {
        matrix = matrix.attr("copy")();
        matrix.attr("sum_duplicates")();
    }
    const auto [count, width] = matrix.attr("shape").cast<std::pair<std::size_t, std::size_t>>();
    check_columns(name, width, columns);
    const py::array data = matrix.attr("data");
    if (is_double(data)) tell_of_rounding(name);
    SharedEntries entries(copied<std::uint64_t>(matrix.attr("indptr")), copied<std::uint32_t>(matrix.attr("indices")),
                          copied<float>(data));
    if (entries.rows() != count || entries.width() > width)
        throw InvalidArgument(fmt::format("{}: its indices do not fit its shape", name));
    Dataset set = Dataset::from_sparse(width, std::move(entries));
    set.name = name;
    return {py::none(), {}, std::move(set), count, width};
}

}  // namespace

Rows rows_from(const py::handle& values, const char* name, std::size_t columns) {
    if (!py::isinstance<py::array>(values) && py::hasattr(values, "tocsr"))
        return sparse_rows(py::reinterpret_borrow<py::object>(values), name, columns);
    Array floats = floats_from(values, name);
    if (floats.ndim() != 2)
        throw InvalidArgument(
            fmt::format("{} has {} dimensions, expected 2: one row per sample; of one sample take {}.reshape(1, -1)",
                        name, floats.ndim(), name));
    Rows rows;
    rows.rows = static_cast<std::size_t>(floats.shape(0));
    rows.cols = static_cast<std::size_t>(floats.shape(1));
    check_columns(name, rows.cols, columns);
    rows.dense = ConstView(floats.data(), rows.rows, rows.cols);
    rows.owner = std::move(floats);
    return rows;
}

Dataset Rows::dataset() const {
    if (sparse) return *sparse;
    Dataset set = Dataset::view_floats(rows, cols, std::span(dense.data, rows * cols));
    set.name = "X";
    return set;
}

std::vector<float> vector_from(const py::handle& values, const char* name, std::size_t count) {
    if (values.is_none()) return {};
    const Array floats = floats_from(values, name);
    if (floats.ndim() != 1 || static_cast<std::size_t>(floats.size()) != count)
        throw InvalidArgument(fmt::format("{}: {} values in {} dimensions, expected {} in one", name, floats.size(),
                                          floats.ndim(), count));
    return {floats.data(), floats.data() + floats.size()};
}

}  // namespace rbm::python
