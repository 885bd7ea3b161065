// SPDX-License-Identifier: MIT
// What survives a loss of power: the calls that the library makes on the way to a file in place, which this program
// takes in place of libc.  They are passed on, noted, and made to fail where a test asks for it.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <deque>

#include "rbm/io/atomic_file.h"
#include "rbm/io/bytes.h"
#include "rbm/kernels/error.h"
#include "tests/support/io_helpers.h"

namespace {

std::vector<std::string> calls;
std::deque<int> sync_results;    // the next calls of fsync fail with this errno, but for 0
bool plain_rename_only = false;  // as on file systems that know no flags of rename

std::string path_of(int descriptor) {
    return std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(descriptor)).string();
}

/// -1 with the errno set.
int failing(int reason) {
    errno = reason;
    return -1;
}

}  // namespace

extern "C" int fsync(int descriptor) {
    struct stat status {};
    ::fstat(descriptor, &status);
    calls.push_back("fsync " + path_of(descriptor) +
                    (S_ISDIR(status.st_mode) ? "" : " " + std::to_string(status.st_size)));
    const int reason = sync_results.empty() ? 0 : sync_results.front();
    if (!sync_results.empty()) sync_results.pop_front();
    if (reason != 0) return failing(reason);
    return static_cast<int>(::syscall(SYS_fsync, descriptor));
}

extern "C" int renameat2(int from_folder, const char* from, int to_folder, const char* to, unsigned flags) noexcept {
    if (flags != 0 && plain_rename_only) return failing(EINVAL);
    calls.push_back("rename " + path_of(from_folder) + "/" + from + " " + path_of(to_folder) + "/" + to);
    return static_cast<int>(::syscall(SYS_renameat2, from_folder, from, to_folder, to, flags));
}

extern "C" int renameat(int from_folder, const char* from, int to_folder, const char* to) noexcept {
    return renameat2(from_folder, from, to_folder, to, 0);
}

using rbm::FileError;

namespace {

/// The calls that write_file makes.
std::vector<std::string> calls_of(const std::string& path, const std::string& text, rbm::IfExists if_exists) {
    calls.clear();
    rbm::write_file(path, bytes_of(text), if_exists);
    return calls;
}

}  // namespace

TEST_SUITE_BEGIN("io_sync");

TEST_CASE("the whole file is on the disk before it gets its name, and the name before commit returns") {
    const TemporaryFolder folder;
    const std::string place = std::filesystem::canonical(folder.path()).string();
    for (const rbm::IfExists if_exists : {rbm::IfExists::refuse, rbm::IfExists::replace}) {
        const auto found = calls_of(folder / "kept", "twelve bytes", if_exists);
        REQUIRE(found.size() == 3);
        const std::string aside = found[0].substr(6, found[0].rfind(' ') - 6);
        CHECK(aside.starts_with(place + "/.rbm-"));
        CHECK(found[0] == "fsync " + aside + " 12");
        CHECK(found[1] == "rename " + aside + " " + place + "/kept");
        CHECK(found[2] == "fsync " + place);
    }
}

TEST_CASE("a sync that is interrupted is repeated; what a file system cannot sync is let pass") {
    const TemporaryFolder folder;
    sync_results = {EINTR, EINTR, 0, EINTR};
    CHECK(calls_of(folder / "kept", "a", rbm::IfExists::replace).size() == 3 + 3);
    for (const int reason : {EINVAL, ENOSYS, ENOTSUP, EROFS}) {
        sync_results = {reason, reason};
        CHECK(calls_of(folder / "kept", "a", rbm::IfExists::replace).size() == 3);
    }
    CHECK(sync_results.empty());
}

TEST_CASE("a file that cannot be synced takes no other's place; a folder that cannot be is told") {
    const TemporaryFolder folder;
    const std::string path = folder / "kept";
    rbm::write_file(path, bytes_of("old"), rbm::IfExists::refuse);
    sync_results = {EIO};
    CHECK(has(thrown<FileError>([&] { rbm::write_file(path, bytes_of("new"), rbm::IfExists::replace); }),
              "cannot be written"));
    CHECK(rbm::read_bytes(path) == bytes_of("old"));
    sync_results = {0, EIO};
    CHECK(has(thrown<FileError>([&] { rbm::write_file(path, bytes_of("new"), rbm::IfExists::replace); }),
              "is in place, but"));
    CHECK(rbm::read_bytes(path) == bytes_of("new"));
    sync_results = {0, EBADF};  // a folder that may not be listed
    rbm::write_file(path, bytes_of("newer"), rbm::IfExists::replace);
    CHECK(rbm::read_bytes(path) == bytes_of("newer"));
    CHECK(folder.count() == 1);
}

TEST_CASE("where rename knows no flags, an existing file is still kept") {
    const TemporaryFolder folder;
    plain_rename_only = true;
    const auto found = calls_of(folder / "new", "a", rbm::IfExists::refuse);
    std::string message;
    {
        rbm::AtomicFile late(folder / "old", rbm::IfExists::refuse);
        late.write(bytes_of("late"));
        rbm::write_file(folder / "old", bytes_of("first"), rbm::IfExists::refuse);
        message = thrown<FileError>([&] { late.commit(); });
    }
    plain_rename_only = false;
    CHECK(found.size() == 2);  // a hard link in place of the rename
    CHECK(rbm::read_bytes(folder / "new") == bytes_of("a"));
    CHECK(has(message, "exists"));
    CHECK(rbm::read_bytes(folder / "old") == bytes_of("first"));
    CHECK(folder.count() == 2);
}

TEST_SUITE_END();
