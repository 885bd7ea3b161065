// SPDX-License-Identifier: MIT
#include "rbm/kernels/threads.h"

#include <omp.h>
#include <pthread.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>

#include "rbm/kernels/context.h"
#include "rbm/kernels/control.h"
#include "rbm/kernels/error.h"

namespace rbm {
namespace {

std::size_t processors() {
    static const auto count = static_cast<std::size_t>(omp_get_num_procs());
    return count;
}

std::atomic<std::size_t>& default_threads() {
    static std::atomic<std::size_t> value = processors();
    return value;
}

void pause() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

/// Some 100 microseconds of pauses or more: longer than the gaps between the loops of a training step.  With a fifth of
/// that, helpers slept once in two updates, and a system that woke them on the caller's own processor could leave them
/// there.  Far shorter than the slice of time that a waiting thread would take from others.
constexpr int spins = 5000;

/// True on threads of the pool, and on a caller whose job runs.
bool& inside_a_job() {
    thread_local bool value = false;
    return value;
}

/// Part of a loop's pieces.  `ticket` holds the job's number above and the unclaimed pieces below; a piece is claimed
/// by lowering it.  A claim that succeeds proves that the job was unfinished all the while, and so that its body, read
/// before the claim, is the right one: nothing else may be read for that proof, not even the number of pieces.
struct alignas(64) Share {
    std::atomic<std::uint64_t> ticket{0};
    std::atomic<std::uint32_t> first{0};  ///< piece
};

/// The loop of one caller, and after it that of another.  Each thread begins with a share of its own, the same in every
/// loop over the same rows: where processors do not share a cache, a line that changes hands costs half a microsecond.
/// Who is done with it takes single pieces from the others.
class alignas(64) Job {
  public:
    /// False when another caller has it.
    bool take() { return !taken_.load(std::memory_order_relaxed) && !taken_.exchange(true, std::memory_order_acquire); }
    void give_back() {
        helpers_.store(0, std::memory_order_relaxed);
        taken_.store(false, std::memory_order_release);
    }

    void post(std::uint32_t count, std::size_t helpers, void (*call)(const void*, std::size_t), const void* body) {
        const Context scoped = detail::scoped_context();
        call_.store(call, std::memory_order_relaxed);
        body_.store(body, std::memory_order_relaxed);
        backend_.store(scoped.backend, std::memory_order_relaxed);
        threads_.store(scoped.threads, std::memory_order_relaxed);
        helpers_.store(helpers, std::memory_order_relaxed);
        unfinished_.store(count, std::memory_order_relaxed);
        error_ = nullptr;
        failed_ = false;
        const std::size_t shares = std::min(helpers + 1, shares_.size());
        share_count_.store(shares, std::memory_order_relaxed);
        const std::uint64_t number = (number_.load(std::memory_order_relaxed) + 1) & 0xffffffffU;
        number_.store(number, std::memory_order_release);
        for (std::size_t i = 0; i < shares; ++i) {
            const std::uint64_t first = count * i / shares, end = count * (i + 1) / shares;
            shares_[i].first.store(static_cast<std::uint32_t>(first), std::memory_order_relaxed);
            shares_[i].ticket.store(number << 32 | (end - first), std::memory_order_release);
        }
    }

    /// The caller's part: whatever is not claimed by others, and to wait for what is.
    void finish() {
        work(0);
        std::uint32_t left = unfinished_.load(std::memory_order_acquire);
        for (int spin = 0; left != 0; ++spin, left = unfinished_.load(std::memory_order_acquire)) {
            if (spin < spins)
                pause();
            else if (detail::current_work() == nullptr)
                unfinished_.wait(left, std::memory_order_acquire);
            else
                ask_meanwhile(spin - spins);
        }
    }
    std::exception_ptr error() const { return error_; }  ///< once it is finished

    /// A helper's part; `place` tells helpers apart.  False when there was nothing to do, or helpers enough.
    bool help(std::size_t place) {
        if (!unclaimed()) return false;
        std::size_t helping = helping_.load(std::memory_order_relaxed);
        do {
            if (helping >= helpers_.load(std::memory_order_relaxed)) return false;
        } while (!helping_.compare_exchange_weak(helping, helping + 1, std::memory_order_acq_rel));
        const bool worked = work(place + 1);
        helping_.fetch_sub(1, std::memory_order_acq_rel);
        return worked;
    }

