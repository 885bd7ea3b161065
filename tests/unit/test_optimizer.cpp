// SPDX-License-Identifier: MIT
// From gradient to step: centring, SGD, Adam, decay, limits and bounds, against formulas written out in double.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>

#include "rbm/data/generate.h"
#include "rbm/kernels/error.h"
#include "rbm/trainer/optimizer.h"
#include "tests/support/small_machines.h"

using namespace rbm;
using namespace rbm::test;

namespace {

UpdateSettings plain_settings() {
    UpdateSettings settings;
    settings.centering = false;
    return settings;
}

/// One update with a copy of `gradient`, at offsets and activity that follow `visible` and `hidden`.
UpdateReport step(Machine& machine, Machine gradient, UpdateState& state, const UpdateSettings& settings, float rate,
                  float momentum = 0) {
    const std::vector<float> visible(machine.visible_count(), 0.5F), hidden(machine.hidden_count(), 0.5F);
    UpdateWorkspace workspace;
    return update(machine, gradient, state, settings, rate, momentum, visible, hidden, workspace);
}

UpdateState fresh(const Machine& machine, const UpdateSettings& settings) {
    return UpdateState::start(machine, settings, std::vector<double>(machine.visible_count(), 0.5));
}

std::vector<double> flat(const Machine& machine) {
    std::vector<double> values;
    machine.each_parameter(
        [&](std::string_view, std::span<const float> some) { values.insert(values.end(), some.begin(), some.end()); });
    return values;
}

/// A distribution over the states of a few bits, learned by its exact gradient.
struct SmallSet {
    Matrix states;               ///< [2^V x V]
    std::vector<double> shares;  ///< sum to 1

    double entropy() const {
        double sum = 0;
        for (const double p : shares) sum -= p > 0 ? p * std::log(p) : 0;
        return sum;
    }
    SmallSet flipped() const {
        SmallSet other = *this;
        for (float& value : other.states.values()) value = 1 - value;
        return other;
    }
};

double log_likelihood(const Machine& machine, const SmallSet& set) {
    const auto exact = precise(machine);
    const auto free_energy = exact.free_energy(precise(set.states));
    std::vector<double> terms(free_energy);
    for (double& term : terms) term = -term;
    double sum = -log_sum_exp(terms);
    for (std::size_t s = 0; s < terms.size(); ++s) sum += set.shares[s] * terms[s];
    return sum;
}

/// d(-log-likelihood): the data's mean of dF minus the model's.
Machine exact_gradient(const Machine& machine, const SmallSet& set) {
    const auto exact = precise(machine);
    const auto states = precise(set.states);
    auto logs = exact.free_energy(states);
    for (double& value : logs) value = -value;
    const double total = log_sum_exp(logs);
    std::vector<double> weights(set.shares);
    for (std::size_t s = 0; s < weights.size(); ++s) weights[s] -= std::exp(logs[s] - total);
    const auto gradient = exact.free_energy_gradient(states, weights);
    Machine result = machine.zeros_like();
    each_pair(result, gradient, [](std::string_view, std::span<float> out, std::span<const double> in) {
        std::ranges::transform(in, out.begin(), [](double value) { return static_cast<float>(value); });
    });
    return result;
}

std::vector<float> means_of(const SmallSet& set, const Matrix& values) {
    std::vector<float> means(values.cols());
    for (std::size_t i = 0; i < means.size(); ++i) {
        double sum = 0;
        for (std::size_t s = 0; s < values.rows(); ++s) sum += set.shares[s] * static_cast<double>(values(s, i));
        means[i] = static_cast<float>(sum);
    }
    return means;
}

/// `updates` exact steps; the log-likelihood after each tenth of them.
std::vector<double> learn(Machine& machine, const SmallSet& set, UpdateState& state, const UpdateSettings& settings,
                          std::size_t updates, float rate) {
    std::vector<double> course;
    const std::vector<float> visible = means_of(set, set.states);
    for (std::size_t t = 0; t < updates; ++t) {
        Machine gradient = exact_gradient(machine, set);
        UpdateWorkspace workspace;
        update(machine, gradient, state, settings, rate, 0, visible, means_of(set, machine.hidden_mean(set.states)),
               workspace);
        if ((t + 1) % (updates / 10) == 0) course.push_back(log_likelihood(machine, set));
    }
    return course;
}

SmallSet uneven_bits() {
    const Machine shape(Bernoulli(3), Bernoulli(1));
    return {all_states(shape.visible), {0.26, 0.06, 0.05, 0.14, 0.05, 0.13, 0.04, 0.27}};
}

/// Bars and stripes 2 x 2, with a tenth of uniform noise so that the optimum lies at finite weights.
SmallSet noisy_bars() {
    const Dataset bars = bars_and_stripes(2).data;
    const Machine shape(Bernoulli(4), Bernoulli(1));
    SmallSet set{all_states(shape.visible), std::vector<double>(16, 0.1 / 16)};
    for (std::size_t r = 0; r < bars.rows(); ++r) {
        std::size_t number = 0;
        for (std::size_t i = 0; i < 4; ++i) number += bars.value(r, i) == 1 ? std::size_t{1} << i : 0;
        set.shares[number] += 0.9 / static_cast<double>(bars.rows());
    }
    return set;
}

}  // namespace

