// SPDX-License-Identifier: MIT
// Every long call: it asks often, on its caller's thread only, ends with Cancelled soon after it was told to, and what
// it was given stays usable.  Time is the processor's, of the calling thread, so that a busy computer does not matter.
#include <doctest/doctest.h>
#include <time.h>

#include <cmath>
#include <functional>
#include <thread>

#include "rbm/check/self_check.h"
#include "rbm/data/identity_weights.h"
#include "rbm/estimate/attribution.h"
#include "rbm/estimate/incomplete.h"
#include "rbm/estimate/monitor.h"
#include "rbm/estimate/partition_floor.h"
#include "rbm/estimate/partition_ratio.h"
#include "rbm/estimate/spectrum.h"
#include "rbm/kernels/context.h"
#include "rbm/kernels/error.h"
#include "rbm/model/labels.h"
#include "rbm/sampler/clamped_gibbs.h"
#include "rbm/sampler/descent.h"
#include "rbm/sampler/gibbs_langevin.h"
#include "rbm/sampler/gibbs_with_gradients.h"
#include "rbm/sampler/simulated_annealing.h"
#include "rbm/trainer/exact_training.h"
#include "rbm/trainer/objectives/contrastive_divergence.h"
#include "rbm/trainer/objectives/discriminative.h"
#include "rbm/trainer/objectives/fast_persistent.h"
#include "rbm/trainer/objectives/noise_contrastive.h"
#include "rbm/trainer/objectives/pseudo_likelihood.h"
#include "rbm/trainer/objectives/score_matching.h"
#include "rbm/trainer/objectives/tempered_divergence.h"
#include "rbm/trainer/train.h"
#include "tests/support/small_machines.h"

using namespace rbm;

namespace control_test {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__OPTIMIZE__)
constexpr double slowness = 20;
#else
constexpr double slowness = 1;
#endif
constexpr double soon = 0.2 * slowness;

double processor_seconds() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

struct Trial {
    bool cancelled = false;
    bool own_thread = true;
    double longest = 0;  ///< seconds without being asked, the last being those until the call ended
};

/// Cancels a call when it has worked for `seconds`.
Trial cancel_after(double seconds, const std::function<void(const Control&)>& call) {
    Trial trial;
    const std::thread::id caller = std::this_thread::get_id();
    const double begin = processor_seconds();
    double last = begin;
    Control control;
    control.progress = [&](const ProgressReport& report) {
        if (std::this_thread::get_id() != caller) trial.own_thread = false;
        if (report.total != 0 && report.done > report.total) trial.own_thread = false;
    };
    control.cancelled = [&] {
        if (std::this_thread::get_id() != caller) trial.own_thread = false;
        const double now = processor_seconds();
        trial.longest = std::max(trial.longest, now - last);
        last = now;
        return now - begin > seconds;
    };
    try {
        call(control);
    } catch (const Cancelled& error) {
        trial.cancelled = error.code() == ErrorCode::cancelled;
    }
    trial.longest = std::max(trial.longest, processor_seconds() - last);
    return trial;
}

/// A call that would take far longer than this lets it.
void check(const std::string& name, const std::function<void(const Control&)>& call) {
    CAPTURE(name);
    for (const double seconds : {-1.0, 0.1 * slowness}) {
        CAPTURE(seconds);
        Trial trial = cancel_after(seconds, call);
        // Caches and page faults only add: the best of some trials tells what the call does.
        for (int again = 0; again < 4 && trial.cancelled && trial.longest >= soon; ++again)
            trial = cancel_after(seconds, call);
        CHECK(trial.cancelled);
        CHECK(trial.own_thread);
        CHECK(trial.longest < soon);
    }
}

Machine large_machine(const std::string& visible = "bernoulli", std::size_t hidden = 400) {
    return test::random_machine<float>(visible, 784, "bernoulli", hidden, 3, 0.1);
}

Dataset random_data(std::size_t rows, std::size_t columns, bool bits = true) {
    std::vector<float> values(rows * columns);
    for (std::size_t i = 0; i < values.size(); ++i) {
        const float x = normal_at({7, 0, 0}, i / columns, i % columns);
        values[i] = !bits ? x : x > 0 ? 1.0F : 0.0F;
    }
    return Dataset::from_floats(rows, columns, std::move(values));
}

