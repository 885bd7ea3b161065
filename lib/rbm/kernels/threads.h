// SPDX-License-Identifier: MIT
// The library's threads.  Work is cut into fixed pieces that any thread may take, so results do not depend on how many
// there are, and a thread that the system holds up delays nobody but the piece it has begun: on a busy machine the
// caller does the rest itself, where an OpenMP team would wait for its last member at each loop.
#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>

namespace rbm {

/// Threads in use; at first, the processors this process may run on.
std::size_t threads();

/// At least 1.  Throws std::invalid_argument for 0.
void set_threads(std::size_t count);

namespace detail {
void parallel_for(std::size_t count, void (*call)(const void* body, std::size_t index), const void* body);
}

/// Calls body(0), ..., body(count - 1), each once, on threads() threads, in no particular order, and returns when all
/// are done.  Within a body, and while another caller has the threads, it is a plain loop.  What a body throws, one of
/// them at least, comes out here.  Safe after fork(): a child without the threads does everything itself.
template <class Body>
void parallel_for(std::size_t count, const Body& body) {
    detail::parallel_for(
        count, [](const void* erased, std::size_t index) { (*static_cast<const Body*>(erased))(index); },
        std::addressof(body));
}

}  // namespace rbm