TEST_SUITE_BEGIN("optimizer");

TEST_CASE("centred and plain training reach the same optimum") {
    // The best of some starts: too few hidden units leave local optima, and which one is found depends on the path.
    const auto optimum = [](const SmallSet& set, std::size_t hidden, bool centering, std::size_t updates, float rate) {
        UpdateSettings settings;
        settings.centering = centering;
        double best = -HUGE_VAL;
        for (std::uint64_t start = 0; start < 4; ++start) {
            auto machine = random_machine<float>("bernoulli", set.states.cols(), "bernoulli", hidden, 140 + start, 0.5);
            UpdateState state = UpdateState::start(machine, settings, std::vector<double>(set.states.cols(), 0.5));
            const double found = learn(machine, set, state, settings, updates, rate).back();
            best = std::max(best, found);
        }
        return best;
    };
    // Data drawn from a machine: the bound itself.
    SmallSet set = uneven_bits();
    set.shares = exact_probabilities(random_machine<double>("bernoulli", 3, "bernoulli", 2, 119, 1.2));
    const double centred = optimum(set, 2, true, 4000, 1), plain = optimum(set, 2, false, 4000, 1);
    CHECK(centred == doctest::Approx(plain).epsilon(1e-4));
    CHECK(centred <= -set.entropy() + 1e-6);
    CHECK(centred > -set.entropy() - 2e-4);
    // Too few hidden units: an optimum short of the bound, the same one.
    SmallSet wide = noisy_bars();
    for (const std::uint64_t seed : std::initializer_list<std::uint64_t>{114, 115, 117}) {
        const auto some = exact_probabilities(random_machine<double>("bernoulli", 4, "bernoulli", 4, seed, 1.1));
        for (std::size_t s = 0; s < 16; ++s) wide.shares[s] += some[s];
    }
    for (double& share : wide.shares) share /= 4;
    const double short_centred = optimum(wide, 1, true, 20000, 1), short_plain = optimum(wide, 1, false, 20000, 1);
    CHECK(short_centred == doctest::Approx(short_plain).epsilon(3e-5));
    CHECK(short_centred < -wide.entropy() - 2e-3);
}

