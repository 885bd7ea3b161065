// SPDX-License-Identifier: MIT
// What the programs share.  A whole one:
//
//   int main(int argc, char** argv) {
//       using namespace rbm::app;
//       CommonSettings common;
//       std::string model, data, output = "-";
//       std::size_t batch_size = 100;
//       Program program("rbm-score", "Give each sample its free energy under a trained machine.");
//       program.example("rbm-score run/model.safetensors test.idx.gz > scores.csv", "score every image")
//           .argument("MODEL", &model, "model file")
//           .argument("DATA", &data, "samples, one per row")
//           .option("output", path(&output).transient(), "where the scores go: .csv or .npy, - is standard output")
//           .option("batch-size", count(&batch_size, 1, 1'000'000), "samples worked on at once")
//           .common(common, {"seed", "threads", "beta", "binarize", "threshold", "json", "force"});
//       return run_command(program, argc, argv, [&] {
//           require_memory(..., "the batch");
//           write_output("free_energy\n");
//           return 0;
//       });
//   }
#pragma once

#include <functional>
#include <string_view>

#include "apps/cli/control.h"
#include "apps/cli/messages.h"
#include "apps/cli/option_types.h"
#include "apps/cli/program.h"
#include "apps/cli/progress.h"
#include "apps/cli/resources.h"
#include "apps/cli/signals.h"

namespace rbm::app {

/// Parses, runs the body, whose result is the exit code, and turns what is thrown into a message and an exit code:
///   1  FileError, out of memory, anything else     2  InvalidArgument (so UsageError), Unsupported
///   3  DataError     4  Diverged     128 + n  Interrupted by signal n, Cancelled after it
/// A reader of standard output that went away (| head) is no error: 0.  One that could not take all is: 1.
int run_command(Program& program, int argc, const char* const* argv, const std::function<int()>& body);

/// Writes to standard output.  Throws FileError when that fails; run_command() is quiet about it if the reader went
/// away.
void write_output(std::string_view text);

}  // namespace rbm::app
