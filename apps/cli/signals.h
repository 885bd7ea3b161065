// SPDX-License-Identifier: MIT
// SIGINT, SIGTERM and SIGHUP: the first asks the program to stop at the next safe place, the second ends it at once.
#pragma once

#include <string>

namespace rbm::app {

/// Thrown by a program that stopped because it was asked to, after what had to be saved.  Exit 128 + signal.
struct Interrupted {
    int signal = 0;
    std::string message;  ///< printed when not empty: what was saved, how to go on
};

/// From now on signals are counted; SIGPIPE is ignored, so that writing tells.  A signal that was ignored stays so.
void catch_signals();

/// True after the first signal: finish the batch, write the checkpoint, then throw_if_stopped().
bool stop_requested();
/// Its number, or 0.
int received_signal();

/// Throws Interrupted when a signal came.
void throw_if_stopped(const std::string& message = "");

/// Opens what is closed of standard input, output and error, so that no file gets their numbers; reading from or
/// writing to what was closed fails, except for messages.
void open_standard_streams();

}  // namespace rbm::app