TEST_CASE("centred training does not care which way round the bits are; plain training does") {
    const SmallSet set = noisy_bars(), flipped = set.flipped();
    for (const Optimizer optimizer : {Optimizer::sgd, Optimizer::adam})
        for (const bool centering : {true, false}) {
            UpdateSettings settings;
            settings.centering = centering;
            settings.optimizer = optimizer;
            const float rate = optimizer == Optimizer::adam ? 0.02F : 0.5F;
            auto machine = random_machine<float>("bernoulli", 4, "bernoulli", 3, 121, 0.5);
            // v -> 1 - v: the same distribution over the flipped states.
            Machine mirror = machine;
            for (std::size_t j = 0; j < 3; ++j)
                for (std::size_t i = 0; i < 4; ++i) {
                    mirror.weights(i, j) = -machine.weights(i, j);
                    location(mirror.hidden)[j] += machine.weights(i, j);
                }
            for (float& bias : location(mirror.visible)) bias = -bias;
            REQUIRE(log_likelihood(machine, set) == doctest::Approx(log_likelihood(mirror, flipped)).epsilon(1e-6));
            UpdateState state = UpdateState::start(machine, settings, std::vector<double>{0.2, 0.4, 0.5, 0.9});
            UpdateState other = UpdateState::start(mirror, settings, std::vector<double>{0.8, 0.6, 0.5, 0.1});
            other.hidden_offset = state.hidden_offset;
            const auto course = learn(machine, set, state, settings, 400, rate);
            const auto mirrored = learn(mirror, flipped, other, settings, 400, rate);
            double apart = 0;
            for (std::size_t i = 0; i < course.size(); ++i) apart = std::max(apart, std::abs(course[i] - mirrored[i]));
            CAPTURE(centering);
            if (centering)
                CHECK(apart < 1e-5);
            else
                CHECK(apart > 5e-3);
            CHECK(course.back() > course.front() + 0.01);
        }
}

TEST_CASE("a centred step is the step of the energy with offsets, written out") {
    // E = -(a~ - W m) . v - ..., with a~ = a + W m and b~ = b + W^T s: d/dW~ = dW - da m^T - s db^T, and back.
    for (const auto& [visible_kind, hidden_kind] :
         std::vector<std::pair<std::string, std::string>>{{"bernoulli", "bernoulli"}, {"gaussian", "bernoulli"}}) {
        auto machine = random_machine<float>(visible_kind, 3, hidden_kind, 2, 122);
        const auto gradient = random_machine<float>(visible_kind, 3, hidden_kind, 2, 123);
        UpdateSettings settings;
        settings.offset_rate = 0.25F;
        UpdateState state = UpdateState::start(machine, settings, std::vector<double>{0.1, 0.2, 0.7});
        state.hidden_offset = {0.3F, 0.9F};
        const Machine before = machine;
        Machine scratch = gradient;
        const std::vector<float> batch_visible = {0.5F, 0.6F, 0.3F}, batch_hidden = {0.7F, 0.1F};
        UpdateWorkspace workspace;
        update(machine, scratch, state, settings, 0.1F, 0, batch_visible, batch_hidden, workspace);
        const double hidden_offset[] = {0.3 + 0.25 * 0.4, 0.9 - 0.25 * 0.8};
        const double visible_offset[] = {0.1 + 0.25 * 0.4, 0.2 + 0.25 * 0.4, 0.7 - 0.25 * 0.4};
        double visible_step[3] = {}, hidden_step[2] = {};
        for (std::size_t j = 0; j < 2; ++j) {
            CHECK(state.hidden_offset[j] == doctest::Approx(hidden_offset[j]).epsilon(1e-6));
            hidden_step[j] = -0.1 * static_cast<double>(location(gradient.hidden)[j]);
        }
        for (std::size_t i = 0; i < 3; ++i) {
            CHECK(state.visible_offset[i] == doctest::Approx(visible_offset[i]).epsilon(1e-6));
            double variance = 1;
            if (visible_kind == "gaussian")
                variance = std::exp(2 * static_cast<double>(std::get<Gaussian>(before.visible).log_sigma[i]));
            const double statistic = visible_offset[i] / variance;
            const double location_slope = static_cast<double>(location(gradient.visible)[i]);
            visible_step[i] = -0.1 * variance * location_slope;
            for (std::size_t j = 0; j < 2; ++j) {
                const double slope = static_cast<double>(gradient.weights(i, j)) - location_slope * hidden_offset[j] -
                                     statistic * static_cast<double>(location(gradient.hidden)[j]);
                const double moved = -0.1 * variance * slope;
                CHECK(static_cast<double>(machine.weights(i, j) - before.weights(i, j)) ==
                      doctest::Approx(moved).epsilon(1e-5).scale(1));
                visible_step[i] -= moved * hidden_offset[j];
                hidden_step[j] -= moved * statistic;
            }
            CHECK(static_cast<double>(location(machine.visible)[i] - location(before.visible)[i]) ==
                  doctest::Approx(visible_step[i]).epsilon(1e-5).scale(1));
        }
        for (std::size_t j = 0; j < 2; ++j)
            CHECK(static_cast<double>(location(machine.hidden)[j] - location(before.hidden)[j]) ==
                  doctest::Approx(hidden_step[j]).epsilon(1e-5).scale(1));
    }
}

