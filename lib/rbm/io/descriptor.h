// SPDX-License-Identifier: MIT
// An open file, closed on every way out.  Not installed: bytes.cpp, atomic_file.cpp and png_folder.cpp share it.
#pragma once

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "rbm/kernels/error.h"

namespace rbm {

class Descriptor {
  public:
    Descriptor() = default;
    explicit Descriptor(int number, bool owned = true) : number_(number), owned_(owned) {}
    Descriptor(Descriptor&& other) noexcept
        : number_(std::exchange(other.number_, -1)), owned_(std::exchange(other.owned_, false)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        std::swap(owned_, other.owned_);
        return *this;
    }
    ~Descriptor() { close(); }

    int number() const { return number_; }
    bool open() const { return number_ >= 0; }

    /// 0 or the errno of close(2), which is where NFS and quotas report a lost write.
    int close() {
        const int number = std::exchange(number_, -1);
        if (number < 0 || !owned_) return 0;
        return ::close(number) == 0 || errno == EINTR ? 0 : errno;  // Linux has closed it when EINTR comes back
    }

  private:
    int number_ = -1;
    bool owned_ = false;
};

/// "path: what: No such file or directory"
inline FileError file_error(const std::string& path, const char* what, int number) {
    return FileError(fmt::format("{}: {}: {}", path, what, std::generic_category().message(number)));
}

}  // namespace rbm
