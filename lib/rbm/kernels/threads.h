// SPDX-License-Identifier: MIT
// How many threads the library's own loops use.  Results do not depend on it: work is cut into fixed tiles.
#pragma once

#include <cstddef>

namespace rbm {

/// Threads in use; at first, the processors this process may run on.
std::size_t threads();

/// At least 1.  Throws std::invalid_argument for 0.
void set_threads(std::size_t count);

}  // namespace rbm
