// SPDX-License-Identifier: MIT
#include "apps/cli/version.h"

#include <fmt/format.h>

#include "apps/cli/blas_core.h"
#include "apps/cli/resources.h"
#include "rbm/kernels/vector_kernels.h"

namespace rbm::app {

std::vector<std::pair<std::string, std::string>> version_details() {
#ifdef __clang__
    const std::string compiler = fmt::format("Clang {}", __clang_version__);
#else
    const std::string compiler = fmt::format("GCC {}", __VERSION__);
#endif
    return {{"Compiler", compiler},
            {"BLAS", blas_core_text()},
            {"Instructions", vectorized::target_name()},
            {"Threads", fmt::format("{}", default_threads())}};
}

std::string version_number() { return RBM_VERSION; }

std::string version_text(const std::string& program) {
    std::string text = fmt::format("{} (rbm) {}\n\n", program, version_number());
    for (const auto& [name, value] : version_details()) text += fmt::format("{}: {}\n", name, value);
    return text;
}

}  // namespace rbm::app
