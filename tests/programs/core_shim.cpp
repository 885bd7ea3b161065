// SPDX-License-Identifier: MIT
// Preloaded, makes OpenBLAS claim what old releases claim of recent CPUs, unless OPENBLAS_CORETYPE is set.
#include <dlfcn.h>

#include <cstdlib>

extern "C" char* openblas_get_corename() {
    static char mistaken[] = "Prescott";
    if (std::getenv("OPENBLAS_CORETYPE") == nullptr) return mistaken;
    static const auto real = reinterpret_cast<char* (*)()>(dlsym(RTLD_NEXT, "openblas_get_corename"));
    return real();
}
