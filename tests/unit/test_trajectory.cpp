// SPDX-License-Identifier: MIT
// Trajectory tempering: states at every machine against exact distributions, log Z against enumeration, updates that go
// too far, and the ladder's file.
#include <doctest/doctest.h>

#include <cmath>
#include <numeric>

#include "rbm/estimate/exact.h"
#include "rbm/estimate/trajectory_partition.h"
#include "rbm/io/ladder_file.h"
#include "rbm/io/model_file.h"
#include "rbm/kernels/error.h"
#include "rbm/method/proofs.h"
#include "rbm/trainer/objectives/trajectory_divergence.h"
#include "rbm/trainer/train.h"
#include "tests/support/small_machines.h"
#include "tests/support/statistics.h"
#include "tests/support/temporary_file.h"

using namespace rbm;
using namespace rbm::test;

namespace trajectory_test {
namespace {

/// Rows of two opposite patterns with some noise: what a small machine learns within a few hundred updates.
Dataset two_patterns(const Machine& machine, std::size_t rows) {
    Random random(3);
    Matrix states(rows, machine.visible_count());
    if (is_discrete(machine.visible)) {
        const Matrix letters = site_states(machine.visible);
        const std::size_t width = letters.cols(), sites = states.cols() / width;
        for (std::size_t r = 0; r < rows; ++r)
            for (std::size_t s = 0; s < sites; ++s) {
                const std::size_t kept = (r + s) % 2, letter = random() % 8 == 0 ? 1 - kept : kept;
                std::copy_n(letters.row(letter).begin(), width,
                            states.row(r).begin() + static_cast<std::ptrdiff_t>(s * width));
            }
    } else {
        for (std::size_t r = 0; r < rows; ++r)
            for (float& value : states.row(r))
                value = (r % 2 == 0 ? 1.5F : -1.5F) + 0.5F * static_cast<float>(random() % 5) - 1;
    }
    return Dataset::from_floats(rows, states.cols(), {states.values().begin(), states.values().end()})
        .prepared(Preparation{}, state_form(machine.visible));
}

struct Trained {
    TrainState state;
    TrajectoryDivergence objective;
};

Trained trained(const std::string& visible, const std::string& hidden, std::size_t epochs, float rate,
                double swap_rate = 0.3) {
    Machine machine = random_machine<float>(visible, 5, hidden, 4, 7, 0.0);
    const Dataset data = two_patterns(machine, 200);
    Random random(5);
    initialize(machine, data, random);
    Trained result{{}, {.steps = 2, .chains = 150, .interval = 1, .swap_rate = swap_rate}};
    TrainSettings settings;
    settings.epochs = epochs;
    settings.batch_size = 20;
    settings.learning_rate = rate;
    result.state = start_training(machine, data, settings, result.objective.chains, 11);
    train(result.state, result.objective, data, settings);
    return result;
}

}  // namespace

TEST_SUITE_BEGIN("trajectory");

TEST_CASE("log Z of a machine without weights is exact") {
    for (const auto& pair : unit_pairs) {
        const auto &visible = pair.first, &hidden = pair.second;
        CAPTURE(visible);
        CAPTURE(hidden);
        Machine machine = random_machine<float>(visible, 4, hidden, 3, 5);
        machine.weights.fill(0);
        CHECK(log_partition_without_weights(machine) == doctest::Approx(exact_log_partition(machine)).epsilon(1e-6));
    }
}

TEST_CASE("a swap is judged by the free energies of both states at both machines") {
    const Machine low = random_machine<float>("bernoulli", 5, "bernoulli", 3, 1);
    const Machine high = random_machine<float>("bernoulli", 5, "bernoulli", 3, 2);
    Random random(4);
    Matrix first = Chains::from_noise(low, 400, random).visible, second = Chains::from_noise(high, 400, random).visible;
    const Matrix before = first, before_second = second;
    Workspace one, other;
    StateSwaps swaps;
    swap_states(low, first.view(), one, high, second.view(), other, random, swaps);
    const auto low_first = low.free_energy(before), high_first = high.free_energy(before);
    const auto low_second = low.free_energy(before_second), high_second = high.free_energy(before_second);
    double rate = 0;
    std::size_t taken = 0;
    for (std::size_t c = 0; c < 400; ++c) {
        CHECK(swaps.up[c] == doctest::Approx(low_first[c] - high_first[c]));
        CHECK(swaps.down[c] == doctest::Approx(high_second[c] - low_second[c]));
        rate += std::min(1.0, std::exp(swaps.up[c] + swaps.down[c])) / 400;
        taken += swaps.taken[c];
        CHECK(std::ranges::equal(first.row(c), (swaps.taken[c] != 0 ? before_second : before).row(c)));
        CHECK(std::ranges::equal(second.row(c), (swaps.taken[c] != 0 ? before : before_second).row(c)));
    }
    CHECK(swaps.rate == doctest::Approx(rate));
    CHECK(std::abs(static_cast<double>(taken) / 400 - rate) < 5 * std::sqrt(rate * (1 - rate) / 400));
}

TEST_CASE("at each machine of a ladder states follow that machine") {
    Machine top = random_machine<float>("bernoulli", 5, "bernoulli", 3, 9, 1.5);
    MachineLadder ladder = scaled_ladder(top);
    ladder.push_back(std::make_shared<const Machine>(top));
    Random random(1);
    constexpr std::size_t count = 2000;
    TrajectoryChains chains = TrajectoryChains::start(ladder, count, 2, random);
    std::vector<std::vector<double>> counts(ladder.size(), std::vector<double>(32));
    TrajectoryTempering{.steps = 30}.step(ladder, chains, random);
    for (int draw = 0; draw < 10; ++draw) {
        TrajectoryTempering{.steps = 10}.step(ladder, chains, random);
        for (std::size_t k = 0; k < ladder.size(); ++k)
            for (std::size_t c = 0; c < count; ++c) {
                std::size_t number = 0;
                for (std::size_t i = 0; i < 5; ++i) number |= static_cast<std::size_t>(chains.visible[k](c, i)) << i;
                ++counts[k][number];
            }
    }
    for (std::size_t k = 0; k < ladder.size(); ++k) {
        CAPTURE(k);
        CHECK(chi_square_p(counts[k], exact_probabilities(*ladder[k])) > 1e-4);
    }
    CHECK(chi_square_p(counts[1], exact_probabilities(top)) < 1e-6);  // the test above can fail
    CHECK(chains.round_trips > 0);
    CHECK(chains.swap_rates[0] > 0.1);
}

TEST_CASE("training knows log Z within its error, for every pair of units") {
    for (const auto& pair : unit_pairs) {
        const auto &visible = pair.first, &hidden = pair.second;
        CAPTURE(visible);
        CAPTURE(hidden);
        const bool reals = visible == "gaussian" || hidden == "gaussian";
        const Trained run = trained(visible, hidden, 30, reals ? 0.01F : 0.1F);
        const PartitionEstimate found =
            log_partition_along(run.state.chains.trajectory, run.state.machine, run.state.chains.visible);
        const double exact = exact_log_partition(run.state.machine);
        CHECK(found.standard_error < 0.2);
        CHECK(std::abs(found.value - exact) < 4 * found.standard_error);
        CHECK(run.state.chains.trajectory.updates.size() == run.state.chains.trajectory.machines.size());
    }
}

TEST_CASE("a machine that learns is frozen again and again, and neighbours swap as often as wanted") {
    const Trained run = trained("bernoulli", "bernoulli", 150, 0.2F, 0.7);
    const Trajectory& ladder = run.state.chains.trajectory;
    CHECK(ladder.machines.size() >= 3);
    CHECK(ladder.calls == 1500);
    CHECK(ladder.pairs.size() + 1 == ladder.machines.size());
    for (const float weight : ladder.machines[0]->weights.values()) CHECK(weight == 0);
    MachineLadder machines = ladder.machines;
    Random random(8);
    TrajectoryChains chains = TrajectoryChains::start(machines, 500, 20, random);
    TrajectoryTempering{.steps = 40}.step(machines, chains, random);
    for (const double rate : chains.swap_rates) {
        CHECK(rate > 0.5);
        CHECK(rate < 0.9);
    }
    machines.push_back(std::make_shared<const Machine>(run.state.machine));
    const TemperingPartition again =
        trajectory_log_partition(machines, {.ladders = 50, .steps = 400, .settling = 50}, random);
    const double exact = exact_log_partition(run.state.machine);
    CHECK(again.estimate.standard_error < 0.05);
    CHECK(std::abs(again.estimate.value - exact) < 4 * again.estimate.standard_error);
}

TEST_CASE("updates that go too far are taken back, and the next are half as long") {
    const Machine machine = random_machine<float>("bernoulli", 60, "bernoulli", 4, 3, 0.05);
    Machine far = machine;
    for (float& weight : far.weights.values()) weight *= 400;
    const TrajectoryDivergence objective{.chains = 50, .interval = 4};
    NegativePhase phase;
    Random random(2);
    static_cast<Chains&>(phase) = Chains::from_noise(machine, 50, random);
    GradientWorkspace workspace;
    Machine gradient = machine.zeros_like();
    const auto call = [&](const Machine& present) {
        workspace.resize(present, 10, 50);
        workspace.visible.fill(0);
        std::fill(workspace.row_weights.begin(), workspace.row_weights.end(), 0.1F);
        workspace.go_back_to = nullptr;
        objective.add_gradient(present, 10, phase, random, workspace, gradient);
    };
    call(machine);
    CHECK(workspace.go_back_to == nullptr);
    CHECK(phase.trajectory.learning_rate_factor == 1);
    for (int i = 0; i < 3; ++i) {  // chains that move at it show that it is far
        call(far);
        CHECK(workspace.go_back_to == nullptr);
    }
    call(far);
    REQUIRE(workspace.go_back_to != nullptr);
    CHECK(*workspace.go_back_to == machine);
    CHECK(phase.trajectory.learning_rate_factor == 0.5);
    CHECK(phase.trajectory.machines.size() == 1);
    for (int i = 0; i < 20; ++i) {
        call(machine);
        CHECK(workspace.go_back_to == nullptr);
    }
    CHECK(workspace.learning_rate_factor > 0.5);  // it recovers
    CHECK(workspace.learning_rate_factor < 0.6);
}

TEST_CASE("where chains lag behind a machine that learns too fast, the estimate says so") {
    for (const float rate : {1.0F, 5.0F, 20.0F}) {
        CAPTURE(rate);
        const Trained run = trained("bernoulli", "bernoulli", 20, rate);
        const PartitionEstimate found =
            log_partition_along(run.state.chains.trajectory, run.state.machine, run.state.chains.visible);
        const double exact = exact_log_partition(run.state.machine);
        CAPTURE(found.value);
        CAPTURE(exact);
        CAPTURE(found.spread);
        CHECK((found.spread > largest_spread || (found.low - 1 < exact && exact < found.high + 1)));
    }
}

TEST_CASE("the ladder's file gives back its machines, and others are refused") {
    const Machine machine = random_machine<float>("potts", 3, "spin", 4, 6);
    const MachineLadder machines = scaled_ladder(machine);
    const TemporaryFile file("ladder");
    save_ladder(file.path(), {machines, {0, 17}});
    const LadderFile back = load_ladder(file.path(), machine);
    REQUIRE(back.machines.size() == 2);
    CHECK(*back.machines[0] == *machines[0]);
    CHECK(*back.machines[1] == *machines[1]);
    CHECK(back.updates == std::vector<std::uint64_t>{0, 17});
    CHECK_THROWS_AS((void)load_ladder(file.path(), random_machine<float>("potts", 4, "spin", 4, 6)), DataError);
    save_ladder(file.path(), {{machines[1], machines[0]}, {0, 17}});
    CHECK_THROWS_AS((void)load_ladder(file.path(), machine), DataError);  // begins with weights
    save_ladder(file.path(), {machines, {17, 0}});
    CHECK_THROWS_AS((void)load_ladder(file.path(), machine), DataError);
    Model model;
    model.machine = machine;
    save_model(file.path(), model, IfExists::replace);
    CHECK_THROWS_AS((void)load_ladder(file.path(), machine), DataError);
    CHECK_THROWS_AS((void)load_ladder(file.path() + ".not-there", machine), FileError);
}

TEST_CASE("ladders that are none are refused") {
    const Machine machine = random_machine<float>("bernoulli", 3, "bernoulli", 2, 6);
    MachineLadder ladder = scaled_ladder(machine);
    Random random(1);
    CHECK_THROWS_AS(TrajectoryChains::start({ladder[0]}, 4, 1, random), InvalidArgument);
    CHECK_THROWS_AS(TrajectoryChains::start({ladder[1], ladder[0]}, 4, 1, random), InvalidArgument);
    CHECK_THROWS_AS(TrajectoryChains::start(ladder, 0, 1, random), InvalidArgument);
    ladder.push_back(std::make_shared<const Machine>(random_machine<float>("bernoulli", 4, "bernoulli", 2, 6)));
    CHECK_THROWS_AS(TrajectoryChains::start(ladder, 4, 1, random), InvalidArgument);
    CHECK_THROWS_AS((void)trajectory_log_partition(scaled_ladder(machine), {.steps = 4}, random), InvalidArgument);
    CHECK_THROWS_AS((void)log_partition_along({}, machine, Matrix(1, 3)), InvalidArgument);
}

TEST_SUITE_END();

}  // namespace trajectory_test
