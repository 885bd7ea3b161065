// SPDX-License-Identifier: MIT
#include "rbm/kernels/backend.h"

#include <fmt/format.h>

#include <atomic>
#include <cstdlib>

#include "rbm/kernels/context.h"
#include "rbm/kernels/error.h"
#include "rbm/kernels/vector_kernels.h"

namespace rbm {
namespace {

std::atomic<const Backend*>& default_backend() {
    static std::atomic<const Backend*> chosen = [] {
        const char* instructions = std::getenv("RBM_INSTRUCTIONS");
        if (instructions != nullptr && *instructions != '\0') vectorized::limit_instructions(instructions);
        const char* wanted = std::getenv("RBM_BACKEND");
        return wanted != nullptr && *wanted != '\0' ? &backend_named(wanted) : &openblas_backend();
    }();
    return chosen;
}

}  // namespace

void Backend::multiply_packed(ConstView a, const PackedWeights& w, View out) const { multiply(a, w.weights(), out); }
void Backend::multiply_packed_transposed(ConstView a, const PackedWeights& w, View out) const {
    multiply_transposed(a, w.weights(), out);
}
WeightUpdateSums Backend::update_weights_by_outer(const OuterProduct& slopes, const WeightUpdate& update,
                                                  const WeightMemory& memory) const {
    Matrix written(memory.weights.rows, memory.weights.cols);
    add_outer(slopes, written);
    return update_weights(written, update, memory);
}

const Backend& backend_named(std::string_view name) {
    if (name == reference_backend().name()) return reference_backend();
    if (name == openblas_backend().name()) return openblas_backend();
    throw InvalidArgument(fmt::format("backend '{}': expected reference or openblas", name));
}

const Backend& backend() {
    const Backend* scoped = detail::scoped_context().backend;
    return scoped != nullptr ? *scoped : *default_backend().load(std::memory_order_relaxed);
}
void use_backend(std::string_view name) { default_backend() = &backend_named(name); }
std::vector<std::string_view> available_backends() { return {reference_backend().name(), openblas_backend().name()}; }

}  // namespace rbm