    std::size_t helpers() const { return helpers_.load(std::memory_order_relaxed); }

  private:
    static std::uint32_t unclaimed(std::uint64_t ticket) { return static_cast<std::uint32_t>(ticket); }
    static constexpr std::size_t most_shares = 32;

    bool unclaimed() const {
        const std::size_t shares = share_count_.load(std::memory_order_acquire);
        return std::any_of(
            shares_.begin(), shares_.begin() + static_cast<std::ptrdiff_t>(shares),
            [](const Share& share) { return unclaimed(share.ticket.load(std::memory_order_acquire)) != 0; });
    }

    template <class F>
    void guarded(const F& f) {
        try {
            f();
        } catch (...) {
            const std::lock_guard lock(error_mutex_);
            if (!error_) error_ = std::current_exception();
            failed_ = true;
        }
    }

    /// A caller that can be cancelled looks up now and then while others finish their pieces.
    void ask_meanwhile(int naps) {
        std::this_thread::sleep_for(std::chrono::microseconds(std::min(20 << std::min(naps, 8), 5000)));
        if (!failed_) guarded([] { detail::ask_current_work(); });
    }

    /// Takes pieces of this job, those of share `own` before others, until none is unclaimed.  False when there was
    /// none.
    bool work(std::size_t own) {
        const std::uint64_t number = number_.load(std::memory_order_acquire);
        const std::size_t shares = share_count_.load(std::memory_order_relaxed);
        std::uint32_t done = 0;
        bool cancelled = false;  // then the rest is only counted
        for (std::size_t i = 0; i < shares; ++i) done += work_on(shares_[(own + i) % shares], number, cancelled);
        if (done != 0 && unfinished_.fetch_sub(done, std::memory_order_acq_rel) == done) unfinished_.notify_one();
        return done != 0;
    }

    /// The number of pieces taken.
    std::uint32_t work_on(Share& share, std::uint64_t number, bool& cancelled) {
        std::uint32_t done = 0;
        std::uint64_t ticket = share.ticket.load(std::memory_order_acquire);
        while (ticket >> 32 == number && unclaimed(ticket) != 0) {
            const auto call = call_.load(std::memory_order_relaxed);
            const void* body = body_.load(std::memory_order_relaxed);
            const std::uint32_t first = share.first.load(std::memory_order_relaxed);
            const Context scoped{backend_.load(std::memory_order_relaxed), threads_.load(std::memory_order_relaxed)};
            if (!share.ticket.compare_exchange_weak(ticket, ticket - 1, std::memory_order_acq_rel)) continue;
            detail::scoped_context() = scoped;
            if (!cancelled)
                guarded([&] {
                    cancelled = true;
                    detail::ask_current_work();
                    cancelled = false;
                    call(body, first + unclaimed(ticket) - 1);
                });
            ++done;
            ticket = share.ticket.load(std::memory_order_acquire);
        }
        return done;
    }

    std::array<Share, most_shares> shares_;
    std::atomic<std::size_t> share_count_{1};
    std::atomic<std::uint64_t> number_{0};  ///< of the job
    std::atomic<void (*)(const void*, std::size_t)> call_{nullptr};
    std::atomic<const void*> body_{nullptr};
    std::atomic<const Backend*> backend_{nullptr};
    std::atomic<std::size_t> threads_{0};
    std::atomic<std::size_t> helpers_{0}, helping_{0};  // how many may help, how many do
    std::atomic<std::uint32_t> unfinished_{0};          // 32 bits are what the system can wait on directly
    std::atomic<bool> taken_{false};
    std::mutex error_mutex_;
    std::exception_ptr error_;
    std::atomic<bool> failed_{false};  ///< there is an error
};

/// The helping threads, and the jobs of all callers that run.
class Pool {
  public:
    /// A job for the calling thread, which has it until give_back(); null when too many callers have one.
    Job* take() {
        thread_local std::size_t last = 0;  // mostly still free, and still in this processor's cache
        for (std::size_t i = 0; i < jobs_.size(); ++i) {
            const std::size_t place = (last + i) % jobs_.size();
            if (!jobs_[place].take()) continue;
            last = place;
            std::size_t used = used_.load(std::memory_order_relaxed);
            while (used <= place && !used_.compare_exchange_weak(used, place + 1)) {
            }
            return &jobs_[place];
        }
        return nullptr;
    }

