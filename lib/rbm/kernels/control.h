// SPDX-License-Identifier: MIT
// Control over calls that can take longer than a second: they tell how far they have come, and end when asked to.
//
// Every such function takes a Control as its last parameter.  Its callbacks run on the thread that made the call and on
// no other, between two pieces of work: at least every 0.1 s or so, often every few microseconds, so they should be
// cheap.  Library functions that a callback calls do not call it again.
//
// A call that is cancelled throws Cancelled.  All do, those too that have a state to hand back: most of them return a
// number, half of one is of no use, and a bool that says "not finished" is easily overlooked.  What the call was given
// stays usable: a training state stands after its last finished batch, and ends in the same bytes as if it had never
// been interrupted; chains are valid states, at most a sweep further on; machines and data are untouched.  What a
// callback throws comes out likewise.  A call that has finished its work returns, however late it was asked to end.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string_view>
#include <thread>

#include "rbm/kernels/error.h"

namespace rbm {

struct ProgressReport {
    std::string_view phase;  ///< what is being done: "training", "annealing"
    std::uint64_t done = 0;
    std::uint64_t total = 0;  ///< 0: not known
};

struct Control {
    std::function<void(const ProgressReport&)> progress = {};
    std::function<bool()> cancelled = {};  ///< true: end the call
};

/// A long function at work, for those who write one: it lives on the stack of the thread that was called.  While it
/// does, parallel_for() asks between its pieces on that thread, so whatever is written in terms of kernels ends soon
/// without asking by itself.  One inside another asks on behalf of both.
class [[nodiscard]] Work {
  public:
    Work(const Control& control, std::string_view phase, std::uint64_t total = 0, std::uint64_t done = 0);
    ~Work();
    Work(Control&&, std::string_view, std::uint64_t = 0, std::uint64_t = 0) = delete;  // it would not live long enough
    Work(const Work&) = delete;
    Work& operator=(const Work&) = delete;

    /// That much more is done.  The caller's thread tells and asks; other threads count, and learn what it was told.
    /// Throws Cancelled unless all is done.
    void advance(std::uint64_t by = 1);
    /// Throws Cancelled, on any thread, when the work is to end.
    void ask();
    bool cancelled();

    /// For a call that does a part of the work on this thread: its steps count `weight` each, from here on.
    Control part(std::uint64_t weight = 1);
    /// For calls on other threads that do a piece of the work: they end with it.
    Control piece();

  private:
    void tell();
    bool asked_to_end();

    const Control& control_;
    std::string_view phase_;
    std::uint64_t total_;
    std::atomic<std::uint64_t> done_;
    std::atomic<bool> cancelled_{false};
    std::thread::id owner_ = std::this_thread::get_id();
    Work* outer_;
};

/// While it lives, kernels on this thread do not ask: for what must be done as a whole or not at all.
class [[nodiscard]] Uninterrupted {
  public:
    Uninterrupted();
    ~Uninterrupted();
    Uninterrupted(const Uninterrupted&) = delete;
    Uninterrupted& operator=(const Uninterrupted&) = delete;

  private:
    Work* outer_;
};

namespace detail {
/// The innermost work of this thread that can be cancelled, or null.
Work*& current_work();
void ask_current_work();
}  // namespace detail

}  // namespace rbm
