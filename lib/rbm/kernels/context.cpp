// SPDX-License-Identifier: MIT
#include "rbm/kernels/context.h"

#include "rbm/kernels/backend.h"
#include "rbm/kernels/threads.h"

namespace rbm {

Context& detail::scoped_context() {
    thread_local Context scoped;
    return scoped;
}

Context context() { return {&backend(), threads()}; }

ContextScope::ContextScope(const Context& context) : outer_(detail::scoped_context()) {
    Context& scoped = detail::scoped_context();
    if (context.backend != nullptr) scoped.backend = context.backend;
    if (context.threads != 0) scoped.threads = context.threads;
}
ContextScope::~ContextScope() { detail::scoped_context() = outer_; }

}  // namespace rbm
