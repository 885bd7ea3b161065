// SPDX-License-Identifier: MIT
#include "apps/cli/blas_core.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

#include "rbm/kernels/blas_info.h"

namespace rbm::app {
namespace {

constexpr const char* guard = "RBM_STARTED_ANEW";  // holds the core that OpenBLAS had chosen

}  // namespace

void choose_blas_core(const char* const* argv) {
    const BlasInfo info = blas_info();
    if (info.better_core.empty() || info.chosen_by_user || std::getenv(guard) != nullptr) return;
    setenv("OPENBLAS_CORETYPE", info.better_core.c_str(), 0);
    setenv(guard, info.core.c_str(), 1);
    execv("/proc/self/exe", const_cast<char* const*>(argv));
    // Where that fails, the program runs as it is, slowly but rightly.
    unsetenv("OPENBLAS_CORETYPE");
    unsetenv(guard);
}

std::string blas_core_text() {
    const char* mistaken = std::getenv(guard);
    if (mistaken == nullptr) return describe(blas_info());
    BlasInfo info = blas_info();
    info.chosen_by_user = false;
    return fmt::format("{}, chosen by this program; OpenBLAS by itself took {}", describe(info), mistaken);
}

}  // namespace rbm::app
