// SPDX-License-Identifier: MIT
// Steps of training and sampling take no memory from the system once they are under way: every operator new counts.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <new>

#include "rbm/rbm.h"

namespace {
std::atomic<std::size_t> allocations{0};

void* counted(std::size_t size, std::size_t alignment) {
    ++allocations;
    if (void* memory = std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment)) return memory;
    throw std::bad_alloc();
}
}  // namespace

void* operator new(std::size_t size) { return counted(size, alignof(std::max_align_t)); }
void* operator new(std::size_t size, std::align_val_t alignment) {
    return counted(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace {

using namespace rbm;

int failures = 0;

void expect_none(const char* name, std::size_t found) {
    std::printf("%-40s %zu allocations\n", name, found);
    if (found != 0) ++failures;
}

Dataset data_for(const char* units) {
    constexpr std::size_t rows = 1000, cols = 50;
    std::vector<float> values(rows * cols);
    for (std::size_t i = 0; i < values.size(); ++i) {
        values[i] = normal_at({3, 0, 0}, i / cols, i % cols);
        if (std::string_view(units) == "bernoulli") values[i] = values[i] > 1 ? 1.0F : 0.0F;
    }
    return Dataset::from_floats(rows, cols, std::move(values));
}

/// Allocations between the first batch and the last of the second epoch: an epoch itself may allocate its order.
template <Objective O>
void check_training(const char* name, const char* units, const O& objective, TrainSettings settings) {
    settings.epochs = 2;
    settings.batch_size = 100;
    const Dataset data = data_for(units);
    Machine machine(make_units<float>(units, data.cols()), Bernoulli(30));
    Random random(1);
    initialize(machine, data, random);
    TrainState state = start_training(machine, data, settings, objective.negative_rows(0), 1);
    std::size_t first = 0, last = 0;
    const Control control{
        [&](const ProgressReport& report) { (2 * report.done == report.total + 2 ? first : last) = allocations; }, {}};
    train(state, objective, data, settings, {}, {}, control);
    expect_none(name, last - first);
}

void check_steps(const char* name, const std::function<void()>& step) {
    for (int warm_up = 0; warm_up < 3; ++warm_up) step();
    const std::size_t before = allocations;
    for (int repeat = 0; repeat < 5; ++repeat) step();
    expect_none(name, allocations - before);
}

}  // namespace

int main() {
    set_threads(1);  // so that no thread meets its first piece of work after the others
    const ContrastiveDivergence cd{2};
    const PersistentContrastiveDivergence pcd{1, 100};
    check_training("CD-2", "bernoulli", cd, {});
    check_training("PCD-1", "bernoulli", pcd, {});
    TrainSettings averaged;
    averaged.averaging = 0.1F;
    check_training("PCD-1, averaged", "bernoulli", pcd, averaged);
    for (const char* units : {"bernoulli", "gaussian"}) {
        check_training("fast PCD-2", units, FastPersistentContrastiveDivergence{2, 100}, {});
        const Units base = make_units<float>(units, 50);
        check_training("tempering", units, TemperedDivergence{base, 60, 10, 3}, {});
    }
    TrainSettings full;
    full.momentum = 0.5F;
    full.weight_decay = full.weight_decay_l1 = 1e-4F;
    full.sparsity_target = full.sparsity_cost = 0.1F;
    full.gradient_norm_limit = 1;
    check_training("PCD-1 with everything", "bernoulli", pcd, full);
    full.optimizer = Optimizer::adam;
    check_training("PCD-1 by Adam", "bernoulli", pcd, full);
    check_training("CD-2, Gaussian", "gaussian", cd, {});
    check_training("PCD-1, Gaussian", "gaussian", pcd, {});

    for (const char* units : {"bernoulli", "gaussian"})
        for (const std::size_t count : {10U, 300U}) {
            Machine machine(make_units<float>(units, 50), Bernoulli(30));
            Random random(1);
            initialize(machine, data_for(units), random);
            Chains chains = Chains::from_noise(machine, count, random);
            check_steps("block Gibbs", [&] { BlockGibbs{2}.step(machine, chains, random); });
            if (std::string_view(units) == "gaussian") {
                check_steps("Langevin", [&] { Langevin{2}.step(machine, chains, random); });
                check_steps("Gibbs-Langevin", [&] { GibbsLangevin{2}.step(machine, chains, random); });
                check_steps("Metropolis", [&] { Metropolis{2}.step(machine, chains, random); });
            }
            const Matrix known(1, 50), values = chains.visible;
            const Clamp clamp{known, values};
            check_steps("clamped Gibbs", [&] { ClampedGibbs{2}.step(machine, clamp, chains, random); });
            Workspace workspace;
            std::vector<double> scores(count);
            check_steps("free energies", [&] { machine.free_energy(chains.visible, {}, workspace, scores); });
            const Bridge bridge(machine, machine.visible);
            TemperedChains tempered = TemperedChains::start(bridge, linear_betas(5), count / 5, random);
            check_steps("parallel tempering", [&] { Tempering{2}.step(bridge, tempered, random); });
            Annealing annealing(bridge, count);
            bridge.sample_base(random.next(), annealing.visible);
            std::size_t first = 0, last = 0;
            const Control control{
                [&](const ProgressReport& report) { (report.done <= 2 ? first : last) = allocations; }, {}};
            annealing.run(linear_betas(20), random, control);
            expect_none("annealing", last - first);
        }

    for (const char* units : {"bernoulli", "gaussian"}) {
        Machine machine(make_units<float>(units, 50), Bernoulli(30));
        Random random(1);
        initialize(machine, data_for(units), random);
        const Bridge bridge(machine, machine.visible);
        TemperedChains tempered = TemperedChains::start(bridge, linear_betas(5), 20, random);
        check_steps("tempering", [&] { Tempering{2}.step(bridge, tempered, random); });
        Annealing annealing(bridge, 100);
        bridge.sample_base(random.next(), annealing.visible);
        const auto path = linear_betas(20);
        std::size_t first = 0, last = 0;
        const Control control{[&](const ProgressReport& report) { (report.done == 1 ? first : last) = allocations; },
                              {}};
        annealing.run(path, random, control);
        expect_none("annealing", last - first);
    }
    return failures == 0 ? 0 : 1;
}
