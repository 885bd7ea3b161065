// SPDX-License-Identifier: MIT
// What this process may use of the machine: memory and processors.
#pragma once

#include <cstddef>
#include <string>

namespace rbm::app {

inline constexpr std::size_t most_threads = 1024;

/// Processors this process may run on: affinity, OMP_NUM_THREADS and the control group's quota.
std::size_t default_threads();

/// 80 % of the least of: memory available, the control group's limit, the address space (ulimit -v); infinite if none.
double memory_limit();

/// Throws std::runtime_error "what needs 3.1 TiB of memory, limit 19 GiB" when `bytes` is more.  Call it before
/// allocating; a double, so that no product of sizes wraps.
void require_memory(double bytes, const std::string& what);

/// "3.1 TiB", "19 GiB", "512 bytes": two digits at least.
std::string bytes_text(double bytes);

}  // namespace rbm::app