TEST_CASE("SGD with momentum and Adam follow their formulas in double") {
    for (const Optimizer optimizer : {Optimizer::sgd, Optimizer::adam})
        for (const char* visible_kind : {"bernoulli", "gaussian"}) {
            UpdateSettings settings = plain_settings();
            settings.optimizer = optimizer;
            settings.log_sigma_rate = 0.25F;
            auto machine = random_machine<float>(visible_kind, 4, "bernoulli", 3, 124);
            UpdateState state = fresh(machine, settings);
            auto expected = flat(machine);
            std::vector<double> rates(expected.size(), 0.05), velocity(expected.size()), first(expected.size()),
                second(expected.size());
            std::size_t index = 0;
            machine.each_parameter([&](std::string_view name, std::span<const float> values) {
                for (std::size_t i = 0; i < values.size(); ++i, ++index)
                    if (name == "visible.log_sigma") rates[index] *= 0.25;
            });
            for (std::size_t t = 1; t <= 6; ++t) {
                const auto gradient = random_machine<float>(visible_kind, 4, "bernoulli", 3, 200 + t);
                auto slopes = flat(gradient);
                if (visible_kind == std::string("gaussian"))  // weights [4 x 3], then centers [4], then log sigmas [4]
                    for (std::size_t i = 0; i < 4; ++i) {
                        const double variance = std::exp(2 * expected[16 + i]);
                        for (std::size_t j = 0; j < 3; ++j) slopes[3 * i + j] *= variance;
                        slopes[12 + i] *= variance;
                    }
                const double momentum = 0.1 * static_cast<double>(t);
                for (std::size_t i = 0; i < expected.size(); ++i) {
                    if (optimizer == Optimizer::sgd) {
                        velocity[i] = momentum * velocity[i] - rates[i] * slopes[i];
                        expected[i] += velocity[i];
                    } else {
                        first[i] = 0.9 * first[i] + 0.1 * slopes[i];
                        second[i] = 0.999 * second[i] + 0.001 * slopes[i] * slopes[i];
                        expected[i] -= rates[i] * (first[i] / (1 - std::pow(0.9, t))) /
                                       (std::sqrt(second[i] / (1 - std::pow(0.999, t))) + 1e-8);
                    }
                }
                step(machine, gradient, state, settings, 0.05F, static_cast<float>(momentum));
                CHECK(state.updates == t);
            }
            const auto found = flat(machine);
            for (std::size_t i = 0; i < found.size(); ++i)
                CHECK(found[i] == doctest::Approx(expected[i]).epsilon(2e-5).scale(0.1));
        }
}

