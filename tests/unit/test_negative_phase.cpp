// SPDX-License-Identifier: MIT
// Fast PCD and tempering: their gradients against enumeration, what they remember, and modes that PCD does not leave.
#include <doctest/doctest.h>

#include <numeric>

#include "rbm/trainer/objectives/contrastive_divergence.h"
#include "rbm/trainer/objectives/fast_persistent.h"
#include "rbm/trainer/objectives/tempered_divergence.h"
#include "rbm/trainer/train.h"
#include "tests/support/small_machines.h"
#include "tests/support/statistics.h"

using namespace rbm;
using namespace rbm::test;

namespace {

template <class Real>
std::vector<double> flat(const BasicMachine<Real>& machine) {
    std::vector<double> values;
    machine.each_parameter(
        [&](std::string_view, std::span<const Real> some) { values.insert(values.end(), some.begin(), some.end()); });
    return values;
}

/// d(-mean log-likelihood of data), by all visible states.
std::vector<double> exact_gradient(const PreciseMachine& machine, const BasicMatrix<double>& data) {
    const auto states = all_states(machine.visible);
    auto model = exact_probabilities(machine);
    for (double& weight : model) weight = -weight;
    const std::vector<double> shares(data.rows(), 1 / static_cast<double>(data.rows()));
    const auto of_data = flat(machine.free_energy_gradient(data, shares));
    auto sum = flat(machine.free_energy_gradient(states, model));
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += of_data[i];
    return sum;
}

template <class Real>
std::size_t fill_batch(const BasicMachine<Real>& machine, const BasicMatrix<double>& data, std::size_t negative,
                       BasicGradientWorkspace<Real>& workspace) {
    workspace.resize(machine, data.rows(), negative);
    for (std::size_t b = 0; b < data.rows(); ++b) {
        std::ranges::transform(data.row(b), workspace.visible.row(b).begin(),
                               [](double value) { return static_cast<Real>(value); });
        workspace.row_weights[b] = static_cast<Real>(1 / static_cast<double>(data.rows()));
    }
    return data.rows();
}

BasicMatrix<double> both_modes() {
    BasicMatrix<double> data(4, 6);
    for (std::size_t b = 0; b < 2; ++b) std::ranges::fill(data.row(b), 1.0);
    return data;
}

double distance(const std::vector<double>& a, const std::vector<double>& b) {
    double worst = 0;
    for (std::size_t i = 0; i < a.size(); ++i) worst = std::max(worst, std::abs(a[i] - b[i]));
    return worst;
}

/// The mean gradient of `updates` calls, after as many that do not count.
template <class O>
std::vector<double> mean_gradient(const Machine& machine, const O& objective, std::size_t updates) {
    Random random(21);
    NegativePhase phase;
    static_cast<Chains&>(phase) = Chains::from_noise(machine, objective.chains, random);
    GradientWorkspace workspace;
    std::vector<double> mean(flat(machine).size());
    for (std::size_t update = 0; update < 2 * updates; ++update) {
        Machine gradient = machine.zeros_like();
        const std::size_t batch = fill_batch(machine, both_modes(), objective.chains, workspace);
        objective.add_gradient(machine, batch, phase, random, workspace, gradient);
        if (update < updates) continue;
        const auto values = flat(gradient);
        for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += values[i] / static_cast<double>(updates);
    }
    return mean;
}

}  // namespace

TEST_SUITE_BEGIN("negative_phase");

TEST_CASE("tempering follows the likelihood's gradient where the chains of PCD stick") {
    const Machine machine = two_modes();
    const auto expected = exact_gradient(precise(machine), both_modes());
    const TemperedDivergence tempering{uniform_base(machine), 10, 200, 6};
    CHECK(distance(mean_gradient(machine, tempering, 60), expected) < 0.04);
    CHECK(distance(mean_gradient(machine, PersistentContrastiveDivergence{10, 200}, 60), expected) > 0.2);
}

