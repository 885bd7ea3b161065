// SPDX-License-Identifier: MIT
#include "rbm/kernels/threads.h"

#include <omp.h>

#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace rbm {
namespace {

std::atomic<std::size_t>& wanted_threads() {
    static std::atomic<std::size_t> value = static_cast<std::size_t>(omp_get_num_procs());
    return value;
}

void pause() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

/// Some 30 microseconds of pauses: longer than the gap between two loops of a training step, far shorter than the slice
/// of time that a waiting thread would take from others.
constexpr int spins = 1000;

/// One job at a time.  `ticket_` holds the job's number above and its unclaimed pieces below; a piece is claimed by
/// lowering it.  A claim that succeeds proves that the job was unfinished all the while, and so that its body, read
/// before the claim, is the right one: nothing else may be read for that proof, not even the number of pieces.
class Pool {
  public:
    void run(std::uint32_t count, std::size_t helpers, void (*call)(const void*, std::size_t), const void* body) {
        grow(helpers);
        call_.store(call, std::memory_order_relaxed);
        body_.store(body, std::memory_order_relaxed);
        helpers_.store(helpers, std::memory_order_relaxed);
        unfinished_.store(count, std::memory_order_relaxed);
        error_ = nullptr;
        const std::uint32_t job = job_.load(std::memory_order_relaxed) + 1;
        ticket_.store(std::uint64_t{job} << 32 | count, std::memory_order_release);
        job_.store(job, std::memory_order_release);
        job_.notify_all();
        work(job);
        std::uint32_t left = unfinished_.load(std::memory_order_acquire);
        for (int spin = 0; left != 0; ++spin, left = unfinished_.load(std::memory_order_acquire)) {
            if (spin < spins)
                pause();
            else
                unfinished_.wait(left, std::memory_order_acquire);
        }
        if (error_) std::rethrow_exception(error_);
    }

    std::mutex mutex;  ///< held by the caller whose job runs

  private:
    void grow(std::size_t helpers) {
        for (; started_ < helpers; ++started_) std::thread([this, number = started_] { serve(number); }).detach();
    }

    void serve(std::size_t number) {
        inside() = true;
        omp_set_num_threads(1);  // OpenBLAS's OpenMP flavour asks the calling thread
        std::uint32_t seen = 0;
        for (int spin = 0;; ++spin) {
            const std::uint32_t job = job_.load(std::memory_order_acquire);
            if (job != seen) {
                seen = job;
                if (number < helpers_.load(std::memory_order_relaxed)) work(job);
                spin = 0;
            } else if (spin < spins) {
                pause();
            } else {
                job_.wait(job, std::memory_order_acquire);
            }
        }
    }

    void work(std::uint32_t job) {
        std::uint64_t ticket = ticket_.load(std::memory_order_acquire);
        while (ticket >> 32 == job && (ticket & 0xffffffffU) != 0) {
            const auto call = call_.load(std::memory_order_relaxed);
            const void* body = body_.load(std::memory_order_relaxed);
            if (!ticket_.compare_exchange_weak(ticket, ticket - 1, std::memory_order_acq_rel)) continue;
            try {
                call(body, (ticket & 0xffffffffU) - 1);
            } catch (...) {
                const std::lock_guard lock(error_mutex_);
                if (!error_) error_ = std::current_exception();
            }
            if (unfinished_.fetch_sub(1, std::memory_order_acq_rel) == 1) unfinished_.notify_one();
            ticket = ticket_.load(std::memory_order_acquire);
        }
    }

  public:
    static bool& inside() {
        thread_local bool value = false;
        return value;
    }

  private:
    std::atomic<std::uint64_t> ticket_{0};
    std::atomic<void (*)(const void*, std::size_t)> call_{nullptr};
    std::atomic<const void*> body_{nullptr};
    std::atomic<std::size_t> helpers_{0};
    // 32 bits are what the system can wait on directly.
    std::atomic<std::uint32_t> job_{0}, unfinished_{0};
    std::size_t started_ = 0;
    std::mutex error_mutex_;
    std::exception_ptr error_;
};

/// Never destroyed: its threads end with the process.
Pool& pool() {
    static Pool& the_pool = *new Pool;
    return the_pool;
}

}  // namespace

std::size_t threads() { return wanted_threads().load(std::memory_order_relaxed); }

void set_threads(std::size_t count) {
    if (count == 0) throw std::invalid_argument("set_threads: found 0, expected at least 1");
    wanted_threads() = count;
}

void detail::parallel_for(std::size_t count, void (*call)(const void*, std::size_t), const void* body) {
    const std::size_t helpers = std::min(threads(), count) - (count > 0 ? 1 : 0);
    std::unique_lock lock(pool().mutex, std::defer_lock);
    if (helpers == 0 || count > 0xffffffffU || Pool::inside() || !lock.try_lock()) {
        for (std::size_t i = 0; i < count; ++i) call(body, i);
        return;
    }
    Pool::inside() = true;
    struct Leave {
        ~Leave() { Pool::inside() = false; }
    } const leave;
    pool().run(static_cast<std::uint32_t>(count), helpers, call, body);
}

}  // namespace rbm
