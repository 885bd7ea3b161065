// SPDX-License-Identifier: MIT
// The library's threads.  Work is cut into fixed pieces that any thread may take, so results do not depend on how many
// there are, and a thread that the system holds up delays nobody but the piece it has begun: on a busy machine the
// caller does the rest itself, where an OpenMP team would wait for its last member at each loop.
//
// Several callers may work at once.  Each does its own work, and threads that have nothing to do help whoever has some
// left.  There are as many helpers as the callers ask for, but not more than processors because of their number.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <type_traits>

namespace rbm {

/// The threads that work for this thread's calls, itself among them: those of its ContextScope (context.h), else the
/// process default.
std::size_t threads();

/// Sets the process default, which is at first the number of processors this process may run on.  Throws
/// InvalidArgument for 0.
void set_threads(std::size_t count);

namespace detail {
void parallel_for(std::size_t count, void (*call)(const void* body, std::size_t index), const void* body);
}

/// Calls body(0), ..., body(count - 1), each once, on at most threads() threads, in no particular order, and returns
/// when all are done.  Bodies run in the caller's context.  Within a body it is a plain loop.  What a body throws, one
/// of them at least, comes out here.  On the caller's thread its Work (control.h) is asked between bodies.  Safe after
/// fork(): a child starts threads of its own.
template <class Body>
void parallel_for(std::size_t count, const Body& body) {
    detail::parallel_for(
        count, [](const void* erased, std::size_t index) { (*static_cast<const Body*>(erased))(index); },
        std::addressof(body));
}

/// Calls body(first, count) for 0 ... total - 1 cut into blocks of `block`, the last of them perhaps short; likewise.
template <class Body>
void parallel_blocks(std::size_t total, std::size_t block, const Body& body) {
    parallel_for((total + block - 1) / block, [&](std::size_t piece) {
        const std::size_t first = piece * block;
        body(first, std::min(block, total - first));
    });
}

/// The same for the rows of a rows x cols matrix, on several threads where that pays: starting them costs about as much
/// as 8000 elements of the cheapest kernel.
template <class Body>
void parallel_rows(std::size_t rows, std::size_t cols, const Body& body) {
    parallel_blocks(rows, std::max<std::size_t>(1, 8192 / std::max<std::size_t>(cols, 1)), body);
}

}  // namespace rbm
