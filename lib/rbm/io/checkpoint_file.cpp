// SPDX-License-Identifier: MIT
#include "rbm/io/checkpoint_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "rbm/io/atomic_file.h"
#include "rbm/io/bytes.h"
#include "rbm/io/ladder_file.h"
#include "rbm/io/utf8.h"
#include "rbm/kernels/error.h"

namespace rbm {
namespace {

constexpr std::string_view option_prefix = "option.";
const std::string kept_prefix = "kept.";                         // of tensors that an objective names itself
constexpr std::string_view raw_option_prefix = "option-bytes.";  // in hexadecimal: file names need not be UTF-8

std::string to_hex(std::string_view bytes) {
    std::string text;
    for (const char byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
    return text;
}

std::string from_hex(const Tensors& file, const std::string& key, std::string_view text) {
    std::string bytes;
    for (std::size_t i = 0; i < text.size(); i += 2) {
        unsigned byte = 0;
        const char* const end = text.data() + std::min(i + 2, text.size());
        const auto result = std::from_chars(text.data() + i, end, byte, 16);
        if (result.ec != std::errc() || result.ptr != end)
            throw DataError(
                fmt::format("{}: metadata {} is '{}', expected hexadecimal digits", file.source, key, text));
        bytes += static_cast<char>(byte);
    }
    return bytes;
}

Tensor vector_tensor(const std::vector<float>& values) {
    return make_tensor({values.size()}, std::span<const float>(values));
}

Tensor matrix_tensor(const Matrix& matrix) { return make_tensor({matrix.rows(), matrix.cols()}, matrix.values()); }

std::vector<float> finite_values(const Tensors& file, const std::string& name) {
    std::vector<float> values = file.f32(name);
    for (std::size_t i = 0; i < values.size(); ++i)
        if (!std::isfinite(values[i]))
            throw DataError(fmt::format("{}: tensor {}, element {}: found {}, expected a finite number", file.source,
                                        name, i, values[i]));
    return values;
}

Matrix matrix_of(const Tensors& file, const std::string& name, std::size_t rows, std::size_t cols) {
    file.at(name, {rows, cols});
    const std::vector<float> values = finite_values(file, name);
    Matrix matrix(rows, cols);
    std::copy(values.begin(), values.end(), matrix.values().begin());
    return matrix;
}

std::vector<float> vector_of(const Tensors& file, const std::string& name, std::size_t length) {
    file.at(name, {length});
    return finite_values(file, name);
}

std::vector<double> numbers_of(const Tensors& file, const std::string& name, const std::vector<std::size_t>& shape) {
    file.at(name, shape);
    std::vector<double> values = file.f64(name);
    for (const double value : values)
        if (!std::isfinite(value))
            throw DataError(fmt::format("{}: tensor {}: found {}, expected a finite number", file.source, name, value));
    return values;
}

std::vector<double> numbers_of(const Tensors& file, const std::string& name, std::size_t length) {
    return numbers_of(file, name, std::vector{length});
}

void add_ladders(Tensors& file, const TemperedChains& chains) {
    std::vector<std::uint64_t> places;  // rung and heading, which is -1, 0 or 1
    for (std::size_t s = 0; s < chains.rung.size(); ++s)
        places.push_back(chains.rung[s] * std::uint64_t{3} + static_cast<std::uint64_t>(chains.heading[s] + 1));
    const std::uint64_t counts[] = {chains.steps, chains.round_trips};
    file.tensors["tempered.betas"] = vector_tensor(chains.betas);
    file.tensors["tempered.visible"] = matrix_tensor(chains.visible);
    file.tensors["tempered.places"] = make_tensor({places.size()}, std::span<const std::uint64_t>(places));
    file.tensors["tempered.counts"] = make_tensor({std::size(counts)}, std::span<const std::uint64_t>(counts));
    file.tensors["tempered.swap_rates"] =
        make_tensor({chains.swap_rates.size()}, std::span<const double>(chains.swap_rates));
}

TemperedChains ladders_of(const Tensors& file, std::size_t visible, std::size_t hidden) {
    const auto fault = [&](const std::string& name, const std::string& expected) {
        throw DataError(fmt::format("{}: tensor {}: expected {}", file.source, name, expected));
    };
    TemperedChains chains;
    chains.betas = finite_values(file, "tempered.betas");
    bool rising = chains.rungs() >= 2 && chains.betas.front() == 0 && chains.betas.back() == 1;
    for (std::size_t k = 1; rising && k < chains.rungs(); ++k) rising = chains.betas[k] > chains.betas[k - 1];
    if (!rising) fault("tempered.betas", "values that rise from 0 to 1");
    const std::size_t rungs = chains.rungs();
    const std::vector<std::uint64_t> places = file.u64("tempered.places");
    if (places.empty() || places.size() % rungs != 0) fault("tempered.places", "as many for each rung");
    std::vector<bool> taken(places.size());
    for (std::size_t s = 0; s < places.size(); ++s) {
        const std::uint64_t rung = places[s] / 3;
        if (rung >= rungs || taken[s / rungs * rungs + rung]) fault("tempered.places", "each rung once in each ladder");
        taken[s / rungs * rungs + rung] = true;
        chains.rung.push_back(static_cast<std::uint32_t>(rung));
        chains.heading.push_back(static_cast<std::int8_t>(static_cast<int>(places[s] % 3) - 1));
    }
    chains.visible = matrix_of(file, "tempered.visible", places.size(), visible);
    chains.hidden.resize(places.size(), hidden);
    file.at("tempered.counts", {2});
    const std::vector<std::uint64_t> counts = file.u64("tempered.counts");
    chains.steps = counts[0];
    chains.round_trips = counts[1];
    file.at("tempered.swap_rates", {rungs - 1});
    chains.swap_rates = file.f64("tempered.swap_rates");
    chains.make_room();
    return chains;
}

/// All of a trajectory but its machines, which never change and lie in a file of their own.
void add_trajectory(Tensors& file, const Trajectory& ladder) {
    const std::size_t machines = ladder.machines.size(), chains = ladder.visible.front().rows();
    std::vector<float> visible;
    for (const Matrix& states : ladder.visible)
        visible.insert(visible.end(), states.values().begin(), states.values().end());
    file.tensors["trajectory.visible"] =
        make_tensor({machines, chains, ladder.visible.front().cols()}, std::span<const float>(visible));
    std::vector<double> seen, centers;
    std::vector<std::uint64_t> counts = {ladder.calls, ladder.next};
    for (const Trajectory::Pair& pair : ladder.pairs) {
        seen.insert(seen.end(), pair.up.begin(), pair.up.end());
        seen.insert(seen.end(), pair.down.begin(), pair.down.end());
        centers.insert(centers.end(), {pair.center, pair.plain_up, pair.plain_down});
        counts.push_back(pair.looks);
    }
    file.tensors["trajectory.seen"] = make_tensor({machines - 1, 2, chains}, std::span<const double>(seen));
    file.tensors["trajectory.centers"] = make_tensor({machines - 1, 3}, std::span<const double>(centers));
    file.tensors["trajectory.counts"] = make_tensor({counts.size()}, std::span<const std::uint64_t>(counts));
    file.tensors["trajectory.updates"] = make_tensor({machines}, std::span<const std::uint64_t>(ladder.updates));
    const double state[] = {ladder.good_rate, ladder.learning_rate_factor};
    file.tensors["trajectory.state"] = make_tensor({std::size(state)}, std::span<const double>(state));
    if (ladder.good.visible_count() > 0) add_parameters(file, ladder.good, "trajectory.good.");
}

Trajectory trajectory_of(const Tensors& file, const std::string& path, const Machine& like) {
    Trajectory ladder;
    ladder.updates = file.u64("trajectory.updates");
    const std::size_t machines = ladder.updates.size();
    const auto& shape = file.at("trajectory.visible").shape;
    const std::size_t chains = shape.size() == 3 ? shape[1] : 0;
    if (machines == 0 || chains == 0)
        throw DataError(fmt::format("{}: tensor trajectory.visible: expected chains of one machine at least", path));
    file.at("trajectory.visible", {machines, chains, like.visible_count()});
    const std::vector<float> visible = finite_values(file, "trajectory.visible");
    for (std::size_t k = 0; k < machines; ++k) {
        Matrix& states = ladder.visible.emplace_back(chains, like.visible_count());
        std::copy_n(visible.begin() + static_cast<std::ptrdiff_t>(k * states.values().size()), states.values().size(),
                    states.data());
    }
    const std::vector<double> seen = numbers_of(file, "trajectory.seen", {machines - 1, 2, chains});
    const std::vector<double> centers = numbers_of(file, "trajectory.centers", {machines - 1, 3});
    file.at("trajectory.counts", {machines + 1});
    const std::vector<std::uint64_t> counts = file.u64("trajectory.counts");
    ladder.calls = counts[0];
    ladder.next = counts[1];
    if (ladder.next >= machines)
        throw DataError(fmt::format("{}: tensor trajectory.counts, element 1: found {}, expected less than {}", path,
                                    ladder.next, machines));
    for (std::size_t k = 0; k + 1 < machines; ++k) {
        const auto first = seen.begin() + static_cast<std::ptrdiff_t>(2 * k * chains);
        const auto middle = first + static_cast<std::ptrdiff_t>(chains),
                   end = middle + static_cast<std::ptrdiff_t>(chains);
        ladder.pairs.push_back(
            {centers[3 * k], {first, middle}, {middle, end}, centers[3 * k + 1], centers[3 * k + 2], counts[2 + k]});
    }
    const std::vector<double> state = numbers_of(file, "trajectory.state", 2);
    ladder.good_rate = state[0];
    ladder.learning_rate_factor = state[1];
    if (file.contains("trajectory.good.weights")) {
        ladder.good = like.zeros_like();
        read_parameters(file, ladder.good, "trajectory.good.");
    }
    // A run that was stopped between the two files may have frozen more; it will freeze the same again.
    const std::string beside = ladder_beside(path);
    LadderFile frozen = load_ladder(beside, like);
    if (frozen.updates.size() < machines ||
        !std::equal(ladder.updates.begin(), ladder.updates.end(), frozen.updates.begin()))
        throw DataError(
            fmt::format("{}: its machines are not those of {}; both files must be of one run", beside, path));
    frozen.machines.resize(machines);
    ladder.machines = std::move(frozen.machines);
    return ladder;
}

}  // namespace

void save_checkpoint(const std::string& path, const Checkpoint& checkpoint) {
    const TrainState& state = checkpoint.state;
    Model model = checkpoint.model;
    model.machine = state.machine;
    Tensors file = model_tensors(model);
    add_parameters(file, state.update.velocity, "velocity.");
    if (state.update.second_moment.visible_count() > 0)
        add_parameters(file, state.update.second_moment, "second_moment.");
    file.tensors["visible.offset"] = vector_tensor(state.update.visible_offset);
    file.tensors["hidden.offset"] = vector_tensor(state.update.hidden_offset);
    file.tensors["hidden.activity"] = vector_tensor(state.update.hidden_activity);
    if (state.chains.count() > 0) {
        file.tensors["chains.visible"] = matrix_tensor(state.chains.visible);
        file.tensors["chains.hidden"] = matrix_tensor(state.chains.hidden);
    }
    if (state.update.average.visible_count() > 0) add_parameters(file, state.update.average, "average.");
    if (state.chains.fast.visible_count() > 0) add_parameters(file, state.chains.fast, "fast.");
    if (state.chains.tempered.rungs() > 0) add_ladders(file, state.chains.tempered);
    if (!state.chains.trajectory.machines.empty()) add_trajectory(file, state.chains.trajectory);
    if (checkpoint.best) {
        const auto& [epoch, score, stopped, low, high, last_good] = *checkpoint.best;
        const double best[] = {static_cast<double>(epoch), score, stopped ? 1.0 : 0.0};
        file.tensors["train.best"] = make_tensor({std::size(best)}, std::span<const double>(best));
        const double interval[] = {low, high, static_cast<double>(last_good)};
        if (low != score || high != score || last_good != epoch)
            file.tensors["train.best_interval"] = make_tensor({std::size(interval)}, std::span<const double>(interval));
    }
    const std::uint64_t position[] = {state.seed,       state.epoch,       state.batch,      state.update.updates,
                                      state.random.key, state.random.call, state.random.word};
    file.tensors["train.position"] = make_tensor({std::size(position)}, std::span<const std::uint64_t>(position));
    const double sums[] = {state.gradient_norms, state.steps_to_weights};
    file.tensors["train.sums"] = make_tensor({std::size(sums)}, std::span<const double>(sums));
    if (state.losses != 0) file.tensors["train.losses"] = make_tensor({1}, std::span<const double>(&state.losses, 1));
    for (const auto& [name, numbers] : state.chains.kept)
        file.tensors[kept_prefix + name] = make_tensor({numbers.size()}, std::span<const double>(numbers));
    if (state.chains.log_constant) {
        const double constant[] = {*state.chains.log_constant, state.chains.log_constant_variance,
                                   state.chains.log_noise_gap, state.chains.log_noise_variance};
        file.tensors["log_constant"] = make_tensor({std::size(constant)}, std::span<const double>(constant));
    }
    for (const auto& [name, value] : checkpoint.options) {
        const bool is_text = find_invalid_utf8(value) == std::string::npos;
        file.metadata[std::string(is_text ? option_prefix : raw_option_prefix) + name] =
            is_text ? value : to_hex(value);
    }
    write_file(path, encode_safetensors(file), IfExists::replace);
}

Checkpoint load_checkpoint(const std::string& path) {
    const Tensors file = parse_safetensors(read_bytes(path), path);
    Checkpoint checkpoint;
    checkpoint.model = model_from(file);
    TrainState& state = checkpoint.state;
    state.machine = checkpoint.model.machine;
    state.update.velocity = state.machine.zeros_like();
    read_parameters(file, state.update.velocity, "velocity.");
    if (file.contains("second_moment.weights")) {
        state.update.second_moment = state.machine.zeros_like();
        read_parameters(file, state.update.second_moment, "second_moment.");
    }
    const std::size_t visible = state.machine.visible_count(), hidden = state.machine.hidden_count();
    state.update.visible_offset = vector_of(file, "visible.offset", visible);
    state.update.hidden_offset = vector_of(file, "hidden.offset", hidden);
    state.update.hidden_activity = vector_of(file, "hidden.activity", hidden);
    if (file.contains("chains.visible")) {
        const auto& shape = file.at("chains.visible").shape;
        const std::size_t chains = shape.empty() ? 0 : shape[0];
        state.chains.visible = matrix_of(file, "chains.visible", chains, visible);
        state.chains.hidden = matrix_of(file, "chains.hidden", chains, hidden);
    }
    for (auto [machine, prefix] : {std::pair(&state.update.average, "average."), {&state.chains.fast, "fast."}})
        if (file.contains(std::string(prefix) + "weights")) {
            *machine = state.machine.zeros_like();
            read_parameters(file, *machine, prefix);
        }
    if (file.contains("tempered.betas")) state.chains.tempered = ladders_of(file, visible, hidden);
    if (file.contains("trajectory.visible")) state.chains.trajectory = trajectory_of(file, path, state.machine);
    if (file.contains("train.best")) {
        file.at("train.best", {3});
        const std::vector<double> best = file.f64("train.best");
        checkpoint.best = BestEpoch{static_cast<std::uint64_t>(best[0]), best[1], best[2] != 0};
    }
    if (checkpoint.best && file.contains("train.best_interval")) {
        const std::vector<double> interval = numbers_of(file, "train.best_interval", 3);
        checkpoint.best->low = interval[0];
        checkpoint.best->high = interval[1];
        checkpoint.best->last_good = static_cast<std::uint64_t>(interval[2]);
    }
    file.at("train.position", {7});
    const std::vector<std::uint64_t> position = file.u64("train.position");
    state.seed = position[0];
    state.epoch = position[1];
    state.batch = position[2];
    state.update.updates = position[3];
    state.random = {position[4], position[5], position[6]};
    if (state.random.word > 4)
        throw DataError(
            fmt::format("{}: tensor train.position, element 6: found {}, expected at most 4", path, state.random.word));
    file.at("train.sums", {2});
    const std::vector<double> sums = file.f64("train.sums");
    state.gradient_norms = sums[0];
    state.steps_to_weights = sums[1];
    if (file.contains("train.losses")) state.losses = numbers_of(file, "train.losses", 1)[0];
    for (const auto& [name, tensor] : file.tensors)
        if (name.starts_with(kept_prefix))
            state.chains.kept[name.substr(kept_prefix.size())] = numbers_of(file, name, tensor.shape.at(0));
    if (file.contains("log_constant")) {
        const std::vector<double> constant = numbers_of(file, "log_constant", 4);
        state.chains.log_constant = constant[0];
        state.chains.log_constant_variance = constant[1];
        state.chains.log_noise_gap = constant[2];
        state.chains.log_noise_variance = constant[3];
    }
    for (const auto& [key, value] : file.metadata) {
        if (key.starts_with(option_prefix)) checkpoint.options[key.substr(option_prefix.size())] = value;
        if (key.starts_with(raw_option_prefix))
            checkpoint.options[key.substr(raw_option_prefix.size())] = from_hex(file, key, value);
    }
    return checkpoint;
}

}  // namespace rbm
