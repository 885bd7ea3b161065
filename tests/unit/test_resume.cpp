// SPDX-License-Identifier: MIT
// A run that stops at any batch, goes through a checkpoint file and goes on ends in the bytes of one that did not stop.
#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <filesystem>

#include "rbm/data/one_hot.h"
#include "rbm/data/standardisation.h"
#include "rbm/io/checkpoint_file.h"
#include "rbm/kernels/context.h"
#include "rbm/kernels/threads.h"
#include "rbm/trainer/objectives/contrastive_divergence.h"
#include "rbm/trainer/objectives/fast_persistent.h"
#include "rbm/trainer/objectives/noise_contrastive.h"
#include "rbm/trainer/objectives/pseudo_likelihood.h"
#include "rbm/trainer/objectives/score_matching.h"
#include "rbm/trainer/objectives/tempered_divergence.h"
#include "rbm/trainer/train.h"
#include "tests/support/temporary_file.h"

using namespace rbm;
using rbm::test::TemporaryFile;

namespace resume_test {
namespace {

Dataset grey_pixels(std::size_t rows, std::size_t cols) {
    std::vector<std::uint8_t> bytes(rows * cols);
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<std::uint8_t>(random_bits({130, 0, 0}, i / cols, i % cols) >> 24);
    return Dataset::from_bytes(rows, cols, bytes, 255);
}

struct Run {
    const char* name;
    TrainSettings settings;
    std::size_t chains = 0;  ///< 0: CD
    bool gaussian = false;
    Binarize binarize = Binarize::threshold;
    bool weighted = false;
    const char* algorithm = "pcd";  ///< of runs with chains
    const char* units = nullptr;    ///< of both sides, where they are neither Bernoulli nor Gaussian
};

struct Prepared {
    Machine machine;
    Dataset data;
    Preparation preparation;
    std::vector<float> weights;
};

Prepared prepare(const Run& run, std::size_t rows, std::size_t cols, std::size_t hidden) {
    Prepared result;
    const Dataset raw = grey_pixels(rows, cols);
    result.preparation.binarize = run.gaussian ? Binarize::none : run.binarize;
    if (run.gaussian) {
        const auto scale = standardise(raw);
        result.preparation.mean = scale.mean;
        result.preparation.scale = scale.scale;
    }
    if (run.units != nullptr) {
        result.machine = Machine(make_units<float>(run.units, cols, 3), make_units<float>(run.units, hidden, 3));
        const StateForm form = state_form(result.machine.visible);
        std::vector<std::uint8_t> codes(rows * cols);
        for (std::size_t i = 0; i < codes.size(); ++i)
            codes[i] = static_cast<std::uint8_t>(3 * raw.value(i / cols, i % cols) * 0.999F);
        if (form.states > 0) result.preparation.binarize = Binarize::none;
        result.data = form.states > 0 ? expand_codes(Dataset::from_bytes(rows, cols, codes, 1), form.states)
                                      : raw.prepared(result.preparation, form);
        Random random(131);
        initialize(result.machine, result.data, random);
        return result;
    }
    result.machine =
        run.gaussian ? Machine(Gaussian(cols), Bernoulli(hidden)) : Machine(Bernoulli(cols), Bernoulli(hidden));
    result.data = raw.prepared(result.preparation, state_form(result.machine.visible));
    Random random(131);
    initialize(result.machine, result.data, random);
    if (run.weighted)
        for (std::size_t r = 0; r < rows; ++r) result.weights.push_back(static_cast<float>(r % 3));
    return result;
}

void advance(const Run& run, const Prepared& prepared, TrainState& state, const TrainObserver& observer,
             const Control& control = {}) {
    const auto go = [&](const auto& objective) {
        train(state, objective, prepared.data, run.settings, observer, prepared.weights, control);
    };
    if (run.algorithm == std::string_view("fast"))
        return go(FastPersistentContrastiveDivergence{2, run.chains, StepsSchedule::linear});
    if (run.algorithm == std::string_view("tempering"))  // so many sweeps that the rungs move
        return go(TemperedDivergence{prepared.machine.visible, 60, run.chains, 4});
    if (run.algorithm == std::string_view("noise contrast")) return go(NoiseContrastive{prepared.machine.visible, 3});
    if (run.algorithm == std::string_view("denoising")) return go(DenoisingScoreMatching{});
    if (run.algorithm == std::string_view("flips")) return go(PseudoLikelihood{3});
    return run.chains == 0 ? go(ContrastiveDivergence{2}) : go(PersistentContrastiveDivergence{2, run.chains});
}

bool same_bits(std::span<const float> a, std::span<const float> b) {
    return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size_bytes()) == 0);
}
bool same_bits(const Machine& a, const Machine& b) {
    bool same = a.visible_count() == b.visible_count() && a.hidden_count() == b.hidden_count();
    if (same && a.visible_count() > 0)
        each_pair(a, b, [&](std::string_view, auto x, auto y) { same = same && same_bits(x, y); });
    return same;
}

