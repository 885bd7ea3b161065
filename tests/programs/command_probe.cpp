// SPDX-License-Identifier: MIT
// A program with nothing to do but fail in every way: command.py watches what the shell sees of it.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <new>
#include <stdexcept>
#include <thread>

#include "apps/cli/command.h"
#include "rbm/kernels/error.h"

int main(int argc, char** argv) {
    using namespace rbm::app;
    CommonSettings common;
    std::string action;
    std::uint64_t amount = 0;
    Program program("rbm-probe", "Do one thing, and let others watch.");
    program.example("rbm-probe write --amount 3", "write three lines")
        .argument("ACTION", &action, "what to do")
        .option("amount", count(&amount, 0), "how much of it")
        .common(common, {"seed", "threads", "json"});
    return run_command(program, argc, argv, [&]() -> int {
        if (action == "write")
            for (std::uint64_t i = 0; i < amount; ++i) write_output("0123456789 0123456789 0123456789\n");
        if (action == "print")
            for (std::uint64_t i = 0; i < amount; ++i) fmt::print(stdout, "0123456789 0123456789 0123456789\n");
        if (action == "usage") throw UsageError("usage");
        if (action == "argument") throw rbm::InvalidArgument("argument");
        if (action == "unsupported") throw rbm::Unsupported("unsupported");
        if (action == "data") throw rbm::DataError("data \x1b[31m");
        if (action == "diverged") throw rbm::Diverged("diverged");
        if (action == "file") throw rbm::FileError("file");
        if (action == "other") throw 7;
        if (action == "memory") require_memory(static_cast<double>(amount), "the test");
        if (action == "allocate") write_output({std::string(amount, 'x').c_str(), 1});
        if (action == "descriptor") {
            const int file = open("/dev/zero", O_RDONLY);
            note("{}", file);
        }
        if (action == "loop" || action == "deaf") {
            Progress progress("looping", 1'000'000, "steps");
            note("ready");
            for (std::uint64_t i = 0; i < 3000; ++i) {
                std::this_thread::sleep_for(std::chrono::milliseconds(5));
                progress.update(i * 300);
                if (i % 40 == 39) progress.milestone(fmt::format("round {}", i / 40 + 1));
                if (action == "loop") throw_if_stopped("state saved");
                if (amount != 0 && i == amount) return 0;
            }
        }
        return 0;
    });
}
