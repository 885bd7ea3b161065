// SPDX-License-Identifier: MIT
// What can go wrong, by who can mend it. The programs map these to their exit codes.
#pragma once

#include <stdexcept>

namespace rbm {

/// A file could not be opened, read or written: names path, place and the system's reason.  Exit 1.
struct FileError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Data or a model that cannot be used: names file, place, what was found and what was expected.  Exit 3.
struct DataError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// A sound request that this pairing of method and unit kinds has no answer to: names both.  Exit 2.
struct Unsupported : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Training left the realm of numbers: names update, parameter and the likely cause.  Exit 4.
struct Diverged : std::runtime_error {
    using std::runtime_error::runtime_error;
};

}  // namespace rbm