void check_same(const TrainState& found, const TrainState& expected) {
    CHECK(same_bits(found.machine, expected.machine));
    CHECK(same_bits(found.update.velocity, expected.update.velocity));
    CHECK(same_bits(found.update.second_moment, expected.update.second_moment));
    CHECK(same_bits(found.update.visible_offset, expected.update.visible_offset));
    CHECK(same_bits(found.update.hidden_offset, expected.update.hidden_offset));
    CHECK(same_bits(found.update.hidden_activity, expected.update.hidden_activity));
    CHECK(found.update.updates == expected.update.updates);
    CHECK(same_bits(found.chains.visible.values(), expected.chains.visible.values()));
    CHECK(same_bits(found.chains.hidden.values(), expected.chains.hidden.values()));
    CHECK(same_bits(found.update.average, expected.update.average));
    CHECK(same_bits(found.chains.fast, expected.chains.fast));
    CHECK(found.chains.tempered == expected.chains.tempered);
    CHECK(found.random == expected.random);
    CHECK(found.seed == expected.seed);
    CHECK(found.epoch == expected.epoch);
    CHECK(found.batch == expected.batch);
    CHECK(found.gradient_norms == expected.gradient_norms);
    CHECK(found.steps_to_weights == expected.steps_to_weights);
    CHECK(found.losses == expected.losses);
    CHECK(found.chains.log_constant == expected.chains.log_constant);
    CHECK(found.chains.log_constant_variance == expected.chains.log_constant_variance);
    CHECK(found.chains.log_noise_gap == expected.chains.log_noise_gap);
    CHECK(found.chains.log_noise_variance == expected.chains.log_noise_variance);
}

std::vector<Run> runs() {
    TrainSettings settings;
    settings.epochs = 3;
    settings.batch_size = 10;
    std::vector<Run> result = {{"CD", settings}, {"PCD", settings, 13}};
    Run momentum{"PCD with momentum, decay, sparsity and a norm limit", settings, 10};
    momentum.settings.momentum = 0.9F;
    momentum.settings.momentum_ramp = 2;
    momentum.settings.weight_decay = 1e-3F;
    momentum.settings.weight_decay_l1 = 1e-3F;
    momentum.settings.sparsity_cost = 0.1F;
    momentum.settings.sparsity_target = 0.1F;
    momentum.settings.gradient_norm_limit = 0.5F;
    result.push_back(momentum);
    Run adam{"PCD with Adam", settings, 7};
    adam.settings.optimizer = Optimizer::adam;
    adam.settings.schedule = Schedule::exponential;
    adam.settings.learning_rate = 0.01F;
    result.push_back(adam);
    Run gaussian{"Gaussian PCD", settings, 10, true};
    gaussian.settings.learning_rate = 0.01F;
    result.push_back(gaussian);
    Run sampled{"PCD on sampled pixels, weighted", settings, 10, false, Binarize::sample, true};
    result.push_back(sampled);
    Run plain{"plain CD on greys", settings, 0, false, Binarize::none};
    plain.settings.centering = false;
    result.push_back(plain);
    Run averaged{"PCD, averaged", settings, 10};
    averaged.settings.averaging = 0.7F;
    result.push_back(averaged);
    for (const char* algorithm : {"fast", "tempering"})
        for (const bool of_reals : {false, true}) {
            Run other{algorithm, settings, 7, of_reals};
            other.settings.learning_rate = 0.01F;
            other.algorithm = algorithm;
            result.push_back(other);
        }
    for (const char* units : {"spin", "potts"})
        for (const char* algorithm : {"pcd", "fast", "tempering"}) {
            Run other{units, settings, 7};
            other.settings.optimizer = Optimizer::adam;
            other.settings.learning_rate = 0.01F;
            other.algorithm = algorithm;
            other.units = units;
            result.push_back(other);
        }
    for (const char* algorithm : {"noise contrast", "flips"}) {
        Run other{algorithm, settings, 0};
        other.algorithm = algorithm;
        result.push_back(other);
    }
    Run denoising{"denoising", settings, 0, true};
    denoising.settings.learning_rate = 0.01F;
    denoising.algorithm = "denoising";
    result.push_back(denoising);
    return result;
}

}  // namespace