TEST_CASE("L2 shrinks weights in proportion; L1 by the same amount, to 0 and no further; biases stay") {
    const auto start = random_machine<float>("bernoulli", 6, "bernoulli", 5, 125);
    UpdateSettings settings = plain_settings();
    settings.weight_decay = 0.5F;
    auto machine = start;
    UpdateState state = fresh(machine, settings);
    step(machine, start.zeros_like(), state, settings, 0.1F);
    for (std::size_t i = 0; i < 30; ++i)
        CHECK(machine.weights.values()[i] == doctest::Approx(0.95F * start.weights.values()[i]).epsilon(1e-6));
    CHECK(machine.visible == start.visible);
    CHECK(machine.hidden == start.hidden);

    settings.weight_decay = 0;
    settings.weight_decay_l1 = 3;
    machine = start;
    step(machine, start.zeros_like(), state, settings, 0.1F);
    std::size_t zeros = 0;
    for (std::size_t i = 0; i < 30; ++i) {
        const float w = start.weights.values()[i], now = machine.weights.values()[i];
        const float expected = std::copysign(std::max(0.0F, std::abs(w) - 0.3F), w);
        CHECK(now == doctest::Approx(expected).epsilon(1e-5));
        if (std::abs(w) <= 0.3F) CHECK(now == 0);
        zeros += now == 0;
    }
    CHECK(zeros > 3);
    CHECK(zeros < 27);
    for (std::size_t t = 0; t < 20; ++t) step(machine, start.zeros_like(), state, settings, 0.1F);
    for (const float w : machine.weights.values()) CHECK(w == 0);
    CHECK(machine.visible == start.visible);
}

TEST_CASE("when decay shrinks centred weights, the fields at the offsets stay as they are") {
    const auto start = random_machine<float>("bernoulli", 4, "bernoulli", 3, 126);
    UpdateSettings settings;
    settings.weight_decay = 1;
    auto machine = start;
    UpdateState state = fresh(machine, settings);
    state.visible_offset = {0.2F, 0.4F, 0.9F, 0.5F};
    state.hidden_offset = {0.6F, 0.1F, 0.5F};
    step(machine, start.zeros_like(), state, settings, 0.2F);
    CHECK(machine.weights(0, 0) == doctest::Approx(0.8F * start.weights(0, 0)).epsilon(1e-5));
    const auto hidden_fields = [&](const Machine& of) {
        Matrix offset(1, 4);
        std::ranges::copy(state.visible_offset, offset.row(0).begin());
        return of.hidden_mean(offset);
    };
    const auto visible_fields = [&](const Machine& of) {
        Matrix offset(1, 3);
        std::ranges::copy(state.hidden_offset, offset.row(0).begin());
        return of.visible_mean(offset);
    };
    for (std::size_t j = 0; j < 3; ++j)
        CHECK(hidden_fields(machine)(0, j) == doctest::Approx(hidden_fields(start)(0, j)).epsilon(1e-5));
    for (std::size_t i = 0; i < 4; ++i)
        CHECK(visible_fields(machine)(0, i) == doctest::Approx(visible_fields(start)(0, i)).epsilon(1e-5));
    CHECK(std::abs(location(machine.visible)[0] - location(start.visible)[0]) > 1e-3F);
}

TEST_CASE("a gradient longer than the limit is shortened to it, and a shorter one is left alone") {
    const Machine zero(Bernoulli(2), Bernoulli(2));
    Machine gradient = zero;
    gradient.weights(0, 1) = 3;
    location(gradient.visible)[1] = -4;
    UpdateSettings settings = plain_settings();
    for (const float limit : {0.0F, 1.0F, 10.0F}) {
        settings.gradient_norm_limit = limit;
        Machine machine = zero;
        UpdateState state = fresh(machine, settings);
        CHECK(step(machine, gradient, state, settings, 0.5F).gradient_norm == doctest::Approx(5));
        const float factor = limit == 1 ? 0.2F : 1.0F;
        CHECK(machine.weights(0, 1) == doctest::Approx(-1.5F * factor));
        CHECK(location(machine.visible)[1] == doctest::Approx(2.0F * factor));
    }
}