TEST_CASE("tempering's chains are the top rungs, and its rungs move to where neighbours swap") {
    const Machine machine = random_machine<float>("bernoulli", 30, "bernoulli", 20, 22, 0.5);
    const TemperedDivergence objective{uniform_base(machine), 20, 9, 7};
    Random random(23);
    NegativePhase phase;
    static_cast<Chains&>(phase) = Chains::from_noise(machine, 9, random);
    GradientWorkspace workspace;
    BasicMatrix<double> data(3, 30);
    std::vector<float> first;
    for (std::size_t update = 0; update < 60; ++update) {
        Machine gradient = machine.zeros_like();
        const std::size_t batch = fill_batch(machine, data, 9, workspace);
        objective.add_gradient(machine, batch, phase, random, workspace, gradient);
        if (update == 0) first = phase.tempered.betas;
        Matrix tops(9, 30);
        phase.tempered.copy_visible(tops.view());
        CHECK(tops == phase.visible);
        for (std::size_t c = 0; c < 9; ++c) CHECK(std::ranges::equal(tops.row(c), workspace.visible.row(batch + c)));
    }
    const auto& betas = phase.tempered.betas;
    CHECK(phase.tempered.steps == 60 * 20 % TemperedDivergence::respacing);
    CHECK(first.size() == 7);
    CHECK(first[1] == doctest::Approx(1.0 / 6));
    CHECK(betas != first);
    CHECK(betas.front() == 0);
    CHECK(betas.back() == 1);
    for (std::size_t k = 1; k < betas.size(); ++k) CHECK(betas[k] > betas[k - 1]);
}

TEST_CASE("rungs that are evened out swap at about the same rate") {
    const Machine machine = random_machine<float>("bernoulli", 40, "bernoulli", 30, 24, 0.5);
    const Bridge bridge(machine, uniform_base(machine));
    Random random(25);
    const std::vector<float> crowded{0, 0.01F, 0.02F, 0.03F, 0.04F, 0.5F, 0.6F, 1};
    TemperedChains chains = TemperedChains::start(bridge, crowded, 40, random);
    const auto spread = [&] {
        Tempering{.steps = 200}.step(bridge, chains, random);
        const auto [low, high] = std::ranges::minmax(chains.swap_rates);
        return high - low;
    };
    const double before = spread();
    for (int i = 0; i < 4; ++i) {
        chains.even_out();
        CHECK(chains.steps == 0);
        Tempering{.steps = 100}.step(bridge, chains, random);
    }
    CHECK(before > 0.7);
    CHECK(spread() < 0.3);
}

TEST_CASE("fast PCD without a fast rate follows the likelihood's gradient, where visible units can be enumerated") {
    for (const auto& [visible_kind, hidden_kind] : unit_pairs) {
        if (visible_kind == "gaussian") continue;  // exact_gradient() enumerates the visible states
        const auto machine = random_machine<double>(visible_kind, 4, hidden_kind, 3, 26, 0.5);
        const auto data = random_states(machine.visible, 7, 27);
        const auto expected = exact_gradient(machine, data);
        const FastPersistentContrastiveDivergence objective{12, 60, StepsSchedule::constant, 0};
        std::vector<Moments> found(expected.size());
        Random random(28);
        BasicGradientWorkspace<double> workspace;
        BasicNegativePhase<double> phase;
        static_cast<BasicChains<double>&>(phase) = BasicChains<double>::from_noise(machine, 60, random);
        for (std::size_t update = 0; update < 220; ++update) {
            auto gradient = machine.zeros_like();
            const std::size_t batch = fill_batch(machine, data, 60, workspace);
            objective.add_gradient(machine, batch, phase, random, workspace, gradient);
            if (update < 20) continue;
            const auto values = flat(gradient);
            for (std::size_t i = 0; i < values.size(); ++i) found[i].add(values[i]);
        }
        for (std::size_t i = 0; i < found.size(); ++i)
            if (found[i].variance() > 0) CHECK(std::abs(found[i].z(expected[i])) < 4.5);
        CHECK(distance(flat(phase.fast), std::vector<double>(expected.size())) == 0);
    }
}

