// SPDX-License-Identifier: MIT
// OpenBLAS on one thread: its own threading gives other last digits for each number of threads.  Not installed.
#pragma once

namespace rbm {

/// Holds for calls of this thread for as long as it lives, and for those of the pool's threads.  OpenBLAS's pthread
/// flavour has one switch for the whole process, so the host's setting comes back when the last of these goes, of any
/// thread; its OpenMP flavour obeys the calling thread's OpenMP setting.
class SingleThreadedBlas {
  public:
    SingleThreadedBlas();
    ~SingleThreadedBlas();
    SingleThreadedBlas(const SingleThreadedBlas&) = delete;
    SingleThreadedBlas& operator=(const SingleThreadedBlas&) = delete;

  private:
    int omp_threads_;
};

}  // namespace rbm