TEST_CASE("the report is the gradient's norm and the step's share of the weights") {
    auto machine = random_machine<float>("bernoulli", 4, "bernoulli", 3, 127);
    const auto gradient = random_machine<float>("bernoulli", 4, "bernoulli", 3, 128);
    const auto norm = [](std::span<const float> values) {
        double sum = 0;
        for (const float value : values) sum += std::pow(static_cast<double>(value), 2);
        return std::sqrt(sum);
    };
    UpdateSettings settings = plain_settings();
    UpdateState state = fresh(machine, settings);
    const auto report = step(machine, gradient, state, settings, 0.01F);
    const double expected = 0.01 * norm(gradient.weights.values()) / norm(machine.weights.values());
    CHECK(report.step_to_weights == doctest::Approx(expected).epsilon(1e-5));
    double squares = 0;
    for (const double slope : flat(gradient)) squares += slope * slope;
    CHECK(report.gradient_norm == doctest::Approx(std::sqrt(squares)).epsilon(1e-6));
}

TEST_CASE("averaged parameters: the mean of all, or of a window that grows, at every tenth update") {
    for (const auto& kind : {"bernoulli", "gaussian"}) {
        const Machine start = random_machine<float>(kind, 200, "bernoulli", 150, 60, 0.1);
        const Machine gradient = random_machine<float>(kind, 200, "bernoulli", 150, 61, 0.1);
        UpdateSettings settings;
        CHECK(fresh(start, settings).average.visible_count() == 0);
        // rates at the first, second, third time
        for (const auto& [share, rates] :
             {std::pair{1.0F, std::array{1.0, 0.5, 1.0 / 3}}, {0.5F, {1, 1, 2.0 / 3}}, {0.1F, {1, 1, 1}}}) {
            settings.averaging = share;
            Machine machine = start;
            UpdateState state = fresh(machine, settings);
            CHECK(state.average == start);
            std::vector<double> expected = flat(start);
            for (std::size_t t = 1; t <= 35; ++t) {
                step(machine, gradient, state, settings, t % 3 == 0 ? 0.05F : -0.02F);
                if (t % 10 != 0) continue;
                const auto now = flat(machine);
                for (std::size_t i = 0; i < now.size(); ++i) expected[i] += rates[t / 10 - 1] * (now[i] - expected[i]);
            }
            const auto found = flat(state.average), last = flat(machine);
            double worst = 0, moved = 0;
            for (std::size_t i = 0; i < found.size(); ++i) {
                worst = std::max(worst, std::abs(found[i] - expected[i]));
                moved = std::max(moved, std::abs(last[i] - expected[i]));
            }
            CHECK(worst < 1e-6);
            CHECK(moved > 1e-3);
        }
    }
}

TEST_CASE("schedules: the first, the middle, the last update and the end") {
    UpdateSettings settings;
    settings.learning_rate = 0.4F;
    settings.schedule = Schedule::constant;
    for (const std::uint64_t update : std::initializer_list<std::uint64_t>{0, 50, 99, 100})
        CHECK(scheduled_rate(settings, update, 100) == 0.4F);
    settings.schedule = Schedule::linear;
    CHECK(scheduled_rate(settings, 0, 100) == 0.4F);
    CHECK(scheduled_rate(settings, 50, 100) == doctest::Approx(0.2F));
    CHECK(scheduled_rate(settings, 99, 100) == doctest::Approx(0.004F));
    CHECK(scheduled_rate(settings, 100, 100) == 0);
    settings.schedule = Schedule::exponential;
    CHECK(scheduled_rate(settings, 0, 100) == 0.4F);
    CHECK(scheduled_rate(settings, 50, 100) == doctest::Approx(0.04F));
    CHECK(scheduled_rate(settings, 100, 100) == doctest::Approx(0.004F));
    CHECK(scheduled_rate(settings, 0, 0) == 0.4F);
}