TEST_CASE("fast weights take the gradient at their own rate, in the data's units, and fade") {
    for (const auto& [visible_kind, hidden_kind] : unit_pairs) {
        const std::string kinds = visible_kind + "-" + hidden_kind;
        CAPTURE(kinds);
        const auto machine = random_machine<double>(visible_kind, 5, hidden_kind, 4, 29, 0.3);
        const auto data = random_states(machine.visible, 6, 30);
        const FastPersistentContrastiveDivergence objective{2, 8, StepsSchedule::constant, 0.25F, 0.75F};
        Random random(31);
        BasicGradientWorkspace<double> workspace;
        BasicNegativePhase<double> phase;
        static_cast<BasicChains<double>&>(phase) = BasicChains<double>::from_noise(machine, 8, random);
        std::vector<double> row_variance, column_variance;
        if (!location_variance(machine.visible, row_variance)) row_variance.assign(machine.visible_count(), 1.0);
        if (!location_variance(machine.hidden, column_variance)) column_variance.assign(machine.hidden_count(), 1.0);
        auto expected = machine.zeros_like();
        for (int update = 0; update < 3; ++update) {
            auto gradient = machine.zeros_like();
            for (double& value : location(gradient.visible)) value = 7;  // what is there already is not the batch's
            const std::size_t batch = fill_batch(machine, data, 8, workspace);
            objective.add_gradient(machine, batch, phase, random, workspace, gradient);
            for (std::size_t i = 0; i < machine.visible_count(); ++i) {
                double& bias = location(expected.visible)[i];
                bias = 0.75 * bias - 0.25 * row_variance[i] * (location(gradient.visible)[i] - 7);
                for (std::size_t j = 0; j < machine.hidden_count(); ++j) {
                    double& weight = expected.weights(i, j);
                    weight = 0.75 * weight - 0.25 * row_variance[i] * column_variance[j] * gradient.weights(i, j);
                }
            }
            for (std::size_t j = 0; j < machine.hidden_count(); ++j) {
                double& bias = location(expected.hidden)[j];
                bias = 0.75 * bias - 0.25 * column_variance[j] * location(gradient.hidden)[j];
            }
            CHECK(distance(flat(phase.fast), flat(expected)) < 1e-6);  // the rates are floats
        }
        CHECK(distance(flat(phase.fast), std::vector<double>(flat(expected).size())) > 0.01);
    }
}

TEST_CASE("fast weights are the same whether or not the weights' gradient is left as a product") {
    const auto machine = random_machine<float>("bernoulli", 40, "bernoulli", 33, 32, 0.1);
    const auto data = random_states(precise(machine).visible, 12, 33);
    const auto run = [&](bool defer) {
        Random random(34);
        GradientWorkspace workspace;
        workspace.defer_weights = defer;
        NegativePhase phase;
        static_cast<Chains&>(phase) = Chains::from_noise(machine, 9, random);
        for (int update = 0; update < 3; ++update) {
            Machine gradient = machine.zeros_like();
            FastPersistentContrastiveDivergence{1, 9}.add_gradient(machine, fill_batch(machine, data, 9, workspace),
                                                                   phase, random, workspace, gradient);
            CHECK(workspace.weight_product.has_value() == defer);
        }
        return flat(phase.fast);
    };
    CHECK(run(true) == run(false));
}

