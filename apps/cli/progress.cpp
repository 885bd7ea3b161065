// SPDX-License-Identifier: MIT
#include "apps/cli/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "apps/cli/messages.h"

namespace rbm::app {
namespace {

Progress* current = nullptr;  // the one whose line may stand on the terminal

std::size_t terminal_width() {
    winsize size{};
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col - 1U : 79U;
}

bool on_terminal() {
    const char* term = std::getenv("TERM");
    return isatty(STDERR_FILENO) != 0 && term != nullptr && std::string_view(term) != "dumb";
}

std::string clock_text(double seconds) {
    const auto whole = static_cast<std::uint64_t>(std::min(std::ceil(seconds), 1e9));
    const std::uint64_t hours = whole / 3600, minutes = whole / 60 % 60;
    if (hours > 0) return fmt::format("{}:{:02}:{:02}", hours, minutes, whole % 60);
    return fmt::format("{}:{:02}", minutes, whole % 60);
}

/// "  a 1  b 2" of "a 1  b 2  c 3": as many of the fields, which stand two blanks apart, as there is room for.
std::string fields_within(const std::string& text, std::size_t room) {
    const std::string all = text.empty() ? "" : "  " + text;
    if (all.size() <= room) return all;
    const std::size_t cut = all.rfind("  ", room);
    return cut == std::string::npos ? "" : all.substr(0, cut);
}

void print(const std::string& text) {
    (void)std::fwrite(text.data(), 1, text.size(), stderr);
    (void)std::fflush(stderr);
}

}  // namespace

std::string progress_line(const std::string& title, std::uint64_t done, std::uint64_t total, const std::string& unit,
                          const std::string& text, double seconds, std::size_t width) {
    const double part = total == 0 ? 0 : static_cast<double>(done) / static_cast<double>(total);
    const std::string count =
        total == 0 ? fmt::format("  {} {}", done, unit) : fmt::format("  {}/{} {}", done, total, unit);
    std::string start = title + count, end;
    if (total != 0) end = fmt::format("  {:.0f} %", std::floor(100 * part));
    if (part >= 0.01 && part < 1) end += fmt::format("  {} left", clock_text(seconds * (1 - part) / part));
    if (part == 1) end += fmt::format("  took {}", clock_text(seconds));
    if (!text.empty() && total != 0 && start.size() + end.size() + 2 + text.size() > width) start = title;
    const std::size_t room = width - std::min(width, start.size() + end.size());
    return (start + end + fields_within(text, room)).substr(0, width);
}

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

Progress::Progress(std::string title, std::uint64_t total, std::string unit)
    : title_(std::move(title)), unit_(std::move(unit)), total_(total), start_(Clock::now()), last_(start_) {
    shown_ = console().progress && console().verbosity != Verbosity::quiet;
    live_ = shown_ && on_terminal();
    if (live_) current = this;
}

Progress::~Progress() {
    if (!live_) return;
    draw();
    print("\n");
    current = nullptr;
}

void Progress::update(std::uint64_t done) {
    done_ = done;
    if (!live_) return;
    const auto now = Clock::now();
    if (now - last_ < std::chrono::milliseconds(100)) return;
    last_ = now;
    draw();
}

void Progress::milestone(const std::string& text) {
    text_ = text;
    if (live_)
        draw();
    else if (shown_)
        say(title_ + ": " + text);
}

void Progress::draw() {
    const double seconds = seconds_since(start_);
    print(fmt::format("\r{}\033[K", progress_line(title_, done_, total_, unit_, text_, seconds, terminal_width())));
    drawn_ = true;
}

void Progress::clear_line() {
    if (current == nullptr || !current->drawn_) return;
    current->drawn_ = false;
    print("\r\033[K");
}

}  // namespace rbm::app