TEST_CASE("log sigma moves at its own rate and within its bounds, one for all or one for each") {
    const Machine start(Gaussian(3), Bernoulli(2));
    UpdateSettings settings = plain_settings();
    const auto moved = [&](float slope, float rate) {
        Machine machine = start, gradient = start;
        std::get<Gaussian>(gradient.visible).log_sigma = {slope, slope, slope};
        std::get<Gaussian>(gradient.visible).center = {slope, 0, 0};
        UpdateState state = fresh(machine, settings);
        step(machine, gradient, state, settings, rate);
        CHECK(std::get<Gaussian>(machine.visible).center[0] == doctest::Approx(-rate * slope));
        return std::get<Gaussian>(machine.visible).log_sigma;
    };
    CHECK(moved(1, 0.5F)[0] == doctest::Approx(-0.15F));
    settings.log_sigma_rate = 1;
    CHECK(moved(1, 0.5F)[2] == doctest::Approx(-0.5F));
    CHECK(moved(1000, 1)[0] == doctest::Approx(std::log(0.05F)));
    CHECK(moved(-1000, 1)[0] == doctest::Approx(std::log(100.0F)));
    settings.minimum_sigma = {0.5F, 0.25F, 0.125F};
    settings.maximum_sigma = 2;
    const auto own = moved(1000, 1);
    CHECK(own[0] == doctest::Approx(std::log(0.5F)));
    CHECK(own[1] == doctest::Approx(std::log(0.25F)));
    CHECK(own[2] == doctest::Approx(std::log(0.125F)));
    CHECK(moved(-1000, 1)[1] == doctest::Approx(std::log(2.0F)));
}

TEST_CASE("the sparsity target acts on hidden biases, by the running activity") {
    const Machine start(Bernoulli(2), Bernoulli(2));
    UpdateSettings settings = plain_settings();
    settings.sparsity_target = 0.25F;
    settings.sparsity_cost = 2;
    Machine machine = start, gradient = start;
    UpdateState state = fresh(machine, settings);
    state.hidden_activity = {0.5F, 0};
    const std::vector<float> visible = {0.5F, 0.5F}, hidden = {1, 0};
    UpdateWorkspace workspace;
    update(machine, gradient, state, settings, 0.1F, 0, visible, hidden, workspace);
    CHECK(state.hidden_activity[0] == doctest::Approx(0.55F));
    CHECK(location(machine.hidden)[0] == doctest::Approx(-0.1F * 2 * (0.55F - 0.25F)));
    CHECK(location(machine.hidden)[1] == doctest::Approx(0.1F * 2 * 0.25F));
    CHECK(machine.weights == start.weights);
    CHECK(machine.visible == start.visible);
}

TEST_CASE("Diverged: any parameter that is no number, and weights beyond 100,000") {
    const float nan = std::nanf("");
    const auto message = [&](const char* visible_kind, const char* parameter, float slope, bool centering) {
        Machine machine(make_units<float>(visible_kind, 3), Bernoulli(2));
        Machine gradient = machine;
        gradient.each_parameter([&](std::string_view name, std::span<float> values) {
            if (name == parameter) values[1] = slope;
        });
        UpdateSettings settings;
        settings.centering = centering;
        UpdateState state = fresh(machine, settings);
        state.updates = 41;
        try {
            step(machine, gradient, state, settings, 1);
        } catch (const Diverged& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    CHECK(message("bernoulli", "weights", -1e5F, false).empty());
    CHECK(message("bernoulli", "weights", -1.001e5F, false).find("update 42: weights[1] is 100100") == 0);
    CHECK(message("bernoulli", "weights", 1.001e5F, true).find("update 42: weights[1] is -100100") == 0);
    CHECK(message("bernoulli", "visible.bias", 1e6F, false).empty());
    CHECK(message("bernoulli", "visible.bias", HUGE_VALF, false).find("visible.bias[1] is -inf") != std::string::npos);
    for (const bool centering : {false, true})
        for (const auto* parameter : {"weights", "visible.bias", "hidden.bias"})
            CHECK(message("bernoulli", parameter, nan, centering).find("is nan") != std::string::npos);
    CHECK(message("gaussian", "visible.center", nan, false).find("visible.center[1] is nan") != std::string::npos);
    CHECK(message("gaussian", "visible.log_sigma", nan, false).find("visible.log_sigma[1] is nan") !=
          std::string::npos);
    CHECK(message("gaussian", "hidden.bias", HUGE_VALF, false).find("hidden.bias[1] is -inf") != std::string::npos);
}

TEST_SUITE_END();
