// SPDX-License-Identifier: MIT
#include "rbm/kernels/control.h"

namespace rbm {

Work*& detail::current_work() {
    thread_local Work* work = nullptr;
    return work;
}

void detail::ask_current_work() {
    if (Work* const work = current_work()) work->ask();
}

Uninterrupted::Uninterrupted() : outer_(detail::current_work()) { detail::current_work() = nullptr; }

Uninterrupted::~Uninterrupted() { detail::current_work() = outer_; }

Work::Work(const Control& control, std::string_view phase, std::uint64_t total, std::uint64_t done)
    : control_(control), phase_(phase), total_(total), done_(done), outer_(detail::current_work()) {
    if (control.cancelled) detail::current_work() = this;
}

Work::~Work() { detail::current_work() = outer_; }

void Work::tell() {
    if (!control_.progress) return;
    const Uninterrupted callback;
    control_.progress({phase_, done_, total_});
}

bool Work::asked_to_end() {
    if (outer_ != nullptr && outer_->cancelled()) return true;
    if (!control_.cancelled) return false;
    const Uninterrupted callback;
    return control_.cancelled();
}

bool Work::cancelled() {
    if (!cancelled_ && std::this_thread::get_id() == owner_ && asked_to_end()) cancelled_ = true;
    return cancelled_;
}

void Work::ask() {
    if (cancelled()) throw Cancelled();
}

void Work::advance(std::uint64_t by) {
    const std::uint64_t done = done_ += by;
    if (std::this_thread::get_id() == owner_) tell();
    if (total_ == 0 || done < total_) ask();
}

Control Work::part(std::uint64_t weight) {
    return {[this, weight, before = done_.load()](const ProgressReport& report) {
                done_ = before + weight * report.done;
                if (control_.progress) control_.progress({report.phase, done_, total_});
            },
            {}};
}

Control Work::piece() {
    return {{}, [this] { return cancelled(); }};
}

}  // namespace rbm
