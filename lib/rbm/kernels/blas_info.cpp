// SPDX-License-Identifier: MIT
#include "rbm/kernels/blas_info.h"

#include <cblas.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace rbm {
namespace {

template <std::size_t count>
bool contains(const std::array<std::string_view, count>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

constexpr std::array<std::string_view, 3> avx512_cores{"SkylakeX", "Cooperlake", "Sapphirerapids"};
constexpr std::array<std::string_view, 3> avx2_cores{"Haswell", "Zen", "Excavator"};

bool has_avx2() { return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0; }
bool has_avx512() {
    return has_avx2() && __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
           __builtin_cpu_supports("avx512dq") != 0 && __builtin_cpu_supports("avx512vl") != 0;
}

}  // namespace

std::string_view better_core(std::string_view core, bool avx2, bool avx512) {
    if (contains(avx512_cores, core)) return {};
    if (avx512) return "SkylakeX";
    if (contains(avx2_cores, core)) return {};
    return avx2 ? "Haswell" : std::string_view{};
}

BlasInfo blas_info() {
    const char* wanted = std::getenv("OPENBLAS_CORETYPE");
    BlasInfo info{openblas_get_corename(), openblas_get_config(), {}, wanted != nullptr};
    info.better_core = better_core(info.core, has_avx2(), has_avx512());
    return info;
}

std::string describe(const BlasInfo& info) {
    std::string line = fmt::format("OpenBLAS core {} ({})", info.core, info.config);
    if (info.chosen_by_user) line += ", chosen by OPENBLAS_CORETYPE";
    if (!info.better_core.empty())
        line += fmt::format("; OPENBLAS_CORETYPE={} would suit this CPU better", info.better_core);
    return line;
}

}  // namespace rbm
