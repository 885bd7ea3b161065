// SPDX-License-Identifier: MIT
// The programs end up on the OpenBLAS kernels that suit the CPU, whatever OpenBLAS made of it.
#pragma once

#include <string>

namespace rbm::app {

/// When OpenBLAS has mistaken this CPU for an older one, starts this very program anew with OPENBLAS_CORETYPE set: the
/// variable is read when the library is loaded, so that setting it now would be too late.  Does nothing when the user
/// has set it, or when the program was started anew already.  Call it first in main; it costs about 10 milliseconds.
void choose_blas_core(const char* const* argv);

/// One line about the core in use, and who chose it.
std::string blas_core_text();

}  // namespace rbm::app
