// SPDX-License-Identifier: MIT
#include "rbm/kernels/threads.h"

#include <omp.h>

#include <atomic>
#include <stdexcept>

namespace rbm {
namespace {

std::atomic<std::size_t>& count() {
    static std::atomic<std::size_t> value = static_cast<std::size_t>(omp_get_num_procs());
    return value;
}

}  // namespace

std::size_t threads() { return count().load(std::memory_order_relaxed); }

void set_threads(std::size_t wanted) {
    if (wanted == 0) throw std::invalid_argument("set_threads: found 0, expected at least 1");
    count() = wanted;
}

}  // namespace rbm
