// SPDX-License-Identifier: MIT
// rbm-train: from data to a machine, in a folder that can be resumed.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "apps/train/search.h"
#include "apps/train/training_run.h"

int main(int argc, char** argv) {
    using namespace rbm::app;
    RunSettings run;
    Program program("rbm-train",
                    "Train a restricted Boltzmann machine and write it, its checkpoint, its metrics and "
                    "pictures into a folder.");
    declare_options(program, run);
    return run_command(program, argc, argv, [&] {
        run.words.assign(argv + std::min(argc, 1), argv + argc);
        const bool goes_on = run.resume && holds_search(run);
        if (goes_on || (run.search > 0 && !run.resume)) return search(program, run);
        return run.resume ? resume_run(program, run) : start_run(program, run);
    });
}
