// SPDX-License-Identifier: MIT
// Contrastive divergence against the exact gradient of the likelihood, for every pair of unit kinds, and what batches,
// sample weights and chains do to it.
#include <doctest/doctest.h>

#include <numeric>
#include <stdexcept>

#include "rbm/kernels/error.h"
#include "rbm/trainer/objectives/contrastive_divergence.h"
#include "rbm/trainer/train.h"
#include "tests/support/small_machines.h"
#include "tests/support/statistics.h"

using namespace rbm;
using namespace rbm::test;

namespace trainer_test {
namespace {

using PreciseWorkspace = BasicGradientWorkspace<double>;
using PreciseChains = BasicChains<double>;

double log_partition(const PreciseMachine& machine) {
    const bool by_hidden = state_count(machine.hidden) > 0;
    auto logs = by_hidden ? machine.hidden_free_energy(all_states(machine.hidden))
                          : machine.free_energy(all_states(machine.visible));
    for (double& value : logs) value = -value;
    return log_sum_exp(logs);
}

std::vector<double> flat(const PreciseMachine& machine) {
    std::vector<double> values;
    machine.each_parameter(
        [&](std::string_view, std::span<const double> some) { values.insert(values.end(), some.begin(), some.end()); });
    return values;
}

/// Central differences of the mean negative log-likelihood: knows nothing of any gradient function.
std::vector<double> exact_gradient(PreciseMachine machine, const BasicMatrix<double>& data) {
    const auto loss = [&] {
        double sum = 0;
        for (const double value : machine.free_energy(data)) sum += value;
        return sum / static_cast<double>(data.rows()) + log_partition(machine);
    };
    constexpr double step = 1e-5;
    std::vector<double> slopes;
    machine.each_parameter([&](std::string_view, std::span<double> values) {
        for (double& value : values) {
            const double kept = value;
            value = kept + step;
            const double above = loss();
            value = kept - step;
            slopes.push_back((above - loss()) / (2 * step));
            value = kept;
        }
    });
    return slopes;
}

/// Puts `data`, each row `copies` times, into the workspace's first rows with equal weights; returns the batch's size.
std::size_t fill_batch(const PreciseMachine& machine, const BasicMatrix<double>& data, std::size_t copies,
                       std::size_t negative, PreciseWorkspace& workspace) {
    const std::size_t batch = data.rows() * copies;
    workspace.resize(machine, batch, negative == 0 ? batch : negative);
    for (std::size_t b = 0; b < batch; ++b) {
        std::ranges::copy(data.row(b % data.rows()), workspace.visible.row(b).begin());
        workspace.row_weights[b] = 1 / static_cast<double>(batch);
    }
    return batch;
}

struct Comparison {
    double worst_z = 0, distance = 0;
};

/// Moments of each parameter's estimate over repetitions, against the exact gradient.
Comparison compare(const std::vector<Moments>& found, const std::vector<double>& expected) {
    Comparison result;
    for (std::size_t i = 0; i < found.size(); ++i) {
        const double distance = found[i].mean() - expected[i];
        result.distance = std::hypot(result.distance, distance);
        // The visible biases' data part has no noise at all; its model part always has.
        if (found[i].variance() > 0) result.worst_z = std::max(result.worst_z, std::abs(found[i].z(expected[i])));
    }
    return result;
}

Comparison contrastive_divergence(const PreciseMachine& machine, const BasicMatrix<double>& data, std::size_t steps) {
    const auto expected = exact_gradient(machine, data);
    std::vector<Moments> found(expected.size());
    Random random(81);
    PreciseWorkspace workspace;
    PreciseChains none;
    for (std::size_t repetition = 0; repetition < 120; ++repetition) {
        const std::size_t batch = fill_batch(machine, data, 50, 0, workspace);
        PreciseMachine gradient = machine.zeros_like();
        ContrastiveDivergence{steps}.add_gradient(machine, batch, none, random, workspace, gradient);
        const auto values = flat(gradient);
        for (std::size_t i = 0; i < values.size(); ++i) found[i].add(values[i]);
    }
    return compare(found, expected);
}

/// Rows of `states` drawn with these probabilities.
BasicMatrix<double> draw(const BasicMatrix<double>& states, const std::vector<double>& probabilities, std::size_t count,
                         Random& random) {
    BasicMatrix<double> rows(count, states.cols());
    for (std::size_t r = 0; r < count; ++r) {
        double left = (static_cast<double>(random()) + 0.5) * 0x1p-32;
        std::size_t s = 0;
        while (s + 1 < states.rows() && left >= probabilities[s]) left -= probabilities[s++];
        std::ranges::copy(states.row(s), rows.row(r).begin());
    }
    return rows;
}

/// Chains whose hidden states are independent draws from the machine itself.
PreciseChains exact_chains(const PreciseMachine& machine, std::size_t count, Random& random) {
    if (state_count(machine.hidden) == 0)
        return PreciseChains::from_data(
            machine, draw(all_states(machine.visible), exact_probabilities(machine), count, random), random);
    const auto states = all_states(machine.hidden);
    auto logs = machine.hidden_free_energy(states);
    const double total = log_partition(machine);
    for (double& value : logs) value = std::exp(-value - total);
    PreciseChains chains;
    chains.hidden = draw(states, logs, count, random);
    chains.visible.resize(count, machine.visible_count());
    return chains;
}

/// A machine whose visible states are always `pattern`, so that what chains do is known.
Machine stubborn(const std::vector<float>& pattern, std::size_t hidden, std::uint64_t seed) {
    Machine machine = random_machine<float>("bernoulli", pattern.size(), "bernoulli", hidden, seed, 0.5);
    for (std::size_t i = 0; i < pattern.size(); ++i) location(machine.visible)[i] = pattern[i] == 1 ? 512.0F : -512.0F;
    return machine;
}

TrainSettings plain_settings() {
    TrainSettings settings;
    settings.learning_rate = 0.0625F;
    settings.schedule = Schedule::constant;
    settings.centering = false;
    settings.epochs = 1;
    return settings;
}

Dataset dataset(const std::vector<std::vector<float>>& rows) {
    std::vector<float> values;
    for (const auto& row : rows) values.insert(values.end(), row.begin(), row.end());
    return Dataset::from_floats(rows.size(), rows.front().size(), values);
}

double largest_difference(const Machine& a, const Machine& b) {
    double worst = 0;
    each_pair(a, b, [&](std::string_view, std::span<const float> x, std::span<const float> y) {
        for (std::size_t i = 0; i < x.size(); ++i)
            worst = std::max(worst, std::abs(static_cast<double>(x[i]) - static_cast<double>(y[i])));
    });
    return worst;
}

}  // namespace

TEST_SUITE_BEGIN("trainer");

TEST_CASE("CD-k's mean update becomes the likelihood's gradient as k grows, and CD-1's does not") {
    for (const auto& [visible_kind, hidden_kind] : unit_pairs) {
        const std::string kinds = visible_kind + "-" + hidden_kind;
        CAPTURE(kinds);
        // Spins couple four times as strongly as bits, and real numbers spread with what they are coupled to: chains
        // must mix in 25 sweeps, and not in 2.
        const bool bits = visible_kind == "bernoulli" || hidden_kind == "bernoulli";
        const bool spins = changes_by_more(visible_kind) || changes_by_more(hidden_kind);
        const double size = !bits || hidden_kind == "gaussian" ? 0.45 : spins ? 0.75 : 0.9;
        const auto machine = random_machine<double>(visible_kind, 4, hidden_kind, 3, 82, size);
        auto data = random_states(machine.visible, 6, 83);
        for (double& value : data.values()) value *= is_discrete(machine.visible) ? 1.0 : 2.0;
        const Comparison one = contrastive_divergence(machine, data, 1);
        const Comparison two = contrastive_divergence(machine, data, 2);
        const Comparison many = contrastive_divergence(machine, data, 25);
        CHECK(one.worst_z > 6);
        CHECK(two.distance < one.distance);
        CHECK(many.worst_z < 4.5);
        CHECK(many.distance < 0.5 * two.distance);
    }
}

TEST_CASE("PCD with chains that are in equilibrium follows the likelihood's gradient, and leaves them there") {
    for (const auto& [visible_kind, hidden_kind] : unit_pairs) {
        const std::string kinds = visible_kind + "-" + hidden_kind;
        CAPTURE(kinds);
        const auto machine = random_machine<double>(visible_kind, 4, hidden_kind, 3, 84, 0.6);
        const auto data = random_states(machine.visible, 7, 85);
        const auto expected = exact_gradient(machine, data);
        std::vector<Moments> found(expected.size()), later(expected.size());
        Random random(86);
        PreciseWorkspace workspace;
        const PersistentContrastiveDivergence objective{1, 150};
        for (std::size_t repetition = 0; repetition < 500; ++repetition) {
            auto chains = exact_chains(machine, 150, random);
            for (auto* moments : {&found, &later}) {
                const std::size_t batch = fill_batch(machine, data, 1, 150, workspace);
                PreciseMachine gradient = machine.zeros_like();
                objective.add_gradient(machine, batch, chains, random, workspace, gradient);
                CHECK(std::ranges::equal(chains.visible.row(149), workspace.visible.row(batch + 149)));
                const auto values = flat(gradient);
                for (std::size_t i = 0; i < values.size(); ++i) (*moments)[i].add(values[i]);
            }
        }
        CHECK(compare(found, expected).worst_z < 4.5);
        CHECK(compare(later, expected).worst_z < 4.5);
    }
}

TEST_CASE("the mean of hidden units that add_gradient leaves is the batch's") {
    const auto machine = random_machine<double>("bernoulli", 5, "bernoulli", 4, 87);
    const auto data = random_states(machine.visible, 6, 88);
    const auto expected = machine.hidden_mean(data);
    PreciseWorkspace workspace;
    Random random(89);
    PreciseMachine gradient = machine.zeros_like();
    PreciseChains chains;
    ContrastiveDivergence{2}.add_gradient(machine, fill_batch(machine, data, 1, 0, workspace), chains, random,
                                          workspace, gradient);
    for (std::size_t b = 0; b < 6; ++b) CHECK(std::ranges::equal(workspace.hidden_mean.row(b), expected.row(b)));
    chains = PreciseChains::from_noise(machine, 9, random);
    PersistentContrastiveDivergence{2, 9}.add_gradient(machine, fill_batch(machine, data, 1, 9, workspace), chains,
                                                       random, workspace, gradient);
    for (std::size_t b = 0; b < 6; ++b) CHECK(std::ranges::equal(workspace.hidden_mean.row(b), expected.row(b)));
}

TEST_CASE("floats and doubles take the same steps") {
    for (const auto& [visible_kind, hidden_kind] : unit_pairs) {
        const auto machine = random_machine<float>(visible_kind, 20, hidden_kind, 15, 90, 0.2);
        const auto exact = precise(machine);
        const auto data = random_states(machine.visible, 12, 91);
        const auto run = [&]<class Real>(const BasicMachine<Real>& of, Real) {
            BasicGradientWorkspace<Real> workspace;
            workspace.resize(of, 12, 5);
            for (std::size_t b = 0; b < 12; ++b) {
                std::copy(data.row(b).begin(), data.row(b).end(), workspace.visible.row(b).begin());
                workspace.row_weights[b] = static_cast<Real>(b + 1);
            }
            Random random(92);
            auto chains = BasicChains<Real>::from_noise(of, 5, random);
            auto gradient = of.zeros_like();
            PersistentContrastiveDivergence{2, 5}.add_gradient(of, 12, chains, random, workspace, gradient);
            return gradient;
        };
        const auto found = run(machine, 0.0F);
        const auto expected = run(exact, 0.0);
        each_pair(found, expected, [](std::string_view name, auto values, auto wanted) {
            INFO(name);
            for (std::size_t i = 0; i < values.size(); ++i)
                CHECK(static_cast<double>(values[i]) == doctest::Approx(wanted[i]).epsilon(1e-3).scale(1));
        });
    }
}

TEST_CASE("batches of any length and weights, and any number of chains, leave both phases in balance") {
    // Data, fantasies and so their gradients are all the same row: what is left would be imbalance.
    const std::vector<float> pattern = {1, 0, 1, 1, 0};
    const auto machine = precise(stubborn(pattern, 4, 93));
    for (const std::size_t batch : std::initializer_list<std::size_t>{1, 3, 10})
        for (const std::size_t chain_count : std::initializer_list<std::size_t>{1, 4, 10, 33})
            for (const bool persistent : {true, false}) {
                PreciseWorkspace workspace;
                workspace.resize(machine, batch, persistent ? chain_count : batch);
                for (std::size_t b = 0; b < batch; ++b) {
                    std::ranges::copy(pattern, workspace.visible.row(b).begin());
                    workspace.row_weights[b] = 0.1 * static_cast<double>(b + 1);
                }
                Random random(94);
                auto chains = PreciseChains::from_noise(machine, chain_count, random);
                PreciseMachine gradient = machine.zeros_like();
                if (persistent)
                    PersistentContrastiveDivergence{1, chain_count}.add_gradient(machine, batch, chains, random,
                                                                                 workspace, gradient);
                else
                    ContrastiveDivergence{1}.add_gradient(machine, batch, chains, random, workspace, gradient);
                for (const double value : flat(gradient)) CHECK(std::abs(value) < 1e-13);
            }
}

TEST_CASE("gradients of uneven batches add up to the gradient of the whole") {
    const std::vector<float> pattern = {1, 0, 1, 1, 0};
    const auto machine = precise(stubborn(pattern, 4, 95));
    const auto data = random_states(machine.visible, 20, 96);
    BasicMatrix<double> fantasy(1, 5);
    std::ranges::copy(pattern, fantasy.row(0).begin());
    const auto expected = [&] {
        auto sum = flat(machine.free_energy_gradient(data, std::vector<double>(20, 1.0 / 20)));
        const auto model = flat(machine.free_energy_gradient(fantasy, std::vector<double>{1}));
        for (std::size_t i = 0; i < sum.size(); ++i) sum[i] -= model[i];
        return sum;
    }();
    PreciseMachine gradient = machine.zeros_like();
    Random random(97);
    auto chains = PreciseChains::from_noise(machine, 3, random);
    PreciseWorkspace workspace;
    std::size_t first = 0;
    for (const std::size_t batch : std::initializer_list<std::size_t>{7, 12, 1}) {
        workspace.resize(machine, batch, 3);
        for (std::size_t b = 0; b < batch; ++b) {
            std::ranges::copy(data.row(first + b), workspace.visible.row(b).begin());
            workspace.row_weights[b] = 1.0 / 20;
        }
        PersistentContrastiveDivergence{1, 3}.add_gradient(machine, batch, chains, random, workspace, gradient);
        first += batch;
    }
    const auto found = flat(gradient);
    for (std::size_t i = 0; i < found.size(); ++i)
        CHECK(found[i] == doctest::Approx(expected[i]).epsilon(1e-12).scale(1));
}

TEST_CASE("in a ragged last batch each row counts by that batch's length") {
    // One-hot rows: the step of a visible bias tells in how long a batch its row was.
    const std::size_t rows = 10;
    std::vector<std::vector<float>> hot(rows, std::vector<float>(rows, 0.0F));
    for (std::size_t r = 0; r < rows; ++r) hot[r][r] = 1;
    const Dataset data = dataset(hot);
    const std::vector<float> pattern(rows, 0.0F);
    TrainSettings settings = plain_settings();
    settings.batch_size = 4;
    for (const std::size_t chains :
         std::initializer_list<std::size_t>{std::size_t{0}, std::size_t{3}, std::size_t{25}}) {
        const Machine start = stubborn(pattern, 3, 98);
        TrainState state = start_training(start, data, settings, chains, 99);
        if (chains == 0)
            train(state, ContrastiveDivergence{1}, data, settings);
        else
            train(state, PersistentContrastiveDivergence{1, chains}, data, settings);
        std::size_t quarters = 0, halves = 0;
        for (std::size_t i = 0; i < rows; ++i) {
            const float step = location(state.machine.visible)[i] - location(start.visible)[i];
            quarters += step == settings.learning_rate / 4;
            halves += step == settings.learning_rate / 2;
        }
        CHECK(quarters == 8);
        CHECK(halves == 2);
        CHECK(state.update.updates == 3);
    }
}

TEST_CASE("whole sample weights are repeated rows; their scale does not matter, and weight 0 leaves a row out") {
    const std::vector<float> a = {1, 0, 1, 1}, b = {0, 1, 1, 0}, c = {0, 0, 0, 1}, odd = {1, 1, 0, 0};
    const Dataset few = dataset({a, b, c, odd}), many = dataset({a, b, b, c, c, c});
    const Machine start = stubborn({1, 0, 0, 1}, 3, 100);
    for (const bool centering : {false, true}) {
        TrainSettings settings = plain_settings();
        settings.centering = centering;
        settings.offset_rate = 0.25F;
        settings.epochs = 4;
        settings.sparsity_cost = 0.5F;
        settings.sparsity_target = 0.1F;
        const auto run = [&](const Dataset& data, const std::vector<float>& weights, std::size_t chains) {
            TrainState state = start_training(start, data, settings, chains, 101);
            state.update = UpdateState::start(start, settings, std::vector<double>{0.5, 0.25, 0.5, 0.75});
            if (chains == 0)
                train(state, ContrastiveDivergence{1}, data, settings, {}, weights);
            else
                train(state, PersistentContrastiveDivergence{1, chains}, data, settings, {}, weights);
            return state.machine;
        };
        for (const std::size_t chains : std::initializer_list<std::size_t>{std::size_t{0}, std::size_t{5}}) {
            const Machine repeated_rows = run(many, {}, chains);
            CHECK(largest_difference(repeated_rows, start) > 0.01);
            CHECK(largest_difference(run(few, {1, 2, 3, 0}, chains), repeated_rows) < 1e-4);
            CHECK(largest_difference(run(few, {4, 8, 12, 0}, chains), run(few, {1, 2, 3, 0}, chains)) < 1e-4);
            CHECK(largest_difference(run(few, {1, 2, 3, 1}, chains), repeated_rows) > 1e-3);
        }
    }
}

TEST_CASE("an objective that the library has never seen trains, through both forms of train") {
    /// Draws every visible unit's mean to the data's: the gradient of a machine whose weights stay 0.
    struct Pull {
        float strength = 1;
        std::size_t* calls = nullptr;

        std::size_t negative_rows(std::size_t) const { return 0; }
        void add_gradient(const Machine& machine, std::size_t batch, Chains& chains, Random&,
                          GradientWorkspace& workspace, Machine& gradient) const {
            CHECK(chains.count() == 0);
            ++*calls;
            const auto field = workspace.hidden_field.rows_from(0, batch);
            machine.hidden_field(workspace.visible.rows_from(0, batch), workspace.machine, field);
            mean(machine.hidden, field, {}, workspace.hidden_mean.rows_from(0, batch));
            const Matrix model = machine.visible_mean(Matrix(1, machine.hidden_count()));
            const auto slopes = location(gradient.visible);
            for (std::size_t b = 0; b < batch; ++b)
                for (std::size_t i = 0; i < slopes.size(); ++i)
                    slopes[i] += strength * workspace.row_weights[b] * (model(0, i) - workspace.visible(b, i));
        }
    };
    const Dataset data = dataset({{1, 0, 1}, {1, 1, 0}, {1, 0, 0}, {0, 0, 0}});
    TrainSettings settings = plain_settings();
    settings.batch_size = 4;
    settings.epochs = 200;
    settings.learning_rate = 1;
    std::size_t calls = 0;
    const Pull pull{2, &calls};
    const Machine start{Bernoulli(3), Bernoulli(2)};
    TrainState state = start_training(start, data, settings, 0, 1);
    train(state, pull, data, settings);
    CHECK(calls == 200);
    const Matrix learnt = state.machine.visible_mean(Matrix(1, 2));
    CHECK(learnt(0, 0) == doctest::Approx(0.75).epsilon(1e-3));
    CHECK(learnt(0, 1) == doctest::Approx(0.25).epsilon(1e-3));
    CHECK(learnt(0, 2) == doctest::Approx(0.25).epsilon(1e-3));
    Machine machine = start;
    Random random(1);
    train(machine, pull, data, settings, random);
    CHECK(calls == 400);
    CHECK(machine == state.machine);
}

TEST_CASE("training from a persistent state without chains, with bad weights or shapes is refused") {
    const Dataset data = dataset({{1, 0, 1}, {0, 1, 1}});
    const Machine machine{Bernoulli(3), Bernoulli(2)};
    const TrainSettings settings = plain_settings();
    const auto attempt = [&](std::size_t chains, std::size_t wanted, const std::vector<float>& weights) {
        TrainState state = start_training(machine, data, settings, chains, 1);
        if (wanted == 0)
            train(state, ContrastiveDivergence{1}, data, settings, {}, weights);
        else
            train(state, PersistentContrastiveDivergence{1, wanted}, data, settings, {}, weights);
    };
    CHECK_NOTHROW(attempt(4, 4, {}));
    CHECK_THROWS_AS(attempt(0, 4, {}), InvalidArgument);
    CHECK_THROWS_AS(attempt(3, 4, {}), InvalidArgument);
    CHECK_THROWS_AS(attempt(3, 0, {}), InvalidArgument);
    CHECK_THROWS_AS(attempt(0, 0, {1}), InvalidArgument);
    CHECK_THROWS_AS(attempt(0, 0, {1, -1}), InvalidArgument);
    CHECK_THROWS_AS(attempt(0, 0, {0, 0}), InvalidArgument);
    CHECK_THROWS_AS(attempt(0, 0, {1, std::nanf("")}), InvalidArgument);
    TrainState state = start_training(machine, data, settings, 0, 1);
    CHECK_THROWS_AS(train(state, ContrastiveDivergence{1}, dataset({{1, 0}}), settings), InvalidArgument);
    TrainSettings broken = settings;
    broken.batch_size = 0;
    CHECK_THROWS_AS(train(state, ContrastiveDivergence{1}, data, broken), InvalidArgument);
    broken = settings;
    broken.minimum_sigma = {0.1F, 0.1F};
    CHECK_THROWS_AS(train(state, ContrastiveDivergence{1}, data, broken), InvalidArgument);
}

TEST_CASE("momentum climbs its ramp: from one half, or from itself when it is below") {
    // Saturated on both sides: the gradient of W is the same at every update.
    const std::vector<float> pattern = {0, 0};
    Machine machine = stubborn(pattern, 1, 102);
    machine.weights.fill(0);
    location(machine.hidden)[0] = 512;
    const Dataset data = dataset({{1, 0}, {1, 0}});
    const auto velocities = [&](float momentum, float ramp, std::size_t epochs) {
        TrainSettings settings = plain_settings();
        settings.momentum = momentum;
        settings.momentum_ramp = ramp;
        settings.epochs = epochs;
        TrainState state = start_training(machine, data, settings, 0, 1);
        std::vector<double> found;
        TrainObserver observer;
        observer.on_epoch = [&](const EpochReport&, const TrainState& now) {
            found.push_back(static_cast<double>(now.update.velocity.weights(0, 0)) / 0.0625);
        };
        train(state, ContrastiveDivergence{1}, data, settings, observer);
        return found;
    };
    const auto expect = [](const std::vector<double>& found, const std::vector<double>& momenta) {
        double velocity = 0;
        REQUIRE(found.size() == momenta.size());
        for (std::size_t i = 0; i < found.size(); ++i) {
            velocity = momenta[i] * velocity + 1;
            CHECK(found[i] == doctest::Approx(velocity).epsilon(1e-6));
        }
    };
    expect(velocities(0.9F, 2, 5), {0.5, 0.7, 0.9, 0.9, 0.9});
    expect(velocities(0.3F, 2, 3), {0.3, 0.3, 0.3});
    expect(velocities(0.8F, 0, 3), {0.8, 0.8, 0.8});
    CHECK(velocities(0, 5, 3) == std::vector<double>{0, 0, 0});  // without momentum nothing is kept
}

TEST_CASE("a sparsity target draws the hidden units' activity to itself") {
    const auto values = random_states(BasicUnits<float>(Bernoulli(12)), 200, 103);
    const Dataset data = Dataset::from_floats(200, 12, {values.values().begin(), values.values().end()});
    const auto activity = [&](float cost) {
        Machine machine{Bernoulli(12), Bernoulli(8)};
        Random random(104);
        initialize(machine, data, random);
        TrainSettings settings;
        settings.epochs = 30;
        settings.batch_size = 20;
        settings.sparsity_target = 0.1F;
        settings.sparsity_cost = cost;
        train(machine, ContrastiveDivergence{1}, data, settings, random);
        double sum = 0;
        const Matrix means = machine.hidden_mean(values);
        for (const float mean : means.values()) sum += static_cast<double>(mean);
        return sum / static_cast<double>(means.values().size());
    };
    CHECK(activity(0) > 0.3);
    CHECK(activity(3) < 0.2);
    CHECK(activity(3) > 0.05);
}

TEST_CASE("initial weights are small normals; locations and spreads are the data's, within reason") {
    std::vector<float> values(400 * 4);
    for (std::size_t r = 0; r < 400; ++r) {
        values[4 * r] = r < 100 ? 1 : 0;
        values[4 * r + 1] = 0;
        values[4 * r + 2] = 1;
        values[4 * r + 3] = r % 2 == 0 ? 1 : 0;
    }
    const Dataset bits = Dataset::from_floats(400, 4, values);
    Machine machine{Bernoulli(4), Bernoulli(600)};
    std::ranges::fill(location(machine.hidden), 7.0F);
    Random random(105);
    initialize(machine, bits, random);
    const auto bias = location(machine.visible);
    CHECK(bias[0] == doctest::Approx(std::log(0.25 / 0.75)).epsilon(1e-6));
    CHECK(bias[1] == doctest::Approx(-std::log(400.0)).epsilon(1e-6));
    CHECK(bias[2] == doctest::Approx(std::log(400.0)).epsilon(1e-6));
    CHECK(bias[3] == doctest::Approx(0).scale(1).epsilon(1e-6));
    for (const float hidden_bias : location(machine.hidden)) CHECK(hidden_bias == 0);
    Moments weights;
    for (const float weight : machine.weights.values()) weights.add(static_cast<double>(weight));
    CHECK(std::abs(weights.mean()) < 5 * weights.standard_error());
    CHECK(std::sqrt(weights.variance()) == doctest::Approx(0.01).epsilon(0.06));

    for (std::size_t r = 0; r < 400; ++r) values[4 * r] = 3 + 2 * normal_at({106, 0, 0}, r, 0);
    Machine gaussian{Gaussian(4), Bernoulli(2)};
    initialize(gaussian, Dataset::from_floats(400, 4, values), random);
    const auto& units = std::get<Gaussian>(gaussian.visible);
    Moments column;
    for (std::size_t r = 0; r < 400; ++r) column.add(static_cast<double>(values[4 * r]));
    CHECK(units.center[0] == doctest::Approx(column.mean()).epsilon(1e-5));
    CHECK(units.log_sigma[0] == doctest::Approx(0.5 * std::log(column.variance() * 399 / 400)).epsilon(1e-4));
    CHECK(units.center[2] == 1);
    CHECK(units.log_sigma[2] == 0);  // no spread: 1
    CHECK(units.log_sigma[3] == doctest::Approx(std::log(0.5)).epsilon(1e-5));
    CHECK_THROWS_AS(initialize(gaussian, Dataset::from_floats(1, 2, {0, 1}), random), InvalidArgument);
}

TEST_CASE("sample weights shape the start as repeated rows would") {
    const std::vector<float> a = {1, 0.5F, 2}, b = {0, -1, 1}, c = {0.25F, 3, 0}, odd = {7, 7, 7};
    const Dataset few = dataset({a, b, c, odd}), many = dataset({a, b, b, c, c, c});
    const std::vector<float> weights = {2, 4, 6, 0};
    const auto begin = [](const Dataset& data, const std::vector<float>& by) {
        Machine machine{Gaussian(3), Bernoulli(2)};
        Random random(109);
        initialize(machine, data, random, by);
        return start_training(machine, data, plain_settings(), 0, 1, by);
    };
    const TrainState found = begin(few, weights), expected = begin(many, {});
    CHECK(largest_difference(found.machine, expected.machine) < 1e-6);
    CHECK(largest_difference(begin(few, {}).machine, expected.machine) > 0.1);
    for (std::size_t i = 0; i < 3; ++i)
        CHECK(found.update.visible_offset[i] == doctest::Approx(expected.update.visible_offset[i]).epsilon(1e-6));
    // A unit that is on wherever a row counts has the log-odds of so many rows.
    Machine bits{Bernoulli(1), Bernoulli(1)};
    Random random(110);
    initialize(bits, dataset({{1}, {1}, {1}, {0}}), random, std::vector<float>{1, 1, 1, 0});
    CHECK(location(bits.visible)[0] == doctest::Approx(std::log(3.0)));
    CHECK_THROWS_AS(begin(few, {1, 1}), InvalidArgument);
    CHECK_THROWS_AS(begin(few, {1, 1, -1, 1}), InvalidArgument);
}

TEST_CASE("settings that make no sense are refused before the first update") {
    const Dataset data = dataset({{1, 0, 1}, {0, 1, 1}});
    const Machine machine{Gaussian(3), Bernoulli(2)};
    const auto attempt = [&](auto change) {
        TrainSettings settings = plain_settings();
        change(settings);
        TrainState state = start_training(machine, data, settings, 0, 1);
        const Control control{[](const ProgressReport&) { throw std::logic_error("an update was made"); }, {}};
        train(state, ContrastiveDivergence{1}, data, settings, {}, {}, control);
    };
    CHECK_THROWS_AS(attempt([](TrainSettings&) {}), std::logic_error);
    const float nothing = std::nanf(""), infinity = std::numeric_limits<float>::infinity();
    for (float UpdateSettings::*const member :
         {&UpdateSettings::learning_rate, &UpdateSettings::momentum, &UpdateSettings::momentum_ramp,
          &UpdateSettings::weight_decay, &UpdateSettings::weight_decay_l1, &UpdateSettings::sparsity_cost,
          &UpdateSettings::gradient_norm_limit, &UpdateSettings::offset_rate, &UpdateSettings::log_sigma_rate,
          &UpdateSettings::maximum_sigma, &UpdateSettings::averaging})
        for (const float bad : {-0.1F, nothing, infinity})
            CHECK_THROWS_AS(attempt([&](TrainSettings& settings) { settings.*member = bad; }), InvalidArgument);
    CHECK_THROWS_AS(attempt([&](TrainSettings& settings) { settings.sparsity_target = nothing; }), InvalidArgument);
    CHECK_THROWS_AS(attempt([&](TrainSettings& settings) { settings.momentum = 1; }), InvalidArgument);
    CHECK_THROWS_AS(attempt([&](TrainSettings& settings) { settings.offset_rate = 1.5F; }), InvalidArgument);
    CHECK_THROWS_AS(attempt([&](TrainSettings& settings) { settings.averaging = 1.5F; }), InvalidArgument);
    for (const float bad : {0.0F, -1.0F, nothing, infinity, 101.0F})
        CHECK_THROWS_AS(attempt([&](TrainSettings& settings) {
                            settings.minimum_sigma = {0.1F, bad, 0.1F};
                        }),
                        InvalidArgument);
    CHECK_THROWS_AS(attempt([&](TrainSettings& settings) {
                        settings.minimum_sigma = {100.0F, 0.1F, 100.0F};
                    }),
                    std::logic_error);
}

TEST_CASE("every batch and epoch is told, and a cancelled run goes on where it was") {
    const Dataset data = dataset(std::vector<std::vector<float>>(10, {1, 0, 1}));
    TrainSettings settings = plain_settings();
    settings.batch_size = 4;
    settings.epochs = 3;
    settings.schedule = Schedule::linear;
    TrainState state = start_training(Machine{Bernoulli(3), Bernoulli(2)}, data, settings, 0, 1);
    std::vector<std::size_t> batches;
    std::vector<EpochReport> epochs;
    TrainObserver observer;
    Control control;
    control.progress = [&](const ProgressReport& report) {
        CHECK(report.phase == "training");
        CHECK(report.total == 9);
        batches.push_back(static_cast<std::size_t>(report.done));
    };
    observer.on_epoch = [&](const EpochReport& report, const TrainState& now) {
        CHECK(now.epoch == report.epoch);
        CHECK(now.batch == 0);
        epochs.push_back(report);
    };
    control.cancelled = [&] { return batches.size() == 6; };  // after the last batch of the second epoch
    CHECK_THROWS_AS(train(state, ContrastiveDivergence{1}, data, settings, observer, {}, control), Cancelled);
    CHECK(state.epoch == 2);
    CHECK(state.batch == 0);
    CHECK(batches == std::vector<std::size_t>{1, 2, 3, 4, 5, 6});
    batches.clear();
    control.cancelled = [&] { return batches.size() == 3; };  // too late: all is done
    train(state, ContrastiveDivergence{1}, data, settings, observer, {}, control);
    CHECK(batches == std::vector<std::size_t>{7, 8, 9});
    REQUIRE(epochs.size() == 3);
    CHECK(epochs[2].epoch == 3);
    CHECK(epochs[2].epochs == 3);
    CHECK(epochs[2].updates == 9);
    CHECK(epochs[2].learning_rate == doctest::Approx(0.0625 / 9));
    CHECK(epochs[0].gradient_norm > 0);
    // A finished run is left as it is.
    const Machine done = state.machine;
    train(state, ContrastiveDivergence{1}, data, settings, observer);
    CHECK(state.machine == done);
    CHECK(epochs.size() == 3);
}

TEST_CASE("a learning rate beyond all reason is Diverged, not a model") {
    const auto values = random_states(BasicUnits<float>(Bernoulli(12)), 50, 107);
    const Dataset data = Dataset::from_floats(50, 12, {values.values().begin(), values.values().end()});
    for (const float rate : {1e8F, 1e38F})
        for (const bool centering : {false, true}) {
            TrainSettings settings;
            settings.learning_rate = rate;
            settings.centering = centering;
            Machine machine{Bernoulli(12), Bernoulli(8)};
            Random random(108);
            initialize(machine, data, random);
            const Machine start = machine;
            CHECK_THROWS_AS(train(machine, PersistentContrastiveDivergence{1, 10}, data, settings, random), Diverged);
            CHECK(machine == start);  // nothing was lost
        }
}

TEST_SUITE_END();

}  // namespace trainer_test
