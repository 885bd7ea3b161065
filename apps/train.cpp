// SPDX-License-Identifier: MIT
// rbm-train: from data to a machine, in a folder that can be resumed.
#include <nlohmann/json.hpp>

#include "apps/train/training_run.h"

int main(int argc, char** argv) {
    using namespace rbm::app;
    RunSettings run;
    Program program("rbm-train",
                    "Train a restricted Boltzmann machine and write it, its checkpoint, its metrics and "
                    "pictures into a folder.");
    declare_options(program, run);
    return run_command(program, argc, argv,
                       [&] { return run.resume ? resume_run(program, run) : start_run(program, run); });
}
