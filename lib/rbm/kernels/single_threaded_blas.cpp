// SPDX-License-Identifier: MIT
#include "rbm/kernels/single_threaded_blas.h"

#include <cblas.h>
#include <omp.h>

#include <cstddef>
#include <mutex>

namespace rbm {
namespace {

std::mutex blas_mutex;
std::size_t blas_users = 0;  // how many guards live
int host_blas_threads = 1;

}  // namespace

SingleThreadedBlas::SingleThreadedBlas() : omp_threads_(omp_get_max_threads()) {
    const std::lock_guard lock(blas_mutex);
    if (blas_users++ == 0) {
        host_blas_threads = openblas_get_num_threads();
        if (host_blas_threads != 1) openblas_set_num_threads(1);
    }
    omp_set_num_threads(1);
}

SingleThreadedBlas::~SingleThreadedBlas() {
    const std::lock_guard lock(blas_mutex);
    if (--blas_users == 0 && host_blas_threads != 1) openblas_set_num_threads(host_blas_threads);
    omp_set_num_threads(omp_threads_);
}

}  // namespace rbm
