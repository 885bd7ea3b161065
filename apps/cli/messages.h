// SPDX-License-Identifier: MIT
// What a program says, on standard error: "rbm-train: text".  Standard output is for data.
#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>

namespace rbm::app {

enum class Verbosity { quiet, normal, verbose };

struct Console {
    std::string program;
    Verbosity verbosity = Verbosity::normal;
    bool progress = true;
};

/// The one console of this process, used from its main thread.
Console& console();

/// Prints a message of one or more lines, whatever the verbosity; control characters are made visible.
void say(const std::string& text);

/// An ordinary message; --quiet hides it.
template <class... Args>
void note(fmt::format_string<Args...> text, Args&&... values) {
    if (console().verbosity != Verbosity::quiet) say(fmt::format(text, std::forward<Args>(values)...));
}
/// Something is probably not as it should be; --quiet hides it.
template <class... Args>
void warn(fmt::format_string<Args...> text, Args&&... values) {
    if (console().verbosity != Verbosity::quiet) say("warning: " + fmt::format(text, std::forward<Args>(values)...));
}
/// Shown with --verbose only.
template <class... Args>
void detail(fmt::format_string<Args...> text, Args&&... values) {
    if (console().verbosity == Verbosity::verbose) say(fmt::format(text, std::forward<Args>(values)...));
}

}  // namespace rbm::app