TEST_CASE("fast weights carry chains out of a mode that PCD does not leave") {
    const Machine machine = two_modes();
    const auto in_ones = [&](float rate) {
        Random random(35);
        NegativePhase phase;
        static_cast<Chains&>(phase) = Chains::from_data(machine, Matrix(100, 6), random);
        GradientWorkspace workspace;
        std::size_t ones = 0;
        for (int update = 0; update < 150; ++update) {
            Machine gradient = machine.zeros_like();
            FastPersistentContrastiveDivergence{1, 100, StepsSchedule::constant, rate}.add_gradient(
                machine, fill_batch(machine, both_modes(), 100, workspace), phase, random, workspace, gradient);
        }
        for (std::size_t c = 0; c < 100; ++c)
            ones += std::accumulate(phase.visible.row(c).begin(), phase.visible.row(c).end(), 0.0F) >= 4;
        return ones;
    };
    CHECK(in_ones(0) < 5);
    CHECK(in_ones(0.3F) > 20);
}

TEST_CASE("sweeps per update: constant, or from 1 to k in stages of equal length") {
    CHECK(scheduled_steps(7, StepsSchedule::constant, 0) == 7);
    CHECK(scheduled_steps(7, StepsSchedule::constant, 0.99) == 7);
    CHECK(scheduled_steps(4, StepsSchedule::linear, 0) == 1);
    CHECK(scheduled_steps(4, StepsSchedule::linear, 0.249) == 1);
    CHECK(scheduled_steps(4, StepsSchedule::linear, 0.25) == 2);
    CHECK(scheduled_steps(4, StepsSchedule::linear, 0.999) == 4);
    CHECK(scheduled_steps(4, StepsSchedule::linear, 1) == 4);
    CHECK(scheduled_steps(1, StepsSchedule::linear, 0.5) == 1);
    CHECK(scheduled_steps(0, StepsSchedule::linear, 0.5) == 0);

    /// Notes what it is told of the run's progress.
    struct Listener {
        std::vector<double>* heard;
        std::size_t negative_rows(std::size_t) const { return 0; }
        void add_gradient(const Machine&, std::size_t, Chains&, Random&, GradientWorkspace& workspace, Machine&) const {
            heard->push_back(workspace.done);
        }
    };
    std::vector<double> heard;
    const Dataset data = Dataset::from_floats(4, 2, {0, 1, 1, 0, 1, 1, 0, 0});
    TrainSettings settings;
    settings.epochs = 2;
    settings.batch_size = 2;
    TrainState state = start_training(Machine(Bernoulli(2), Bernoulli(1)), data, settings, 0, 1);
    train(state, Listener{&heard}, data, settings);
    CHECK(heard == std::vector<double>{0, 0.25, 0.5, 0.75});
}

TEST_CASE("all three algorithms obey the schedule: with k = 1 it changes nothing, with k = 2 the first half is k = 1") {
    const auto values = random_states(BasicUnits<float>(Bernoulli(8)), 20, 36);
    const Dataset data = Dataset::from_floats(20, 8, {values.values().begin(), values.values().end()});
    const Machine start = random_machine<float>("bernoulli", 8, "bernoulli", 5, 37, 0.1);
    TrainSettings settings;
    settings.epochs = 2;
    settings.batch_size = 10;
    settings.schedule = Schedule::constant;
    const auto machines = [&](const auto& objective) {
        TrainState state = start_training(start, data, settings, objective.negative_rows(0), 1);
        std::vector<Machine> found;
        TrainObserver observer;
        observer.on_epoch = [&](const EpochReport&, const TrainState& now) { found.push_back(now.machine); };
        train(state, objective, data, settings, observer);
        return found;
    };
    const auto check = [&](auto objective) {
        objective.steps = 1;
        const auto one = machines(objective);
        objective.steps = 2;
        const auto two = machines(objective);
        objective.schedule = StepsSchedule::linear;
        const auto grown = machines(objective);
        CHECK(grown[0] == one[0]);
        CHECK_FALSE(grown[0] == two[0]);
        CHECK_FALSE(grown[1] == one[1]);
        objective.steps = 1;
        CHECK(machines(objective)[1] == one[1]);
    };
    check(ContrastiveDivergence{});
    check(PersistentContrastiveDivergence{1, 6});
    check(FastPersistentContrastiveDivergence{1, 6});
    check(TemperedDivergence{uniform_base(start), 1, 6, 3});
}

TEST_SUITE_END();
