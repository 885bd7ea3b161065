// SPDX-License-Identifier: MIT
#include "rbm/io/atomic_file.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>

#include "rbm/io/descriptor.h"
#include "rbm/kernels/error.h"

namespace rbm {
namespace {

enum class Way { standard_output, directly, aside };

struct Target {
    Way way = Way::aside;
    std::string directory, name;  ///< for Way::aside
    bool exists = false;
    mode_t mode = 0;
};

Target examine(const std::string& path, IfExists if_exists) {
    if (path == "-" || path == "/dev/stdout") return {Way::standard_output, {}, {}, true, 0};
    if (path.find('\0') != std::string::npos) throw file_error(path.c_str(), "cannot be written", ENOENT);
    Target target;
    std::string file = path;
    struct stat status {
    }, link{};
    if (::stat(path.c_str(), &status) == 0) {
        if (S_ISDIR(status.st_mode)) throw FileError(path + ": is a directory, expected the name of a file");
        if (!S_ISREG(status.st_mode)) return {Way::directly, {}, {}, true, 0};
        if (if_exists == IfExists::refuse) throw FileExists(path + ": exists");
        target.exists = true;
        target.mode = status.st_mode & 0777;
        if (::lstat(path.c_str(), &link) == 0 && S_ISLNK(link.st_mode)) {
            const std::unique_ptr<char, decltype(&::free)> real(::realpath(path.c_str(), nullptr), ::free);
            if (!real) throw file_error(path, "cannot be written", errno);
            file = real.get();
        }
    } else if (errno != ENOENT) {
        throw file_error(path, "cannot be written", errno);
    } else if (::lstat(path.c_str(), &link) == 0) {
        throw FileError(path + ": is a symbolic link to a file that does not exist");
    }
    const std::size_t slash = file.rfind('/');
    target.directory = slash == std::string::npos ? "." : file.substr(0, std::max<std::size_t>(slash, 1));
    target.name = slash == std::string::npos ? file : file.substr(slash + 1);
    if (target.name.empty()) throw FileError(path + ": expected the name of a file");
    if (target.name.size() > NAME_MAX) throw file_error(path, "cannot be written", ENAMETOOLONG);
    return target;
}

/// 0 or errno.  File systems without this call report EINVAL or the like, and keep no promise that we could add to.
int sync(int descriptor) {
    for (;;) {
        if (::fsync(descriptor) == 0 || errno == EINVAL || errno == ENOSYS || errno == ENOTSUP || errno == EROFS)
            return 0;
        if (errno != EINTR) return errno;
    }
}

/// 0 or errno; EEXIST when `to` is there.
int rename_to_new(int directory, const char* from, const char* to) {
    if (::renameat2(directory, from, directory, to, RENAME_NOREPLACE) == 0) return 0;
    if (errno != EINVAL && errno != ENOSYS && errno != ENOTSUP) return errno;
    // The file system has no such rename (NFS, some FUSE): a hard link refuses an existing name just as well.
    if (::linkat(directory, from, directory, to, 0) == 0) return ::unlinkat(directory, from, 0) == 0 ? 0 : errno;
    if (errno != EPERM && errno != ENOTSUP && errno != ENOSYS && errno != EMLINK) return errno;
    struct stat status {};
    if (::fstatat(directory, to, &status, AT_SYMLINK_NOFOLLOW) == 0) return EEXIST;
    return ::renameat(directory, from, directory, to) == 0 ? 0 : errno;
}

}  // namespace

struct AtomicFile::State {
    std::string path;
    IfExists if_exists = IfExists::refuse;
    Target target;
    Descriptor directory, file;
    std::string temporary;  ///< empty when there is no file aside to remove

