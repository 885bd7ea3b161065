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

namespace rbm {

class AtomicFile {
  public:
    /// Opens the file aside.  Throws when `path` exists and `overwrite` is false, or is a directory.
    AtomicFile(const std::string& path, bool overwrite);
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
void write_file(const std::string& path, std::span<const std::byte> bytes, bool overwrite);

/// Asked before any work: would write_file() be able to start?  Leaves nothing behind.
void check_writable(const std::string& path, bool overwrite);

}  // namespace rbm
