// SPDX-License-Identifier: MIT
#include "apps/cli/signals.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>

namespace rbm::app {
namespace {

std::atomic<int> received{0};
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler may use nothing else");

extern "C" void on_signal(int signal) {
    if (received.exchange(signal) != 0) _exit(128 + signal);
}

void catch_signal(int number) {
    struct sigaction before {};
    if (sigaction(number, nullptr, &before) != 0 || before.sa_handler == SIG_IGN) return;  // nohup
    struct sigaction action {};
    action.sa_handler = on_signal;
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    sigaction(number, &action, nullptr);
}

}  // namespace

void catch_signals() {
    received = 0;
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) catch_signal(number);
    struct sigaction ignore {};
    ignore.sa_handler = SIG_IGN;
    sigemptyset(&ignore.sa_mask);
    sigaction(SIGPIPE, &ignore, nullptr);
}

bool stop_requested() { return received != 0; }

int received_signal() { return received; }

void throw_if_stopped(const std::string& message) {
    if (const int signal = received; signal != 0) throw Interrupted{signal, message};
}

void open_standard_streams() {
    // Opened the wrong way round: a program told to read or write there learns that it cannot.
    constexpr int modes[] = {O_WRONLY, O_RDONLY, O_RDWR};
    for (int number = 0; number < 3; ++number)
        if (fcntl(number, F_GETFD) == -1 && errno == EBADF) {
            const int opened = open("/dev/null", modes[number]);
            if (opened > number) close(opened);
        }
}

}  // namespace rbm::app
