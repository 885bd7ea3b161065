// SPDX-License-Identifier: MIT
#include "apps/cli/command.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <new>
#include <stdexcept>
#include <system_error>

#include "apps/cli/blas_core.h"
#include "apps/cli/version.h"
#include "rbm/kernels/error.h"
#include "rbm/kernels/threads.h"
#include "rbm/kernels/vector_kernels.h"

namespace rbm::app {
namespace {

/// True when standard output is a pipe or socket that nobody reads any more.
bool reader_is_gone() {
    pollfd output{STDOUT_FILENO, POLLOUT, 0};
    return poll(&output, 1, 0) == 1 && (output.revents & POLLERR) != 0;
}

int fail(int code, const std::string& text) {
    say(text);
    return code;
}

/// A failure to write is none when it only tells that the reader of standard output went away.
int fail_to_write(const std::string& text) {
    const bool broken_pipe = text.find(std::strerror(EPIPE)) != std::string::npos;
    return broken_pipe && reader_is_gone() ? 0 : fail(1, text);
}

int exit_code(ErrorCode code) {
    switch (code) {
        case ErrorCode::invalid_argument:
        case ErrorCode::unsupported:
            return 2;
        case ErrorCode::data:
            return 3;
        case ErrorCode::diverged:
            return 4;
        case ErrorCode::cancelled:
            return 128 + received_signal();
        case ErrorCode::file:
        case ErrorCode::failed:
            return 1;
    }
    return 1;
}

int guarded(const Program& program, const std::function<int()>& body) {
    try {
        return body();
    } catch (const Interrupted& stop) {
        if (!stop.message.empty()) note("{}", stop.message);
        return 128 + stop.signal;
    } catch (const MissingValue& error) {
        return fail(3,
                    error.what() + std::string(program.has("missing") ? " (--missing nan treats it as missing)" : ""));
    } catch (const DecimalComma& error) {
        return fail(3, error.what() + std::string(program.has("decimal-comma") ? " (--decimal-comma reads them)" : ""));
    } catch (const UnsuitableColumns& error) {
        return fail(3, error.what() + std::string(program.has("drop") ? " (--drop NAMES, --keep NAMES)" : ""));
    } catch (const FileExists& error) {
        return fail(1, error.what() + std::string("; use --force to overwrite"));
    } catch (const Error& error) {
        if (error.code() == ErrorCode::file) return fail_to_write(error.what());
        if (error.code() == ErrorCode::cancelled) return exit_code(error.code());
        return fail(exit_code(error.code()), error.what());
    } catch (const std::system_error& error) {  // fmt::print(stdout, ...)
        return fail_to_write(error.what());
    } catch (const std::bad_alloc&) {
        return fail(1, "out of memory: take smaller batches, fewer chains or fewer hidden units, or raise the limit");
    } catch (const std::length_error&) {
        return fail(1, "out of memory: an array would be larger than this computer can address");
    } catch (const std::exception& error) {
        return fail(1, error.what());
    } catch (...) {
        return fail(1, "failed for an unknown reason");
    }
}

/// Empties the buffer of standard output.  Only now, and only in close() on some file systems, a full disk shows.
void finish_output() {
    errno = 0;
    bool good = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
    const int copy = good ? dup(STDOUT_FILENO) : -1;
    if (copy >= 0) good = close(copy) == 0;
    if (!good && !reader_is_gone())
        throw FileError(
            fmt::format("standard output: {}", errno == 0 ? "could not write everything" : std::strerror(errno)));
}

void prepare(const Program& program) {
    const CommonSettings* settings = program.settings();
    if (settings == nullptr) return;
    console().verbosity = settings->quiet     ? Verbosity::quiet
                          : settings->verbose ? Verbosity::verbose
                                              : Verbosity::normal;
    console().progress = !settings->no_progress;
    set_threads(settings->threads);
    detail("{} thread{}; {} instructions; {}", settings->threads, settings->threads == 1 ? "" : "s",
           vectorized::target_name(), blas_core_text());
}

}  // namespace

void write_output(std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size())
        throw FileError(std::string("standard output: ") + std::strerror(errno));
}

int run_command(Program& program, int argc, const char* const* argv, const std::function<int()>& body) {
    choose_blas_core(argv);
    open_standard_streams();
    catch_signals();
    console() = Console{program.name(), Verbosity::normal, true};
    const int code = guarded(program, [&] {
        switch (program.parse({argv + std::min(argc, 1), argv + argc})) {
            case Program::Request::help:
                write_output(program.asked_help());
                return 0;
            case Program::Request::version:
                write_output(version_text(program.name()));
                return 0;
            case Program::Request::run:
                break;
        }
        prepare(program);
        return body();
    });
    // The first failure is the one to report.
    if (code != 0) return std::fflush(stdout), code;
    return guarded(program, [] { return finish_output(), 0; });
}

}  // namespace rbm::app
