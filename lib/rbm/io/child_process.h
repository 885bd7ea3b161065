// SPDX-License-Identifier: MIT
// Work that may crash or never end, in a process of its own: other people's parsers of files that nobody vouches for.
// Not installed.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace rbm {

/// What work() returns in a copy of this process, which may take so many seconds of processor time.  Throws DataError
/// with its message when it throws an Error, and one that says that `name` is damaged when it ends in any other way.
std::vector<std::byte> in_child(const std::string& name, std::size_t seconds,
                                const std::function<std::vector<std::byte>()>& work);

}  // namespace rbm
