// SPDX-License-Identifier: MIT
// Files that appear whole or not at all: written aside in the same directory, synced, then renamed.
//
// Devices, FIFOs and "-" (standard output) are written directly and never replaced.  A symbolic link to a file is
// followed: the file it names is replaced, the link stays.  Files written aside are called .rbm-PID-N.tmp.
// Errors: every function throws FileError naming the path and the system's reason.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "rbm/io/if_exists.h"

namespace rbm {

class AtomicFile {
  public:
    /// Opens the file aside.  Throws FileExists when `path` is there and is not to be replaced; FileError when it is a
    /// directory.
    AtomicFile(const std::string& path, IfExists if_exists);
    /// Without commit() nothing of the file remains.
    ~AtomicFile();
    AtomicFile(const AtomicFile&) = delete;
    AtomicFile& operator=(const AtomicFile&) = delete;

    void write(std::span<const std::byte> bytes);
    /// Puts the file in place.  When this returns, the content survives a loss of power.
    void commit();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// The whole of `bytes` as the file `path`.
void write_file(const std::string& path, std::span<const std::byte> bytes, IfExists if_exists);

/// Asked before any work: would write_file() be able to start?  Leaves nothing behind.
void check_writable(const std::string& path, IfExists if_exists);

}  // namespace rbm
