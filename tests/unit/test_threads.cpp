// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

#include "rbm/kernels/threads.h"

using namespace rbm;

TEST_SUITE_BEGIN("threads");

TEST_CASE("each piece is done once, in job after job of changing sizes") {
    for (const std::size_t count_of_threads : {1U, 2U, 3U, 8U}) {
        set_threads(count_of_threads);
        for (std::size_t job = 0; job < 20000; ++job) {
            const std::size_t pieces = job * 7 % 17;
            std::vector<int> done(pieces, 0);  // plain ints: a piece done twice at once is a race that TSan sees
            parallel_for(pieces, [&](std::size_t i) { ++done[i]; });
            for (const int times : done) REQUIRE(times == 1);
        }
    }
    set_threads(2);
}

TEST_CASE("several callers, callers within bodies, and what bodies throw") {
    set_threads(3);
    std::atomic<int> total = 0;
    std::vector<std::thread> callers;
    for (int caller = 0; caller < 4; ++caller)
        callers.emplace_back([&] {
            for (int job = 0; job < 500; ++job)
                parallel_for(5, [&](std::size_t) { parallel_for(3, [&](std::size_t) { ++total; }); });
        });
    for (std::thread& caller : callers) caller.join();
    CHECK(total == 4 * 500 * 5 * 3);
    CHECK_THROWS_AS(parallel_for(9,
                                 [](std::size_t i) {
                                     if (i == 4) throw std::runtime_error("piece");
                                 }),
                    std::runtime_error);
    set_threads(2);
}

TEST_CASE("a forked child without the threads does everything itself") {
    set_threads(2);
    parallel_for(4, [](std::size_t) {});
    const pid_t child = fork();
    if (child == 0) {
        std::atomic<int> total = 0;
        parallel_for(100, [&](std::size_t) { ++total; });
        _exit(total == 100 ? 0 : 1);
    }
    int status = -1;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(status == 0);
}

TEST_SUITE_END();
