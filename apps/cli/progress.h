// SPDX-License-Identifier: MIT
// How far a long computation has come: one line that renews itself on a terminal, a plain line per milestone elsewhere.
//
// Nothing is shown with --quiet or --no-progress; TERM=dumb counts as no terminal.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace rbm::app {

/// What has passed since then.
double seconds_since(std::chrono::steady_clock::time_point start);

class Progress {
  public:
    /// total 0: unknown.  The unit is a plural: "updates".
    Progress(std::string title, std::uint64_t total, std::string unit);
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// Cheap: call it once per batch or step.  On a terminal the line is renewed, ten times a second at most.
    void update(std::uint64_t done);
    /// Something worth a line: the end of an epoch.  On a terminal the text stands in the line from now on.
    void milestone(const std::string& text);

    /// Removes the line of the Progress being shown, if any, before something else is printed; update() restores it.
    static void clear_line();

  private:
    using Clock = std::chrono::steady_clock;
    void draw();

    std::string title_, unit_, text_;
    std::uint64_t total_ = 0;
    std::uint64_t done_ = 0;
    bool shown_ = false;  ///< at all
    bool live_ = false;   ///< on a terminal
    bool drawn_ = false;  ///< a line stands there now
    Clock::time_point start_, last_;
};

/// "training  120/400 updates  30 %  0:42 left  text", within the width: the count is left out and then the text's last
/// fields, which stand two blanks apart.  No time is told before one percent is done; at the end it is the time taken.
std::string progress_line(const std::string& title, std::uint64_t done, std::uint64_t total, const std::string& unit,
                          const std::string& text, double seconds, std::size_t width);

}  // namespace rbm::app
