// SPDX-License-Identifier: MIT
// Arrays that programs write: the ending of the name says how; "-" is standard output.
#pragma once

#include <initializer_list>
#include <string>

#include "rbm/io/npy.h"

namespace rbm::app {

/// "npy" of "dreams.npy", in lower case; "" of "-" and of names without one.
std::string ending_of(const std::string& path);

/// Throws UsageError unless the ending is one of `known`, or the path is "-"; FileExists when it is there and is not to
/// be replaced or could not be written.  To be called before any work.
void check_output(const std::string& path, std::initializer_list<const char*> known, IfExists if_exists);

/// Throws UsageError when the path is standard output and that is a terminal, which bytes of .npy would garble.
void refuse_terminal(const std::string& path);

}  // namespace rbm::app
