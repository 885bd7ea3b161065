// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <ctime>
#include <latch>
#include <stdexcept>
#include <thread>
#include <vector>

#include "rbm/kernels/context.h"
#include "rbm/kernels/threads.h"

using namespace rbm;

namespace {

/// Waits until `condition` holds, and tells whether it ever did.  The deadline is for what will never come.
template <class Condition>
bool comes_true(const Condition& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::yield();
    }
    return true;
}

/// True when the two pieces of a loop run at once: each waits for the other to begin.
bool two_at_once() {
    std::atomic<int> begun = 0;
    std::atomic<bool> met = true;
    parallel_for(2, [&](std::size_t) {
        ++begun;
        if (!comes_true([&] { return begun == 2; })) met = false;
    });
    return met;
}

}  // namespace

TEST_SUITE_BEGIN("threads");

TEST_CASE("each piece is done once, in job after job of changing sizes") {
    for (const std::size_t count_of_threads : {1U, 2U, 3U, 8U}) {
        const ContextScope scope({.threads = count_of_threads});
        for (std::size_t job = 0; job < 20000; ++job) {
            const std::size_t pieces = job * 7 % 17;
            std::vector<int> done(pieces, 0);  // plain ints: a piece done twice at once is a race that TSan sees
            parallel_for(pieces, [&](std::size_t i) { ++done[i]; });
            for (const int times : done) REQUIRE(times == 1);
        }
    }
}

TEST_CASE("several callers, callers within bodies, and what bodies throw") {
    std::atomic<int> total = 0;
    std::vector<std::thread> callers;
    for (int caller = 0; caller < 4; ++caller)
        callers.emplace_back([&] {
            const ContextScope scope({.threads = 3});
            for (int job = 0; job < 500; ++job) {
                std::vector<int> done(15, 0);  // plain ints, as above
                parallel_for(5, [&](std::size_t i) { parallel_for(3, [&](std::size_t j) { ++done[3 * i + j]; }); });
                for (const int times : done) total += times;
            }
        });
    for (std::thread& caller : callers) caller.join();
    CHECK(total == 4 * 500 * 5 * 3);
    for (const std::size_t count : {1U, 3U}) {
        const ContextScope scope({.threads = count});
        CHECK_THROWS_AS(parallel_for(9,
                                     [](std::size_t i) {
                                         if (i == 4) throw std::runtime_error("piece");
                                     }),
                        std::runtime_error);
    }
}

TEST_CASE("a caller whose loop is long keeps no other from having help") {
    const ContextScope scope({.threads = 4});
    parallel_for(4, [](std::size_t) {});  // three helpers from here on
    std::atomic<int> held = 0;
    std::atomic<bool> release = false;
    std::thread other([&] {
        const ContextScope two({.threads = 2});
        parallel_for(2, [&](std::size_t) {
            ++held;
            comes_true([&] { return release.load(); });
        });
    });
    CHECK(comes_true([&] { return held == 2; }));
    CHECK(two_at_once());
    release = true;
    other.join();
    CHECK(two_at_once());
}

TEST_CASE("a loop has as many threads as its caller asks for, and no more") {
    const ContextScope scope({.threads = 8});
    parallel_for(8, [](std::size_t) {});
    for (const std::size_t count : {1U, 2U, 3U}) {
        const ContextScope fewer({.threads = count});
        std::atomic<std::size_t> now = 0, most = 0;
        for (int job = 0; job < 200; ++job)
            parallel_for(20, [&](std::size_t) {
                const std::size_t here = ++now;
                std::size_t seen = most;
                while (seen < here && !most.compare_exchange_weak(seen, here)) {
                }
                std::this_thread::yield();
                --now;
            });
        CHECK(most <= count);
    }
}

TEST_CASE("threads that have gone to sleep wake up for the next loop") {
    const ContextScope scope({.threads = 2});
    for (int time = 0; time < 3; ++time) {
        parallel_for(2, [](std::size_t) {});
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        CHECK(two_at_once());
    }
}

TEST_CASE("threads without work take no processor time") {
    const ContextScope scope({.threads = 3});
    parallel_for(3, [](std::size_t) {});
    std::this_thread::sleep_for(std::chrono::milliseconds(50));  // until they sleep
    const std::clock_t before = std::clock();
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    CHECK(static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC < 0.15);
}

TEST_CASE("a loop within a body stays on the body's thread") {
    const ContextScope scope({.threads = 4});
    parallel_for(4, [](std::size_t) {});  // three helpers from here on
    std::atomic<int> begun = 0, elsewhere = 0;
    parallel_for(2, [&](std::size_t) {
        ++begun;
        comes_true([&] { return begun == 2; });  // so that one of the two is on a helper
        const std::thread::id own = std::this_thread::get_id();
        parallel_for(8, [&](std::size_t) {
            if (std::this_thread::get_id() != own) ++elsewhere;
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
        });
    });
    CHECK(elsewhere == 0);
}

TEST_CASE("more callers at once than there is room for do their work all the same") {
    std::atomic<int> total = 0;
    std::latch begin(80);
    std::vector<std::thread> callers;
    for (int caller = 0; caller < 80; ++caller)
        callers.emplace_back([&] {
            const ContextScope two({.threads = 2});
            begin.arrive_and_wait();
            for (int job = 0; job < 20; ++job) parallel_for(6, [&](std::size_t) { ++total; });
        });
    for (std::thread& caller : callers) caller.join();
    CHECK(total == 80 * 20 * 6);
}

TEST_CASE("a forked child, which has none of the threads, has its own") {
    const ContextScope scope({.threads = 2});
    parallel_for(4, [](std::size_t) {});
    const pid_t child = fork();
    if (child == 0) {
        std::atomic<int> total = 0;
        parallel_for(100, [&](std::size_t) { ++total; });
        _exit(total == 100 && two_at_once() ? 0 : 1);
    }
    int status = -1;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(status == 0);
}

TEST_SUITE_END();
