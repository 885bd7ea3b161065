// SPDX-License-Identifier: MIT
#include "rbm/io/child_process.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <span>
#include <string_view>

#include "rbm/io/descriptor.h"
#include "rbm/io/memory.h"

namespace rbm {
namespace {

enum class Outcome : std::uint8_t { result, error };

/// What goes before the bytes of a result or of a message.
struct Heading {
    Outcome outcome = Outcome::error;
    std::size_t size = 0;
};

void send(int pipe, std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::write(pipe, bytes.data(), std::min(bytes.size(), std::size_t{1} << 30));
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) ::_exit(1);
        bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
}

void send(int pipe, Outcome outcome, std::span<const std::byte> bytes) {
    const Heading heading{outcome, bytes.size()};
    send(pipe, std::as_bytes(std::span(&heading, 1)));
    send(pipe, bytes);
}

/// Fewer bytes than asked for where the other end is closed.
std::size_t receive(int pipe, std::span<std::byte> bytes) {
    std::size_t size = 0;
    while (size < bytes.size()) {
        const ssize_t count = ::read(pipe, bytes.data() + size, std::min(bytes.size() - size, std::size_t{1} << 30));
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) break;
        size += static_cast<std::size_t>(count);
    }
    return size;
}

[[noreturn]] void run(int pipe, const std::string& name, std::size_t seconds,
                      const std::function<std::vector<std::byte>()>& work) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (const int signal :
         {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGXCPU, SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL})
        std::signal(signal, SIG_DFL);
    const rlimit time{seconds, seconds + 1}, no_core{0, 0};
    ::setrlimit(RLIMIT_CPU, &time);
    ::setrlimit(RLIMIT_CORE, &no_core);
    // What the C library says of a heap in disorder is not meant for the user.
    if (const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC); nowhere >= 0) ::dup2(nowhere, STDERR_FILENO);
    std::string message;
    try {
        send(pipe, Outcome::result, work());
        ::_exit(0);
    } catch (const std::bad_alloc&) {
        message = name + ": needs more memory than there is";
    } catch (const std::exception& error) {
        message = error.what();
    }
    send(pipe, Outcome::error, std::as_bytes(std::span(message)));
    ::_exit(0);
}

int wait_for(pid_t child) {
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

}  // namespace

std::vector<std::byte> in_child(const std::string& name, std::size_t seconds,
                                const std::function<std::vector<std::byte>()>& work) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw file_error(name, "no pipe to its reader", errno);
    Descriptor from(ends[0]), to(ends[1]);
    const pid_t child = ::fork();
    if (child < 0) throw file_error(name, "no process for its reader", errno);
    if (child == 0) run(to.number(), name, seconds, work);
    to.close();
    Heading heading;
    std::vector<std::byte> bytes;
    bool whole = receive(from.number(), std::as_writable_bytes(std::span(&heading, 1))) == sizeof heading &&
                 fits_in_memory(heading.size);
    if (whole) {
        bytes.resize(heading.size);
        whole = receive(from.number(), bytes) == bytes.size();
    }
    from.close();
    const int status = wait_for(child);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGINT) throw Cancelled();
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)
        throw DataError(fmt::format("{}: damaged: its reader was not done with it after {} seconds", name, seconds));
    if (!whole) throw DataError(fmt::format("{}: damaged: its reader crashed", name));
    if (heading.outcome == Outcome::result) return bytes;
    throw DataError(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

}  // namespace rbm