    void open_aside() {
        int number = ::open(target.directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        // A directory that may be written but not listed: good enough to write to, only it cannot be synced.
        if (number < 0 && errno == EACCES) number = ::open(target.directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (number < 0) {
            const int reason = errno;
            throw file_error(path, fmt::format("directory {}", target.directory).c_str(), reason);
        }
        directory = Descriptor(number);
        static std::atomic<unsigned> serial = 0;
        do {
            temporary = fmt::format(".rbm-{}-{}.tmp", ::getpid(), serial++);
            number = ::openat(directory.number(), temporary.c_str(),
                              O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
        } while (number < 0 && (errno == EEXIST || errno == EINTR));
        if (number < 0) {
            const int reason = errno;
            temporary.clear();
            throw file_error(path, fmt::format("directory {} cannot be written", target.directory).c_str(), reason);
        }
        file = Descriptor(number);
        // The file that takes an old one's place keeps its permissions; on file systems without any, there are none to
        // keep.
        if (target.exists) static_cast<void>(::fchmod(number, target.mode) == 0);
    }

    void open_directly() {
        int number = -1;
        do number = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY);
        while (number < 0 && errno == EINTR);
        if (number < 0) throw file_error(path, "cannot be written", errno);
        file = Descriptor(number);
    }

    void close() {
        if (const int number = file.close(); number != 0) throw file_error(path, "cannot be written", number);
    }

    ~State() {
        if (!temporary.empty()) ::unlinkat(directory.number(), temporary.c_str(), 0);
    }
};

AtomicFile::AtomicFile(const std::string& path, IfExists if_exists) : state_(std::make_unique<State>()) {
    state_->path = path;
    state_->if_exists = if_exists;
    state_->target = examine(path, if_exists);
    if (state_->target.way == Way::aside) state_->open_aside();
    if (state_->target.way == Way::directly) state_->open_directly();
    if (state_->target.way == Way::standard_output) {
        // A copy, so that closing it reports late errors while the program's own stays open.
        state_->path = "standard output";
        const int number = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
        if (number < 0) throw file_error(state_->path, "cannot be written", errno);
        state_->file = Descriptor(number);
    }
}

AtomicFile::~AtomicFile() = default;

void AtomicFile::write(std::span<const std::byte> bytes) {
    if (!state_->file.open()) throw InvalidArgument("AtomicFile::write: after commit()");
    while (!bytes.empty()) {
        const ssize_t count =
            ::write(state_->file.number(), bytes.data(), std::min(bytes.size(), std::size_t{1} << 30));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw file_error(state_->path, "cannot be written", errno);
        bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
}

void AtomicFile::commit() {
    State& state = *state_;
    if (!state.file.open()) throw InvalidArgument("AtomicFile::commit: a second time");
    if (state.target.way != Way::aside) return state.close();
    if (const int number = sync(state.file.number()); number != 0)
        throw file_error(state.path, "cannot be written", number);
    state.close();
    const int directory = state.directory.number();
    const char* const from = state.temporary.c_str();
    const char* const to = state.target.name.c_str();
    const int number = state.if_exists == IfExists::refuse               ? rename_to_new(directory, from, to)
                       : ::renameat(directory, from, directory, to) == 0 ? 0
                                                                         : errno;
    if (number == EEXIST) throw FileExists(state.path + ": exists");
    if (number != 0) throw file_error(state.path, "cannot be put in place", number);
    state.temporary.clear();
    if (const int late = sync(directory); late != 0 && late != EBADF)  // EBADF: a directory that cannot be listed
        throw file_error(state.path, "is in place, but may be lost when the power fails", late);
}

void write_file(const std::string& path, std::span<const std::byte> bytes, IfExists if_exists) {
    AtomicFile file(path, if_exists);
    file.write(bytes);
    file.commit();
}

void check_writable(const std::string& path, IfExists if_exists) {
    const Target target = examine(path, if_exists);
    if (target.way == Way::aside) AtomicFile(path, if_exists);  // its directory takes a new file, and loses it again
    // A FIFO is not opened: its reader would take the close for the end.
    if (target.way == Way::directly && ::access(path.c_str(), W_OK) != 0)
        throw file_error(path, "cannot be written", errno);
}

}  // namespace rbm
