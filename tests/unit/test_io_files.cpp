// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <atomic>
#include <cstring>
#include <functional>
#include <new>
#include <stdexcept>
#include <thread>

#include "rbm/io/atomic_file.h"
#include "rbm/io/bytes.h"
#include "rbm/io/child_process.h"
#include "rbm/io/memory.h"
#include "rbm/kernels/error.h"
#include "tests/support/io_helpers.h"

using rbm::FileError;
using rbm::FileExists;
using rbm::IfExists;

TEST_SUITE_BEGIN("io_files");

TEST_CASE("files come back byte for byte, whatever their names") {
    const TemporaryFolder folder;
    Bytes content(200'000);
    for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<std::byte>(i * 7 >> 3);
    for (const std::string& name :
         {std::string("plain"), std::string("with space"), std::string("new\nline"), std::string("-leading"),
          std::string("\xff\xfe not utf-8 \x80"), std::string(255, 'n')}) {
        const std::string path = folder / name;
        rbm::write_file(path, content, IfExists::refuse);
        CHECK(rbm::read_bytes(path) == content);
    }
    CHECK(folder.count() == 6);  // and nothing else
    rbm::write_file(folder / "empty", {}, IfExists::refuse);
    CHECK(rbm::read_bytes(folder / "empty").empty());
}

TEST_CASE("what cannot be read says which file and why") {
    const TemporaryFolder folder;
    CHECK(has(thrown<FileError>([&] { rbm::read_bytes(folder / "missing"); }),
              "missing: cannot be opened: No such file"));
    CHECK(has(thrown<FileError>([&] { rbm::read_bytes(folder.path()); }), "is a directory"));
    CHECK(has(thrown<FileError>([&] { rbm::read_bytes("/proc/self/mem"); }),
              "cannot be read at byte 0: Input/output error"));
    CHECK(has(thrown<FileError>([&] { rbm::read_bytes(std::string("a\0b", 3)); }), "cannot be opened"));
    rbm::write_file(folder / "file", {}, IfExists::refuse);
    CHECK(has(thrown<FileError>([&] { rbm::read_bytes(folder / "file/below"); }), "Not a directory"));
    CHECK(::symlink("loop", (folder / "loop").c_str()) == 0);
    CHECK(has(thrown<FileError>([&] { rbm::read_bytes(folder / "loop"); }), "symbolic links"));
    const std::string huge = folder / "huge";  // sparse: takes no room on disk, and must take none in memory
    rbm::write_file(huge, {}, IfExists::refuse);
    if (::truncate(huge.c_str(), off_t{1} << 42) == 0)
        CHECK(has(thrown<FileError>([&] { rbm::read_bytes(huge); }), "needs 4.0 TiB of memory, the limit is"));
    CHECK(!rbm::read_bytes("/proc/self/status").empty());  // a regular file that claims 0 bytes
}

TEST_CASE("FIFOs and standard input are read as streams, terminals refused") {
    const TemporaryFolder folder;
    const std::string fifo = folder / "fifo";
    CHECK(::mkfifo(fifo.c_str(), 0600) == 0);
    const Bytes content(300'000, std::byte{42});
    {
        std::thread writer(
            [&] { rbm::write_file(fifo, content, IfExists::refuse); });  // written directly: no overwrite needed
        CHECK(rbm::read_bytes(fifo) == content);
        writer.join();
        struct stat status {};
        CHECK(::lstat(fifo.c_str(), &status) == 0);
        CHECK(S_ISFIFO(status.st_mode));
        rbm::check_writable(fifo, IfExists::refuse);
    }
    rbm::write_file(folder / "file", content, IfExists::refuse);
    const int file = ::open((folder / "file").c_str(), O_RDONLY | O_CLOEXEC);
    {
        const Redirected standard_input(0, file);
        CHECK(rbm::read_bytes("-") == content);
        CHECK(rbm::read_bytes("/dev/stdin").size() == content.size());
    }
    ::close(file);
    const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY);
    if (terminal >= 0) {
        const Redirected standard_input(0, terminal);
        CHECK(has(thrown<FileError>([&] { rbm::read_bytes("-"); }), "standard input: is a terminal"));
        ::close(terminal);
    }
}

TEST_CASE("an existing file is kept without overwrite and replaced whole with it") {
    const TemporaryFolder folder;
    const std::string path = folder / "file";
    rbm::write_file(path, bytes_of("old"), IfExists::refuse);
    CHECK(has(thrown<FileExists>([&] { rbm::write_file(path, bytes_of("new"), IfExists::refuse); }), "exists"));
    CHECK(has(thrown<FileExists>([&] { rbm::check_writable(path, IfExists::refuse); }), "exists"));
    CHECK(rbm::read_bytes(path) == bytes_of("old"));
    CHECK(::chmod(path.c_str(), 0640) == 0);
    rbm::check_writable(path, IfExists::replace);
    CHECK(rbm::read_bytes(path) == bytes_of("old"));
    rbm::write_file(path, bytes_of("new"), IfExists::replace);
    CHECK(rbm::read_bytes(path) == bytes_of("new"));
    struct stat status {};
    CHECK(::stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0640);
    CHECK(folder.count() == 1);
}

TEST_CASE("a file that is not committed leaves nothing, one that appears meanwhile is kept") {
    const TemporaryFolder folder;
    const std::string path = folder / "file";
    {
        rbm::AtomicFile file(path, IfExists::refuse);
        file.write(bytes_of("half"));
        CHECK(!std::filesystem::exists(path));
        CHECK(folder.count() == 1);
    }
    CHECK(folder.count() == 0);
    {
        rbm::AtomicFile file(path, IfExists::refuse);
        file.write(bytes_of("late"));
        rbm::write_file(path, bytes_of("first"), IfExists::refuse);
        CHECK(has(thrown<FileExists>([&] { file.commit(); }), "exists"));
    }
    CHECK(rbm::read_bytes(path) == bytes_of("first"));
    CHECK(folder.count() == 1);
    rbm::AtomicFile file(folder / "other", IfExists::refuse);
    file.commit();
    CHECK_THROWS_AS(file.write(bytes_of("x")), rbm::InvalidArgument);
    CHECK_THROWS_AS(file.commit(), rbm::InvalidArgument);
}

TEST_CASE("a reader of the old file is not disturbed by its replacement") {
    const TemporaryFolder folder;
    const std::string path = folder / "file";
    rbm::write_file(path, bytes_of("old"), IfExists::refuse);
    const int reader = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    rbm::write_file(path, bytes_of("newer"), IfExists::replace);
    char text[8] = {};
    CHECK(::read(reader, text, sizeof text) == 3);
    CHECK(std::string(text) == "old");
    ::close(reader);
}

TEST_CASE("what cannot be written is said before and during the work") {
    const TemporaryFolder folder;
    for (const IfExists if_exists : {IfExists::refuse, IfExists::replace}) {
        for (const auto& [file, reason] :
             std::vector<std::pair<std::string, const char*>>{{folder / "missing/file", "No such file or directory"},
                                                              {folder.path(), "is a directory"},
                                                              {folder / "missing/", "expected the name of a file"},
                                                              {"", "expected the name of a file"},
                                                              {folder / std::string(256, 'n'), "File name too long"}}) {
            const std::string path = file;
            const char* const why = reason;
            CAPTURE(path);
            CHECK(has(thrown<FileError>([&] { rbm::check_writable(path, if_exists); }), why));
            CHECK(has(thrown<FileError>([&] { rbm::write_file(path, bytes_of("x"), if_exists); }), why));
        }
    }
    CHECK(has(thrown<FileError>([&] { rbm::write_file("/dev/full", bytes_of("x"), IfExists::refuse); }),
              "No space left on device"));
    CHECK(has(thrown<FileError>([&] { rbm::write_file("/proc/file", bytes_of("x"), IfExists::refuse); }),
              "/proc/file: "));
    rbm::write_file("/dev/null", bytes_of("x"), IfExists::replace);
    CHECK(std::filesystem::is_character_file("/dev/null"));
    CHECK(folder.count() == 0);
    if (::geteuid() != 0) {
        CHECK(::chmod(folder.path().c_str(), 0500) == 0);
        CHECK(has(thrown<FileError>([&] { rbm::check_writable(folder / "file", IfExists::refuse); }),
                  "Permission denied"));
        CHECK(::chmod(folder.path().c_str(), 0700) == 0);
    }
}

TEST_CASE("a symbolic link stays, the file that it names is replaced") {
    const TemporaryFolder folder;
    std::filesystem::create_directory(folder / "below");
    rbm::write_file(folder / "below/file", bytes_of("old"), IfExists::refuse);
    CHECK(::symlink("below/file", (folder / "link").c_str()) == 0);
    CHECK(has(thrown<FileExists>([&] { rbm::write_file(folder / "link", bytes_of("new"), IfExists::refuse); }),
              "exists"));
    rbm::write_file(folder / "link", bytes_of("new"), IfExists::replace);
    CHECK(std::filesystem::is_symlink(folder / "link"));
    CHECK(rbm::read_bytes(folder / "below/file") == bytes_of("new"));
    CHECK(::symlink("nowhere", (folder / "dangling").c_str()) == 0);
    CHECK(has(thrown<FileError>([&] { rbm::write_file(folder / "dangling", bytes_of("x"), IfExists::replace); }),
              "does not exist"));
}

TEST_CASE("standard output takes the bytes, and its errors are told") {
    const TemporaryFolder folder;
    std::fflush(stdout);
    const int file = ::open((folder / "out").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
    std::string message;
    {
        const Redirected standard_output(1, file);
        rbm::check_writable("-", IfExists::refuse);
        rbm::write_file("-", bytes_of("one "), IfExists::refuse);
        rbm::write_file("/dev/stdout", bytes_of("two"), IfExists::refuse);
    }
    {
        const Redirected standard_output(1, full);
        message = thrown<FileError>([&] { rbm::write_file("-", bytes_of("x"), IfExists::refuse); });
    }
    ::close(file);
    ::close(full);
    CHECK(rbm::read_bytes(folder / "out") == bytes_of("one two"));
    CHECK(has(message, "standard output: cannot be written: No space left on device"));
}

TEST_CASE("a socket is never replaced") {
    const TemporaryFolder folder;
    const std::string path = folder / "socket";
    const int number = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    REQUIRE(path.size() < sizeof address.sun_path);
    std::memcpy(address.sun_path, path.c_str(), path.size());
    CHECK(::bind(number, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    CHECK(
        has(thrown<FileError>([&] { rbm::write_file(path, bytes_of("x"), IfExists::replace); }), "cannot be written"));
    CHECK(std::filesystem::is_socket(path));
    ::close(number);
}

TEST_CASE("work in a process of its own may fail in any way") {
    const auto message = [](const std::function<Bytes()>& work) {
        return thrown<rbm::DataError>([&] { rbm::in_child("f.h5", 1, work); });
    };
    Bytes much(3'000'000);
    for (std::size_t i = 0; i < much.size(); ++i) much[i] = static_cast<std::byte>(i * 7 >> 3);
    CHECK(rbm::in_child("f", 60, [&] { return much; }) == much);
    CHECK(rbm::in_child("f", 60, [] { return Bytes(); }).empty());
    CHECK(message([]() -> Bytes { throw rbm::DataError("f.h5: wrong"); }) == "f.h5: wrong ");
    CHECK(message([]() -> Bytes { throw std::bad_alloc(); }) == "f.h5: needs more memory than there is ");
    CHECK(message([]() -> Bytes {
              ::raise(SIGSEGV);
              return {};
          }) == "f.h5: damaged: its reader crashed ");
    CHECK(message([]() -> Bytes { ::_exit(0); }) == "f.h5: damaged: its reader crashed ");
    CHECK(has(message([]() -> Bytes {
                  for (std::atomic<std::size_t> forever = 0;; ++forever) {
                  }
              }),
              "not done with it after 1 seconds"));
    CHECK_THROWS_AS(rbm::in_child("f", 60,
                                  []() -> Bytes {
                                      ::raise(SIGINT);
                                      return {};
                                  }),
                    rbm::Cancelled);
}

TEST_CASE("memory is known and told readably") {
    CHECK(rbm::available_memory() > (1U << 20));
    CHECK(rbm::memory_limit() < rbm::available_memory());
    CHECK(rbm::fits_in_memory(rbm::memory_limit() / 2));
    CHECK(!rbm::fits_in_memory(SIZE_MAX));
    CHECK(rbm::readable_size(12) == "12 bytes");
    CHECK(rbm::readable_size(std::size_t{47} << 20) == "47.0 MiB");
    CHECK(rbm::readable_size(SIZE_MAX) == "16.0 EiB");
}

TEST_SUITE_END();