bool only_bits(const Matrix& states) {
    for (const float value : states.values())
        if (value != 0 && value != 1) return false;
    return true;
}

bool only_finite(const Matrix& states) {
    for (const float value : states.values())
        if (!std::isfinite(value)) return false;
    return true;
}

}  // namespace

TEST_SUITE_BEGIN("control");

TEST_CASE("work tells its caller what is done, counts on other threads, and passes an inner part's steps on") {
    std::vector<ProgressReport> told;
    bool end = false;
    const Control control{[&](const ProgressReport& report) { told.push_back(report); }, [&] { return end; }};
    Work outer(control, "outer", 10, 2);
    outer.advance();
    {
        const Control part = outer.part(2);
        Work inner(part, "inner", 2);
        inner.advance();
        inner.advance();
    }
    std::thread([&] { outer.advance(); }).join();
    CHECK(told.size() == 3);
    outer.advance();
    REQUIRE(told.size() == 4);
    CHECK(told[0].phase == "outer");
    CHECK(told[0].done == 3);
    CHECK(told[1].phase == "inner");
    CHECK(told[1].done == 5);
    CHECK(told[2].done == 7);
    CHECK(told[2].total == 10);
    CHECK(told[3].done == 9);
    end = true;
    std::thread([&] { CHECK_FALSE(outer.cancelled()); }).join();  // it may not ask
    {
        const Control nothing;
        Work inner(nothing, "inner");
        CHECK_THROWS_AS(inner.ask(), Cancelled);
        const Uninterrupted whole;
        Work alone(nothing, "alone");
        alone.ask();
    }
    std::thread([&] { CHECK_THROWS_AS(outer.ask(), Cancelled); }).join();
    outer.advance();  // the last step: what is done is done
    CHECK(told.back().done == 10);
}

TEST_CASE("what a callback calls does not call back, and what it throws comes out") {
    std::size_t asked = 0;
    const Machine machine = test::random_machine<float>("bernoulli", 12, "bernoulli", 12, 1, 0.5);
    Control control;
    control.cancelled = [&] {
        ++asked;
        exact_log_partition(machine);
        return false;
    };
    const Machine larger = test::random_machine<float>("bernoulli", 14, "bernoulli", 14, 1, 0.5);
    exact_log_partition(larger, 1, control);
    CHECK(asked > 0);
    CHECK(asked < 1000);
    control.cancelled = []() -> bool { throw 7; };
    CHECK_THROWS_AS(exact_log_partition(larger, 1, control), int);
}

TEST_CASE("training: batches small and huge, long chains, every kind of objective") {
    const Dataset few = random_data(500, 784), many = random_data(1500, 784);
    TrainSettings settings;
    settings.epochs = 1000;
    const Machine machine = large_machine();
    const auto trained = [&](const auto& objective, const Dataset& data, std::size_t batch) {
        return [&, objective, batch](const Control& control) {
            TrainSettings own = settings;
            own.batch_size = batch;
            TrainState state = start_training(machine, data, own, objective.negative_rows(0), 1);
            train(state, objective, data, own, {}, {}, control);
        };
    };
    check("CD-1", trained(ContrastiveDivergence{1}, few, 100));
    check("CD-1000", trained(ContrastiveDivergence{1000}, few, 100));
    check("CD-1, one huge batch", trained(ContrastiveDivergence{1}, many, 1500));
    check("PCD-1000", trained(PersistentContrastiveDivergence{1000, 100}, few, 100));
    check("fast PCD-1000", trained(FastPersistentContrastiveDivergence{1000, 100}, few, 100));
    check("tempering", trained(TemperedDivergence{machine.visible, 50, 100, 20}, few, 100));
    check("pseudo-likelihood", trained(PseudoLikelihood{784}, few, 500));
    check("noise contrast", trained(NoiseContrastive{machine.visible, 10}, many, 100));
    check("discriminative", trained(Discriminative{10}, many, 1500));
}

