// SPDX-License-Identifier: MIT
// Estimate log Z in a given time, and say how far it has come.  usage: control MODEL SECONDS
#include <rbm/rbm.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

int main(int, char** argv) {
    using Clock = std::chrono::steady_clock;
    const rbm::Model model = rbm::load_model(argv[1]);
    const rbm::Bridge bridge(model.machine, model.machine.visible);
    rbm::Random random(1);

    const auto end = Clock::now() + std::chrono::duration<double>(std::atof(argv[2]));
    std::uint64_t percent = 0;
    rbm::Control control;
    control.progress = [&](const rbm::ProgressReport& report) { percent = 100 * report.done / report.total; };
    control.cancelled = [&] { return Clock::now() > end; };
    try {
        const auto found = rbm::tempering_log_partition(bridge, {}, random, 0, control);
        std::printf("log Z = %.2f +- %.2f nats\n", found.estimate.value, found.estimate.standard_error);
    } catch (const rbm::Cancelled&) {
        std::printf("out of time after %d %%\n", static_cast<int>(percent));
    }
}