TEST_SUITE_BEGIN("resume");

TEST_CASE("stopped after any batch and resumed from a file: the bytes of an uninterrupted run") {
    const TemporaryFile file("resume");
    for (const Run& run : runs()) {
        CAPTURE(run.name);
        const Prepared prepared = prepare(run, 53, 20, 7);  // 6 batches, the last of 3 rows
        TrainState whole = start_training(prepared.machine, prepared.data, run.settings, run.chains, 132);
        std::vector<EpochReport> reports;
        TrainObserver listening;
        listening.on_epoch = [&](const EpochReport& report, const TrainState&) { reports.push_back(report); };
        advance(run, prepared, whole, listening);
        REQUIRE(whole.update.updates == 18);
        CHECK_FALSE(same_bits(whole.machine, prepared.machine));

        for (const std::size_t stop : std::initializer_list<std::size_t>{1, 5, 6, 7, 12, 17}) {
            CAPTURE(stop);
            TrainState state = start_training(prepared.machine, prepared.data, run.settings, run.chains, 132);
            std::size_t batches = 0;
            const Control control{[&](const ProgressReport&) { ++batches; }, [&] { return batches == stop; }};
            REQUIRE_THROWS_AS(advance(run, prepared, state, {}, control), Cancelled);
            CHECK(state.update.updates == stop);
            Checkpoint checkpoint;
            checkpoint.model.preparation = prepared.preparation;
            checkpoint.state = state;
            checkpoint.options = {{"steps", "2"}, {"seed", "132"}};
            save_checkpoint(file.path(), checkpoint);
            Checkpoint back = load_checkpoint(file.path());
            check_same(back.state, state);
            CHECK(back.options == checkpoint.options);
            CHECK(back.model.preparation == prepared.preparation);
            std::vector<EpochReport> later;
            TrainObserver again;
            again.on_epoch = [&](const EpochReport& report, const TrainState&) { later.push_back(report); };
            advance(run, prepared, back.state, again);
            check_same(back.state, whole);
            REQUIRE(later.size() == 3 - stop / 6);
            for (std::size_t i = 0; i < later.size(); ++i) {
                const EpochReport& expected = reports[stop / 6 + i];
                CHECK(later[i].epoch == expected.epoch);
                CHECK(later[i].gradient_norm == expected.gradient_norm);
                CHECK(later[i].step_to_weights == expected.step_to_weights);
                CHECK(later[i].learning_rate == expected.learning_rate);
            }
        }
    }
}

TEST_CASE("another seed is another run") {
    const Run run = runs()[1];
    const Prepared prepared = prepare(run, 53, 20, 7);
    TrainState one = start_training(prepared.machine, prepared.data, run.settings, run.chains, 1);
    TrainState two = start_training(prepared.machine, prepared.data, run.settings, run.chains, 2);
    advance(run, prepared, one, {});
    advance(run, prepared, two, {});
    CHECK_FALSE(same_bits(one.machine, two.machine));
}

TEST_CASE("any number of threads trains to the same bytes") {
    for (Run run : runs()) {
        CAPTURE(run.name);
        run.settings.epochs = 1;
        run.settings.batch_size = 530;  // more rows and columns than one tile
        if (run.chains > 0) run.chains = run.algorithm == std::string_view("tempering") ? 7 : 520;
        const Prepared prepared = prepare(run, 540, 140, 131);
        const auto trained = [&](std::size_t count) {
            const ContextScope scope({.threads = count});
            TrainState state = start_training(prepared.machine, prepared.data, run.settings, run.chains, 133);
            advance(run, prepared, state, {});
            return state;
        };
        const TrainState first = trained(1);
        for (const std::size_t count : std::initializer_list<std::size_t>{2, 3, 4}) check_same(trained(count), first);
    }
}

TEST_SUITE_END();

}  // namespace resume_test
