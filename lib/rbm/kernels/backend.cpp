// SPDX-License-Identifier: MIT
#include "rbm/kernels/backend.h"

#include <fmt/format.h>

#include <atomic>
#include <cstdlib>
#include <string>
#include <utility>

#include "rbm/kernels/context.h"
#include "rbm/kernels/error.h"
#include "rbm/kernels/vector_kernels.h"

namespace rbm {
namespace {

/// All there are, the oracle first.
std::vector<const Backend*> backends() { return {&reference_backend(), &openblas_backend()}; }

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

const Backend& backend_named(std::string_view name) {
    std::string names;
    for (const Backend* const backend : backends()) {
        if (name == backend->name()) return *backend;
        names += fmt::format("{}{}", names.empty() ? "" : " or ", backend->name());
    }
    throw InvalidArgument(fmt::format("backend '{}': expected {}", name, names));
}

const Backend& backend() {
    const Backend* scoped = detail::scoped_context().backend;
    return scoped != nullptr ? *scoped : *default_backend().load(std::memory_order_relaxed);
}
void use_backend(std::string_view name) { use_backend(backend_named(name)); }
void use_backend(const Backend& backend) { default_backend() = &backend; }

std::vector<std::string_view> available_backends() {
    std::vector<std::string_view> names;
    for (const Backend* const backend : backends()) names.push_back(backend->name());
    return names;
}

void PreparedWeights::prepare(ConstView weights, const Backend& backend) {
    release();  // a call that is cancelled in here holds nothing
    if (backend_ != &backend) form_.reset();
    form_ = backend.prepare(weights, std::move(form_));
    backend_ = &backend;
    weights_ = weights;
}
void PreparedWeights::prepare(ConstView weights) { prepare(weights, backend()); }

bool PreparedWeights::holds(ConstView weights) const {
    return weights_.data != nullptr && weights_.data == weights.data && weights_.rows == weights.rows &&
           weights_.cols == weights.cols && backend_ == &backend();
}

}  // namespace rbm
