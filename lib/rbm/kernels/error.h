// SPDX-License-Identifier: MIT
// What can go wrong, by who can mend it: each error of the library is an Error with a code, but for std::bad_alloc.
#pragma once

#include <stdexcept>
#include <string>

namespace rbm {

enum class ErrorCode {
    invalid_argument,  ///< the caller's mistake: a shape, a setting or a call out of order
    unsupported,       ///< a sound request that this pairing of method and unit kinds has no answer to
    file,              ///< a file could not be opened, read or written
    data,              ///< data or a model that cannot be used
    diverged,          ///< a parameter became NaN or infinite
    cancelled,         ///< the caller asked for the end, see control.h
    failed,            ///< a library below this one gave up
};

struct Error : std::runtime_error {
    Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
    ErrorCode code() const noexcept { return code_; }

  private:
    ErrorCode code_;
};

/// Names the function, what it found and what it expected.
struct InvalidArgument : Error {
    explicit InvalidArgument(const std::string& message) : Error(ErrorCode::invalid_argument, message) {}
};

/// Names the method and the unit kinds.
struct Unsupported : Error {
    explicit Unsupported(const std::string& message) : Error(ErrorCode::unsupported, message) {}
};

/// Names path, place and the system's reason.
struct FileError : Error {
    explicit FileError(const std::string& message) : Error(ErrorCode::file, message) {}
};

/// A file to be written is there already: names its path.
struct FileExists : FileError {
    using FileError::FileError;
};

/// Names file, place, what was found and what was expected.
struct DataError : Error {
    explicit DataError(const std::string& message) : Error(ErrorCode::data, message) {}
};

/// NaN where nobody said that values may be missing.
struct MissingValue : DataError {
    using DataError::DataError;
};

/// A finite value beyond those that units of few states can take.
struct ValueOutOfRange : DataError {
    using DataError::DataError;
};

/// Numbers with decimal commas where decimal points were expected.
struct DecimalComma : DataError {
    using DataError::DataError;
};

/// Columns that do not suit what is asked for: without them, the data might.  Names them.
struct UnsuitableColumns : DataError {
    using DataError::DataError;
};

/// Names the update, the parameter that became NaN or infinite, and the likely cause.
struct Diverged : Error {
    explicit Diverged(const std::string& message) : Error(ErrorCode::diverged, message) {}
};

struct Cancelled : Error {
    Cancelled() : Error(ErrorCode::cancelled, "cancelled") {}
};

}  // namespace rbm
