// SPDX-License-Identifier: MIT
#include "apps/files/ladder.h"

#include <filesystem>

#include "apps/cli/command.h"
#include "rbm/io/ladder_file.h"

namespace rbm::app {
namespace {

double squared_distance(const Machine& one, const Machine& other) {
    double sum = 0;
    const auto first = one.weights.values(), second = other.weights.values();
    for (std::size_t i = 0; i < first.size(); ++i) {
        const double difference = static_cast<double>(first[i]) - static_cast<double>(second[i]);
        sum += difference * difference;
    }
    return sum;
}

}  // namespace

MachineLadder ladder_of(const std::string& model_path, const Machine& machine) {
    const std::string path = ladder_beside(model_path);
    std::error_code ignored;
    if (model_path == "-" || !std::filesystem::is_regular_file(path, ignored)) return {};
    MachineLadder ladder = load_ladder(path, machine).machines;
    // The model may be older than the run: its best epoch.
    std::size_t closest = 0;
    double least = squared_distance(*ladder[0], machine);
    for (std::size_t k = 1; k < ladder.size(); ++k)
        if (const double distance = squared_distance(*ladder[k], machine); distance < least) {
            least = distance;
            closest = k;
        }
    ladder.resize(closest + 1);
    return ladder;
}

void refuse_without_ladder(const std::string& option, const std::string& choice, const std::string& model_path) {
    throw UsageError(fmt::format(
        "option --{}: {} needs the ladder of a run, but {} is not there; rbm-train --algorithm trajectory leaves one",
        option, choice, ladder_beside(model_path)));
}

}  // namespace rbm::app
