// SPDX-License-Identifier: MIT
#include "rbm/io/ladder_file.h"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>

#include "rbm/io/atomic_file.h"
#include "rbm/io/bytes.h"
#include "rbm/io/model_file.h"
#include "rbm/kernels/error.h"

namespace rbm {
namespace {

std::string prefix_of(std::size_t machine) { return fmt::format("machine.{:05}.", machine); }

void check_spreads(const Machine& machine, const std::string& path, const std::string& prefix) {
    machine.each_parameter([&](const Parameter& of, std::span<const float> values) {
        if (of.role != Role::log_scale) return;
        for (std::size_t i = 0; i < values.size(); ++i)
            if (std::abs(values[i]) > 40)  // as in models: 1 / sigma^2 would leave the floats
                throw DataError(fmt::format("{}: tensor {}{}, element {}: found {}, expected a value in [-40, 40]",
                                            path, prefix, of.name, i, values[i]));
    });
}

}  // namespace

std::string ladder_beside(const std::string& path) {
    return (std::filesystem::path(path).parent_path() / "ladder.safetensors").string();
}

void save_ladder(const std::string& path, const LadderFile& ladder) {
    Tensors file;
    for (std::size_t k = 0; k < ladder.machines.size(); ++k) add_parameters(file, *ladder.machines[k], prefix_of(k));
    file.tensors["updates"] = make_tensor({ladder.updates.size()}, std::span<const std::uint64_t>(ladder.updates));
    file.metadata["format"] = "rbm-ladder";
    write_file(path, encode_safetensors(file), IfExists::replace);
}

LadderFile load_ladder(const std::string& path, const Machine& like) {
    const Tensors file = parse_safetensors(read_bytes(path), path);
    LadderFile ladder;
    if (!file.contains("updates") || !file.metadata.contains("format"))
        throw DataError(
            fmt::format("{}: holds no ladder; one is written by rbm-train with the algorithm trajectory", path));
    ladder.updates = file.u64("updates");
    for (std::size_t k = 0; k < ladder.updates.size(); ++k) {
        if (k > 0 && ladder.updates[k] < ladder.updates[k - 1])
            throw DataError(fmt::format("{}: tensor updates, element {}: found {}, expected at least {}", path, k,
                                        ladder.updates[k], ladder.updates[k - 1]));
        Machine machine = like.zeros_like();
        read_parameters(file, machine, prefix_of(k));
        check_spreads(machine, path, prefix_of(k));
        ladder.machines.push_back(std::make_shared<const Machine>(std::move(machine)));
    }
    if (ladder.machines.empty())
        throw DataError(fmt::format("{}: tensor updates: found none, expected at least one", path));
    for (const float weight : ladder.machines.front()->weights.values())
        if (weight != 0)
            throw DataError(fmt::format("{}: tensor {}weights: found {}, expected 0: a ladder begins without weights",
                                        path, prefix_of(0), weight));
    return ladder;
}

}  // namespace rbm