TEST_CASE("a training run that is cancelled anywhere and goes on ends in the same bytes") {
    const Dataset data = random_data(40, 12);
    const Machine machine = test::random_machine<float>("bernoulli", 12, "bernoulli", 6, 3, 0.5);
    TrainSettings settings;
    settings.epochs = 3;
    settings.batch_size = 8;
    const auto check_all = [&](const std::string& name, const auto& objective) {
        CAPTURE(name);
        const auto begin = [&] { return start_training(machine, data, settings, objective.negative_rows(0), 1); };
        TrainState whole = begin();
        train(whole, objective, data, settings);
        for (std::size_t stop = 1; stop < 60; ++stop) {
            CAPTURE(stop);
            TrainState state = begin();
            std::size_t asked = 0;
            const Control control{{}, [&] { return ++asked == stop; }};
            try {
                train(state, objective, data, settings, {}, {}, control);
                CHECK(asked < stop);
            } catch (const Cancelled&) {
                CHECK(asked == stop);
            }
            train(state, objective, data, settings);
            REQUIRE(state.machine == whole.machine);
            REQUIRE(state.random == whole.random);
            REQUIRE(state.chains.visible == whole.chains.visible);
        }
    };
    check_all("CD", ContrastiveDivergence{3});
    check_all("PCD", PersistentContrastiveDivergence{3, 5});
    check_all("fast PCD", FastPersistentContrastiveDivergence{3, 5});
    check_all("tempering", TemperedDivergence{machine.visible, 4, 5, 3});
    check_all("noise contrast", NoiseContrastive{machine.visible, 3});
    check_all("pseudo-likelihood", PseudoLikelihood{2});
}

TEST_CASE("a machine trained in short has the parameters of its last finished batch") {
    const Dataset data = random_data(40, 12);
    const Machine start = test::random_machine<float>("bernoulli", 12, "bernoulli", 6, 3, 0.5);
    TrainSettings settings;
    settings.batch_size = 10;
    std::uint64_t done = 0;
    const Control control{[&](const ProgressReport& report) { done = report.done; }, [&] { return done == 2; }};
    Machine machine = start;
    Random random(1), same(1);
    CHECK_THROWS_AS(train(machine, ContrastiveDivergence{1}, data, settings, random, {}, control), Cancelled);
    TrainState state = start_training(start, data, settings, 0, same());
    const Control again{[&](const ProgressReport& report) { done = report.done; }, [&] { return done == 2; }};
    done = 0;
    CHECK_THROWS_AS(train(state, ContrastiveDivergence{1}, data, settings, {}, {}, again), Cancelled);
    CHECK(state.batch == 2);
    CHECK(machine == state.machine);
}

TEST_CASE("exact training, with restarts on all threads or all threads in one") {
    const Dataset data = random_data(3000, 16);
    for (const std::size_t hidden : {std::size_t{3}, std::size_t{14}})
        check("exact training", [&](const Control& control) {
            ExactSettings settings;
            settings.restarts = 10000;
            train_exactly(test::random_machine<float>("bernoulli", 16, "bernoulli", hidden, 1, 0.5), data, settings, 1,
                          {}, control);
        });
}

TEST_CASE("restarts are reported on the caller's thread, and one that throws ends the others") {
    const Dataset data = random_data(20, 8);
    const Machine machine = test::random_machine<float>("bernoulli", 8, "bernoulli", 3, 1, 0.5);
    const std::thread::id caller = std::this_thread::get_id();
    ExactSettings settings;
    settings.restarts = 20;
    std::size_t restarts = 0, steps = 0;
    bool own_thread = true;
    ExactObserver observer;
    observer.on_restart = [&](ExactRestart& restart) {
        own_thread = own_thread && std::this_thread::get_id() == caller;
        CHECK(restart.number == restarts++);
    };
    observer.on_step = [&](std::size_t, const ExactStep&) {
        own_thread = own_thread && std::this_thread::get_id() == caller;
        ++steps;
    };
    const ContextScope scope({nullptr, 4});
    exact_restarts(machine, data, {}, settings, 1, 0, observer);
    CHECK(restarts == 20);
    CHECK(steps > 100);
    CHECK(own_thread);
    observer.on_restart = [](ExactRestart&) { throw 7; };
    CHECK_THROWS_AS(exact_restarts(machine, data, {}, settings, 1, 0, observer), int);
}

