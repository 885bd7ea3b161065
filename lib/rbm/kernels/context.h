// SPDX-License-Identifier: MIT
// Which backend computes, and on how many threads: a value with a process default, set by use_backend() in backend.h
// and set_threads() in threads.h, and with another value on one thread for as long as a ContextScope lives.
//
// Several threads may call the library at once, each in a context of its own.  What they get has the same bytes as if
// each were alone.
#pragma once

#include <cstddef>

namespace rbm {

class Backend;

/// A member that is left out follows the surrounding scope, and outside of all scopes the process default.
struct Context {
    const Backend* backend = nullptr;
    std::size_t threads = 0;
};

/// What calls of this thread run on, both members set.
Context context();

/// Calls of this thread, and what they do on other threads, run in this context until the scope ends.
class [[nodiscard]] ContextScope {
  public:
    explicit ContextScope(const Context& context);
    ~ContextScope();
    ContextScope(const ContextScope&) = delete;
    ContextScope& operator=(const ContextScope&) = delete;

  private:
    Context outer_;
};

namespace detail {
/// What scopes have set on this thread; zeros where they have not.
Context& scoped_context();
}  // namespace detail

}  // namespace rbm
