// SPDX-License-Identifier: MIT
// What the OpenBLAS in this process runs on.
//
// OpenBLAS chooses its kernels when it is loaded.  Releases before 0.3.24 mistake many recent CPUs for a "Prescott" of
// 2004 and lose a factor of five without a word (OpenMathLib/OpenBLAS issue 4267).  Only the environment variable
// OPENBLAS_CORETYPE, set before the process starts, helps; the programs of this project start themselves anew with it.
#pragma once

#include <string>
#include <string_view>

namespace rbm {

struct BlasInfo {
    std::string core;         ///< OpenBLAS's name of the kernels in use, such as "Prescott" or "SkylakeX"
    std::string config;       ///< version and build, in OpenBLAS's words
    std::string better_core;  ///< what OPENBLAS_CORETYPE should name for this CPU; empty when `core` is good
    bool chosen_by_user;      ///< OPENBLAS_CORETYPE was set when the process started
};

BlasInfo blas_info();

/// The core that suits a CPU with these instructions, when `core` leaves at least half of its speed unused; else "".
std::string_view better_core(std::string_view core, bool has_avx2, bool has_avx512);

/// One line for --version and logs: core, version, and what to do about slow kernels.
std::string describe(const BlasInfo& info);

}  // namespace rbm