TEST_CASE("estimates of log Z, with few chains and with thousands; the machine is untouched") {
    const Machine machine = large_machine();
    const Machine copy = machine;
    const Bridge bridge(machine, machine.visible);
    Random random(1);
    for (const std::size_t chains : {std::size_t{50}, std::size_t{6000}}) {
        CAPTURE(chains);
        const AisSettings ais{chains, 100000, BetaSpacing::adaptive};
        check("pilot", [&](const Control& control) { spaced_betas(bridge, ais, random, control); });
        const auto betas = linear_betas(10000);
        check("forward",
              [&](const Control& control) { annealed_log_partition(bridge, betas, chains, random, nullptr, control); });
        const Matrix samples(chains, 784);
        check("reverse",
              [&](const Control& control) { reverse_log_partition(bridge, betas, samples, random, nullptr, control); });
    }
    const TemperingSettings tempering{10, 100000, 100, 0.4};
    check("tempering",
          [&](const Control& control) { tempering_log_partition(bridge, tempering, random, 10, control); });
    check("ladder", [&](const Control& control) { start_tempering(bridge, 50, {.sweeps = 1000}, random, control); });
    check("sandwich", [&](const Control& control) {
        sandwich_log_partition(bridge, {{100, 100000, BetaSpacing::linear}, tempering, true}, {}, random, control);
    });
    const Machine other = large_machine("bernoulli", 300);
    PartitionRatioSettings ratio;
    ratio.betas = 100000;
    ratio.tempering.steps = 100;
    ratio.tempering.settling = 10;
    check("ratio", [&](const Control& control) {
        partition_ratio(machine, machine.visible, other, other.visible, ratio, random, control);
    });
    const auto betas = linear_betas(10000);
    check("one way of a ratio", [&](const Control& control) {
        annealed_ratio(machine, other, Matrix(2000, 784), betas, random, nullptr, control);
    });
    CHECK(machine == copy);
}

TEST_CASE("sums over states and marginals") {
    const Machine machine = test::random_machine<float>("bernoulli", 300, "bernoulli", 24, 3, 0.2);
    check("exact log Z", [&](const Control& control) { exact_log_partition(machine, 1, control); });
    const PreciseMachine exact = precise(machine);
    const StateSum sum(exact, Side::hidden);
    PreciseMachine gradient = exact.zeros_like();
    check("its gradient", [&](const Control& control) { sum.add_gradient(gradient, control); });
    std::vector<float> row(300, 1.0F);
    row[0] = std::nanf("");
    for (std::size_t i = 0; i < 30; ++i) row[i] = std::nanf("");
    Random random(1);
    check("exact marginal",
          [&](const Control& control) { marginal_free_energy(machine, exact, row, {}, random, control); });
    const Machine large = large_machine();
    const PreciseMachine precise_large = precise(large);
    const std::vector<float> unknown(784, std::nanf(""));
    check("estimated marginal", [&](const Control& control) {
        marginal_free_energy(large, precise_large, unknown, {.betas = 100000}, random, control);
    });
}

TEST_CASE("scores of many rows") {
    const Machine machine = large_machine();
    const Dataset data = random_data(60000, 784);
    const auto often = [](const auto& call) {
        return [&call](const Control& control) {
            for (int i = 0; i < 1000; ++i) call(control);
        };
    };
    check("free energies", often([&](const Control& control) { free_energies(machine, data, {}, 1, control); }));
    check("gap", often([&](const Control& control) { free_energy_gap(machine, data, data, control); }));
    check("reconstruction", often([&](const Control& control) { reconstruction_error(machine, data, {}, control); }));
    check("pseudo-likelihood",
          often([&](const Control& control) { pseudo_likelihood(machine, data, Random(1), control); }));
    check("exact pseudo-likelihood",
          [&](const Control& control) { exact_pseudo_likelihood(machine, data, {}, control); });
    const std::vector<double> free_energy(data.rows());
    check("floor of log Z",
          often([&](const Control& control) { partition_floor(machine.visible, data, {}, free_energy, control); }));
    check("label error", often([&](const Control& control) { label_error(machine, data, 10, {}, control); }));
    const Dataset sequences = random_data(20000, 100);
    check("sequence weights", [&](const Control& control) { identity_weights(sequences, 0.8, control); });
    Matrix rows(1000, 784), result(1000, 784);
    data.fill(0, {}, rows);
    check("attribution", often([&](const Control& control) { attribution(machine, rows, result, control); }));
    check("labels", often([&](const Control& control) { label_posterior(machine, ConstView(rows), 10, control); }));
    check("filters", often([&](const Control& control) { inspect_filters(rows, control); }));
}

