// SPDX-License-Identifier: MIT
// Backend and threads by scope, and callers that work at once in contexts of their own.
#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <thread>

#include "rbm/kernels/backend.h"
#include "rbm/kernels/context.h"
#include "rbm/kernels/threads.h"
#include "rbm/sampler/block_gibbs.h"
#include "rbm/trainer/objectives/contrastive_divergence.h"
#include "rbm/trainer/train.h"
#include "tests/support/small_machines.h"

using namespace rbm;
using rbm::test::random_machine;
using rbm::test::random_states;

namespace {

using Bytes = std::vector<std::byte>;

template <class T>
void append(Bytes& bytes, std::span<const T> values) {
    const auto raw = std::as_bytes(values);
    bytes.insert(bytes.end(), raw.begin(), raw.end());
}

Bytes bytes_of_machine(const Machine& machine) {
    Bytes bytes;
    machine.each_parameter([&](std::string_view, std::span<const float> values) { append(bytes, values); });
    return bytes;
}

template <class Objective>
Bytes trained(Machine machine, const Objective& objective, const TrainSettings& settings, std::uint64_t seed) {
    const Matrix states = random_states(machine.visible, 150, seed);
    const Dataset data =
        Dataset::from_floats(states.rows(), states.cols(), {states.values().begin(), states.values().end()});
    Random random(seed);
    initialize(machine, data, random);
    train(machine, objective, data, settings, random);
    return bytes_of_machine(machine);
}

TrainSettings context_settings(std::size_t batch_size, float momentum) {
    TrainSettings settings;
    settings.epochs = 4;
    settings.batch_size = batch_size;
    settings.learning_rate = 0.01F;
    settings.momentum = momentum;
    return settings;
}

/// What one caller does, and in which context.
struct Caller {
    Context context;
    std::function<Bytes()> work;
    Bytes run() const {
        const ContextScope scope(context);
        return work();
    }
};

/// Different unit kinds, methods, settings, numbers of threads and backends.
std::vector<Caller> different_callers() {
    return {
        {{&openblas_backend(), 2},
         [] {
             return trained(random_machine<float>("bernoulli", 130, "bernoulli", 70, 1, 0.1), ContrastiveDivergence{2},
                            context_settings(50, 0.5F), 2);
         }},
        {{&openblas_backend(), 3},
         [] {
             return trained(random_machine<float>("gaussian", 90, "spin", 110, 3, 0.1),
                            PersistentContrastiveDivergence{1, 70}, context_settings(40, 0), 4);
         }},
        {{&reference_backend(), 2},
         [] {
             return trained(random_machine<float>("potts", 12, "bernoulli", 20, 5, 0.1), ContrastiveDivergence{1},
                            context_settings(30, 0.9F), 6);
         }},
        {{nullptr, 2},
         [] {
             // Few rows: products by weights that are not packed, which are OpenBLAS's.
             const auto machine = random_machine<float>("bernoulli", 300, "bernoulli", 200, 7, 0.1);
             Random random(8);
             Chains chains = Chains::from_noise(machine, 9, random);
             for (int step = 0; step < 20; ++step) BlockGibbs{1}.step(machine, chains, random);
             Bytes bytes;
             append(bytes, std::span<const float>(chains.visible.values()));
             return bytes;
         }},
    };
}

}  // namespace

TEST_SUITE_BEGIN("context");

TEST_CASE("a scope is for its thread and until its end, and what it leaves out is as around it") {
    const Backend& usual = backend();
    const std::size_t many = threads();
    const Backend& other = &usual == &openblas_backend() ? reference_backend() : openblas_backend();
    {
        const ContextScope outer({.threads = many + 2});
        CHECK(threads() == many + 2);
        CHECK(&backend() == &usual);
        {
            const ContextScope inner({.backend = &other});
            CHECK(threads() == many + 2);
            CHECK(context().backend == &other);
            CHECK(context().threads == many + 2);
            const ContextScope whole({&usual, 1});
            CHECK(&backend() == &usual);
            CHECK(threads() == 1);
        }
        CHECK(&backend() == &usual);
        CHECK(threads() == many + 2);
        std::thread([&] {
            CHECK(threads() == many);
            CHECK(&backend() == &usual);
        }).join();
    }
    CHECK(threads() == many);
    CHECK(&backend() == &usual);
}

TEST_CASE("the process default is what scopes leave out, also when it changes within one") {
    const Backend& usual = backend();
    const std::size_t many = threads();
    const Backend& other = &usual == &openblas_backend() ? reference_backend() : openblas_backend();
    {
        const ContextScope scope({.threads = 7});
        set_threads(5);
        use_backend(other.name());
        CHECK(threads() == 7);
        CHECK(&backend() == &other);
    }
    CHECK(threads() == 5);
    set_threads(many);
    use_backend(usual.name());
    CHECK(&backend() == &usual);
}

TEST_CASE("what a loop does on other threads is in its caller's context") {
    const Backend& usual = backend();
    const Backend& other = &usual == &openblas_backend() ? reference_backend() : openblas_backend();
    std::atomic<int> wrong = 0;
    const auto look = [&](const Backend& expected_backend, std::size_t expected_threads) {
        parallel_for(16, [&](std::size_t) {
            wrong += &backend() != &expected_backend || threads() != expected_threads;
            std::this_thread::yield();
        });
    };
    for (int repeat = 0; repeat < 50; ++repeat) {
        {
            const ContextScope scope({&other, 3});
            look(other, 3);
        }
        const ContextScope scope({&usual, 2});
        look(usual, 2);
    }
    CHECK(wrong == 0);
}

TEST_CASE("callers at once get the bytes that each gets alone") {
    const std::vector<Caller> callers = different_callers();
    std::vector<Bytes> alone;
    for (const Caller& caller : callers) alone.push_back(caller.run());
    for (int repeat = 0; repeat < 3; ++repeat) {
        std::vector<Bytes> found(callers.size());
        std::vector<std::thread> running;
        for (std::size_t i = 0; i < callers.size(); ++i) running.emplace_back([&, i] { found[i] = callers[i].run(); });
        for (std::thread& thread : running) thread.join();
        for (std::size_t i = 0; i < callers.size(); ++i) {
            CAPTURE(i);
            CHECK(!alone[i].empty());
            CHECK(found[i] == alone[i]);
        }
    }
}

TEST_SUITE_END();
