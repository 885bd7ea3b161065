// SPDX-License-Identifier: MIT
// How much memory there is, asked before anything large is allocated.
#pragma once

#include <cstddef>
#include <string>

namespace rbm {

/// Bytes this process may still take: the least of MemAvailable, its cgroups' limits and its address space limit.
std::size_t available_memory();

/// The most that one object may need: 80 % of available_memory(), so that the machine stays usable.
std::size_t memory_limit();

/// bytes <= memory_limit(); does not ask the system about less than 64 MiB, so that many small files cost nothing.
bool fits_in_memory(std::size_t bytes);

/// "3.1 TiB", "47.0 MiB", "12 bytes".
std::string readable_size(std::size_t bytes);

}  // namespace rbm