TEST_CASE("samplers: chains are valid states after they were cancelled, and go on") {
    constexpr std::size_t forever = 10'000'000;
    for (const std::size_t count : {std::size_t{20}, std::size_t{5000}}) {
        CAPTURE(count);
        const Machine machine = large_machine();
        Random random(1);
        Chains chains = Chains::from_noise(machine, count, random);
        const auto check_sampler = [&](const std::string& name, const auto& sampler) {
            check(name, [&](const Control& control) { sampler.step(machine, chains, random, control); });
            CHECK(only_bits(chains.visible));
            CHECK(only_bits(chains.hidden));
        };
        check_sampler("Gibbs", BlockGibbs{forever});
        check_sampler("Metropolis", Metropolis{.steps = forever});
        check_sampler("annealing", SimulatedAnnealing{.steps = forever});
        check_sampler("Gibbs with gradients", GibbsWithGradients{forever});
        Matrix known(1, 784), values(count, 784);
        for (std::size_t i = 0; i < 400; ++i) known(0, i) = 1;
        const Clamp clamp{known, values};
        clamp.restore(chains.visible.view());
        check("clamped Gibbs",
              [&](const Control& control) { ClampedGibbs{forever}.step(machine, clamp, chains, random, control); });
        CHECK(only_bits(chains.visible));
        const Matrix before = chains.visible;
        clamp.restore(chains.visible.view());
        CHECK(chains.visible == before);
    }
    const Machine gaussian = large_machine("gaussian");
    Random random(1);
    Chains chains = Chains::from_noise(gaussian, 2000, random);
    const auto check_sampler = [&](const std::string& name, const auto& sampler) {
        check(name, [&](const Control& control) { sampler.step(gaussian, chains, random, control); });
        CHECK(only_finite(chains.visible));
    };
    check_sampler("Langevin", Langevin{forever, 0.1, true});
    check_sampler("unadjusted Langevin", Langevin{forever, 0.01, false});
    check_sampler("Gibbs-Langevin", GibbsLangevin{forever, 10, 0.1, true});
    check("descent", [&](const Control& control) {
        Descent{.steps = forever, .tolerance = 0}.descend(gaussian, chains, control);
    });
    CHECK(only_finite(chains.visible));
}

TEST_CASE("tempered chains are whole sweeps further on") {
    const Machine machine = test::random_machine<float>("bernoulli", 12, "bernoulli", 6, 3, 0.5);
    const Bridge bridge(machine, machine.visible);
    Random random(1), same(1);
    TemperedChains chains = TemperedChains::start(bridge, linear_betas(5), 4, random);
    TemperedChains others = TemperedChains::start(bridge, linear_betas(5), 4, same);
    std::uint64_t done = 0;
    const Control control{[&](const ProgressReport& report) { done = report.done; }, [&] { return done == 7; }};
    CHECK_THROWS_AS(Tempering{.steps = 100}.step(bridge, chains, random, control), Cancelled);
    Tempering{.steps = 7}.step(bridge, others, same);
    CHECK(chains == others);
    Tempering{.steps = 3}.step(bridge, chains, random);
    Tempering{.steps = 3}.step(bridge, others, same);
    CHECK(chains == others);
}

TEST_CASE("a user's energy that knows nothing of kernels") {
    struct Slow {
        void energy(ConstView state, std::span<double> out) const {
            for (std::size_t b = 0; b < state.rows; ++b) {
                out[b] = 0;
                for (std::size_t i = 0; i < 100; ++i)
                    for (const float x : state.row(b)) out[b] += std::sin(static_cast<double>(x) + out[b]);
            }
        }
        std::vector<float> alphabet() const { return {0, 1, 2}; }
    };
    Chains chains = Chains::from_states(Matrix(10, 2000));
    Random random(1);
    check("Metropolis",
          [&](const Control& control) { Metropolis{.steps = 1000}.step(Slow{}, chains, random, control); });
    check("descent", [&](const Control& control) { Descent{}.descend(Slow{}, chains, control); });
}

TEST_CASE("the proofs of a model") {
    const Machine machine = large_machine();
    check("self_check", [&](const Control& control) {
        for (int i = 0; i < 100; ++i) self_check(machine, 1, {}, control);
    });
    const Dataset data = random_data(10000, 784);
    check("self_check_data", [&](const Control& control) {
        for (int i = 0; i < 1000; ++i) self_check_data(machine, data, {}, {}, control);
    });
}

TEST_SUITE_END();

}  // namespace control_test
