// SPDX-License-Identifier: MIT
// Ctrl-C and progress: signals are asked for every 20 ms, so that calls shorter than that never take Python's lock.
#include "binding.h"

namespace rbm::python {
namespace {

constexpr auto between_asking = std::chrono::milliseconds(20);
constexpr auto between_telling = std::chrono::milliseconds(50);

}  // namespace

Listener::Listener(py::object progress) : progress_(std::move(progress)) {
    control_.cancelled = [this] { return asked_to_end(); };
    if (!progress_.is_none()) control_.progress = [this](const ProgressReport& report) { tell(report); };
}

void Listener::keep_error() {
    PyErr_Fetch(&type_, &value_, &trace_);
    failed_ = true;
}

bool Listener::asked_to_end() {
    if (failed_ || stopped_) return true;
    const auto now = Clock::now();
    if (now - asked_ < between_asking) return false;
    asked_ = now;
    const py::gil_scoped_acquire held;
    if (PyErr_CheckSignals() != 0) keep_error();
    return failed_;
}

void Listener::tell(const ProgressReport& report) {
    const auto now = Clock::now();
    const bool last = report.total > 0 && report.done >= report.total;
    if (failed_ || (now - told_ < between_telling && !last)) return;
    told_ = now;
    call([&] {
        progress_(py::str(report.phase.data(), report.phase.size()), report.done,
                  report.total == 0 ? py::object(py::none()) : py::object(py::int_(report.total)));
    });
}

void Listener::rethrow() {
    if (!failed_) return;
    PyErr_Restore(std::exchange(type_, nullptr), std::exchange(value_, nullptr), std::exchange(trace_, nullptr));
    throw py::error_already_set();
}

}  // namespace rbm::python