    /// Lets the threads see a job that has been posted.
    void announce(const Job& job) {
        grow(job.helpers());
        posted_.fetch_add(1, std::memory_order_acq_rel);
        posted_.notify_all();
    }

  private:
    /// As many threads as this job wants; as all jobs together want, where there are processors for them.
    void grow(std::size_t helpers) {
        std::size_t wanted = 0;
        for (std::size_t i = 0; i < used_.load(std::memory_order_relaxed); ++i) wanted += jobs_[i].helpers();
        wanted = std::max(helpers, std::min(wanted, processors() - 1));
        if (started_.load(std::memory_order_acquire) >= wanted) return;
        const std::lock_guard lock(grow_mutex_);
        try {
            for (std::size_t n = started_.load(); n < wanted; started_ = ++n)
                std::thread([this, n] { serve(n); }).detach();
        } catch (const std::system_error&) {
            // The system gives no more threads: those there are, and the caller, do the work.
        }
    }

    void serve(std::size_t n) {
        std::size_t first = n;
        inside_a_job() = true;
        omp_set_num_threads(1);  // OpenBLAS's OpenMP flavour asks the calling thread
        std::uint32_t seen = 0;
        for (int spin = 0;; ++spin) {
            const std::uint32_t posted = posted_.load(std::memory_order_acquire);
            if (posted != seen) {
                seen = posted;
                while (help_one(n, first)) {
                }
                spin = 0;
            } else if (spin < spins) {
                pause();
            } else {
                posted_.wait(posted, std::memory_order_acquire);
            }
        }
    }

    /// Helps one job, and looks at the others first the next time.
    bool help_one(std::size_t n, std::size_t& first) {
        const std::size_t used = used_.load(std::memory_order_acquire);
        for (std::size_t i = 0; i < used; ++i)
            if (jobs_[(first + i) % used].help(n)) {
                first = (first + i + 1) % used;
                return true;
            }
        return false;
    }

    std::array<Job, 64> jobs_;
    std::atomic<std::size_t> used_{1};  ///< jobs from this one on were never taken
    std::atomic<std::uint32_t> posted_{0};
    std::atomic<std::size_t> started_{0};
    std::mutex grow_mutex_;
};

/// Never destroyed: its threads end with the process.
std::atomic<Pool*> the_pool{nullptr};

Pool& pool() {
    Pool* found = the_pool.load(std::memory_order_acquire);
    if (found != nullptr) return *found;
    Pool* const fresh = new Pool;
    if (the_pool.compare_exchange_strong(found, fresh)) {
        // A forked child has none of the threads, and jobs of callers that it has not either.
        static std::atomic<bool> registered{false};
        if (!registered.exchange(true)) pthread_atfork(nullptr, nullptr, [] { the_pool = nullptr; });
        return *fresh;
    }
    delete fresh;
    return *found;
}

}  // namespace

std::size_t threads() {
    const std::size_t scoped = detail::scoped_context().threads;
    return scoped != 0 ? scoped : default_threads().load(std::memory_order_relaxed);
}

void set_threads(std::size_t count) {
    if (count == 0) throw InvalidArgument("set_threads: found 0, expected at least 1");
    default_threads() = count;
}

void detail::parallel_for(std::size_t count, void (*call)(const void*, std::size_t), const void* body) {
    const std::size_t helpers = std::min(threads(), count) - (count > 0 ? 1 : 0);
    const bool alone = helpers == 0 || count > 0xffffffffU || inside_a_job();
    Pool* const helping = alone ? nullptr : &pool();
    Job* const job = alone ? nullptr : helping->take();
    if (job == nullptr) {
        for (std::size_t i = 0; i < count; ++i) {
            detail::ask_current_work();
            call(body, i);
        }
        return;
    }
    inside_a_job() = true;
    job->post(static_cast<std::uint32_t>(count), helpers, call, body);
    helping->announce(*job);
    job->finish();
    inside_a_job() = false;
    const std::exception_ptr error = job->error();
    job->give_back();
    if (error) std::rethrow_exception(error);
}

}  // namespace rbm
