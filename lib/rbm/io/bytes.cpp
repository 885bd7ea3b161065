// SPDX-License-Identifier: MIT
#include "rbm/io/bytes.h"

#include <sys/stat.h>

#include <algorithm>

#include "rbm/io/descriptor.h"
#include "rbm/io/memory.h"

namespace rbm {
namespace {

Descriptor open_for_reading(const std::string& path) {
    if (path == "-") return Descriptor(STDIN_FILENO, false);
    if (path.find('\0') != std::string::npos) throw file_error(path.c_str(), "cannot be opened", ENOENT);
    int number = -1;
    do number = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
    while (number < 0 && errno == EINTR);
    if (number < 0) throw file_error(path, "cannot be opened", errno);
    return Descriptor(number);
}

void require_memory(const std::string& path, std::size_t bytes) {
    if (!fits_in_memory(bytes))
        throw FileError(fmt::format("{}: needs {} of memory, the limit is {}", path, readable_size(bytes),
                                    readable_size(memory_limit())));
}

}  // namespace

std::vector<std::byte> read_bytes(const std::string& path) {
    const Descriptor file = open_for_reading(path);
    const std::string name = path == "-" ? "standard input" : path;
    struct stat status {};
    if (::fstat(file.number(), &status) != 0) throw file_error(name, "cannot be read", errno);
    if (S_ISDIR(status.st_mode)) throw FileError(name + ": is a directory, expected a file");
    if (::isatty(file.number()) != 0)
        throw FileError(name + ": is a terminal, expected data; name a file or pipe the data in");

    const std::size_t promised =
        S_ISREG(status.st_mode) && status.st_size > 0 ? static_cast<std::size_t>(status.st_size) : 0;
    require_memory(name, promised);
    // One byte more than promised, so that the end of a regular file is seen without another allocation.
    std::vector<std::byte> bytes(promised > 0 ? promised + 1 : std::size_t{1} << 16);
    std::size_t size = 0;
    for (;;) {
        if (size == bytes.size()) {
            require_memory(name, 3 * size);  // growing holds the old copy beside the new
            bytes.resize(2 * size);
        }
        const ssize_t count =
            ::read(file.number(), bytes.data() + size, std::min(bytes.size() - size, std::size_t{1} << 30));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) {
            const int reason = errno;
            throw file_error(name, fmt::format("cannot be read at byte {}", size).c_str(), reason);
        }
        if (count == 0) break;
        size += static_cast<std::size_t>(count);
    }
    bytes.resize(size);
    return bytes;
}

}  // namespace rbm
