// SPDX-License-Identifier: MIT
// Objectives without chains: every loss against its definition in free energies alone, every gradient against finite
// differences of the loss, and what the minima are.
#include <doctest/doctest.h>

#include <functional>
#include <numeric>

#include "rbm/estimate/exact.h"
#include "rbm/kernels/context.h"
#include "rbm/kernels/error.h"
#include "rbm/kernels/ops.h"
#include "rbm/trainer/lbfgs.h"
#include "rbm/trainer/objectives/contrastive_divergence.h"
#include "rbm/trainer/objectives/discriminative.h"
#include "rbm/trainer/objectives/noise_contrastive.h"
#include "rbm/trainer/objectives/pseudo_likelihood.h"
#include "rbm/trainer/objectives/ratio_matching.h"
#include "rbm/trainer/objectives/score_matching.h"
#include "rbm/trainer/train.h"
#include "tests/support/small_machines.h"
#include "tests/support/statistics.h"

using namespace rbm;
using namespace rbm::test;

namespace objectives_test {
namespace {

using PreciseWorkspace = BasicGradientWorkspace<double>;
using PrecisePhase = BasicNegativePhase<double>;

constexpr std::size_t rows = 7;

/// Weights of rows that differ, so that none is forgotten.
double weight_of(std::size_t row) { return 0.05 * static_cast<double>(row + 1); }

struct Outcome {
    double loss = 0;
    PreciseMachine gradient;
    PreciseWorkspace workspace;
    PrecisePhase phase;
};

/// One gradient, always by the same draws.
template <class O>
Outcome outcome(const O& objective, const PreciseMachine& machine, const BasicMatrix<double>& data,
                std::optional<double> log_constant = {}) {
    Outcome result;
    result.gradient = machine.zeros_like();
    result.phase.log_constant = log_constant;
    result.workspace.resize(machine, data.rows(), objective.negative_rows(data.rows()));
    for (std::size_t b = 0; b < data.rows(); ++b) {
        std::ranges::copy(data.row(b), result.workspace.visible.row(b).begin());
        result.workspace.row_weights[b] = weight_of(b);
    }
    Random random(601);
    objective.add_gradient(machine, data.rows(), result.phase, random, result.workspace, result.gradient);
    REQUIRE(result.workspace.loss.has_value());
    result.loss = result.workspace.loss.value_or(0);
    return result;
}

std::vector<double> flat(const PreciseMachine& machine) {
    std::vector<double> values;
    machine.each_parameter(
        [&](std::string_view, std::span<const double> some) { values.insert(values.end(), some.begin(), some.end()); });
    return values;
}

/// Fourth-order central differences of loss() in each parameter.
std::vector<double> slopes_of(PreciseMachine& machine, const std::function<double()>& loss) {
    std::vector<double> slopes;
    constexpr double step = 1e-3;
    machine.each_parameter([&](std::string_view, std::span<double> values) {
        for (double& value : values) {
            const double kept = value;
            const auto at = [&](double shift) {
                value = kept + shift;
                return loss();
            };
            const double near = at(step) - at(-step), far = at(2 * step) - at(-2 * step);
            value = kept;
            slopes.push_back((8 * near - far) / (12 * step));
        }
    });
    return slopes;
}

template <class O>
void check_gradient(const O& objective, PreciseMachine machine, const BasicMatrix<double>& data,
                    std::optional<double> log_constant = {}) {
    const auto found = flat(outcome(objective, machine, data, log_constant).gradient);
    const auto expected = slopes_of(machine, [&] { return outcome(objective, machine, data, log_constant).loss; });
    REQUIRE(found.size() == expected.size());
    double largest = 0;
    for (std::size_t p = 0; p < found.size(); ++p) {
        CAPTURE(p);
        CHECK(std::abs(found[p] - expected[p]) < 1e-8 * (1 + std::abs(expected[p])));
        largest = std::max(largest, std::abs(expected[p]));
    }
    CHECK(largest > 1e-3);
}

double free_energy(const PreciseMachine& machine, std::vector<double> state) {
    return machine.free_energy(ConstDoubleView(state.data(), 1, state.size()))[0];
}

std::vector<double> row_of(const BasicMatrix<double>& data, std::size_t b) {
    return {data.row(b).begin(), data.row(b).end()};
}

/// -F along one coordinate or more: its first and second derivative by differences.
struct Derivatives {
    double first, second;
};
Derivatives along(const PreciseMachine& machine, const std::vector<double>& state,
                  const std::vector<double>& direction) {
    constexpr double step = 1e-2;
    const auto at = [&](double t) {
        auto moved = state;
        for (std::size_t i = 0; i < moved.size(); ++i) moved[i] += t * step * direction[i];
        return -free_energy(machine, moved);
    };
    const double f1 = at(1), b1 = at(-1), f2 = at(2), b2 = at(-2), f3 = at(3), b3 = at(-3), middle = at(0);
    return {(45 * (f1 - b1) - 9 * (f2 - b2) + (f3 - b3)) / (60 * step),
            (2 * (f3 + b3) - 27 * (f2 + b2) + 270 * (f1 + b1) - 490 * middle) / (180 * step * step)};
}

std::vector<double> axis(std::size_t width, std::size_t i) {
    std::vector<double> direction(width, 0.0);
    direction[i] = 1;
    return direction;
}

PreciseMachine gaussian_machine(std::uint64_t seed, const char* hidden_kind = "bernoulli") {
    return random_machine<double>("gaussian", 4, hidden_kind, 3, seed, 0.8);
}

/// Calls use(machine) with one of every pair of kinds whose visible units are discrete, or continuous.
void with_each_pair(bool discrete, std::size_t visible, std::uint64_t seed,
                    const std::function<void(const PreciseMachine&)>& use) {
    std::size_t found = 0;
    for (const auto& kinds : unit_pairs) {
        const auto &visible_kind = kinds.first, &hidden_kind = kinds.second;
        const auto machine = random_machine<double>(visible_kind, visible, hidden_kind, 3, seed, 0.6);
        if (is_discrete(machine.visible) != discrete) continue;
        INFO(visible_kind << " x " << hidden_kind);
        use(machine);
        ++found;
    }
    CHECK(found >= 3);
}

/// sum over rows and sites of weight times f(probabilities of the site's letters given all others, the one that
/// stands), from free energies.
double over_sites(const PreciseMachine& machine, const BasicMatrix<double>& data,
                  const std::function<double(const std::vector<double>&, std::size_t)>& f) {
    const BasicMatrix<double> letters = site_states(machine.visible);
    const std::size_t columns = letters.cols();
    double sum = 0;
    for (std::size_t b = 0; b < data.rows(); ++b)
        for (std::size_t i = 0; i < data.cols(); i += columns) {
            std::vector<double> logs;
            std::size_t stands = letters.rows();
            for (std::size_t k = 0; k < letters.rows(); ++k) {
                auto changed = row_of(data, b);
                std::copy_n(letters.row(k).begin(), columns, changed.begin() + static_cast<std::ptrdiff_t>(i));
                if (changed == row_of(data, b)) stands = k;
                logs.push_back(-free_energy(machine, changed));
            }
            REQUIRE(stands < letters.rows());
            const double normalizer = log_sum_exp(logs);
            for (double& value : logs) value = std::exp(value - normalizer);
            sum += weight_of(b) * f(logs, stands);
        }
    return sum;
}

/// `count` independent rows of a machine whose visible units can be enumerated.
Dataset drawn_from(const Machine& machine, std::size_t count, Random& random) {
    const auto states = all_states(machine.visible);
    const auto probabilities = exact_probabilities(machine);
    std::vector<float> values;
    for (std::size_t r = 0; r < count; ++r) {
        double left = (static_cast<double>(random()) + 0.5) * 0x1p-32;
        std::size_t s = 0;
        while (s + 1 < states.rows() && left >= probabilities[s]) left -= probabilities[s++];
        values.insert(values.end(), states.row(s).begin(), states.row(s).end());
    }
    return Dataset::from_floats(count, machine.visible_count(), values);
}

NoiseContrastive noise_of(const PreciseMachine& machine, std::uint64_t seed) {
    const Machine shape = random_machine<float>(std::string(kind(machine.visible)), site_count(machine.visible),
                                                "bernoulli", 1, seed, 0.5);
    return {shape.visible, 3};
}

}  // namespace

TEST_SUITE_BEGIN("objectives");

TEST_CASE("score matching is half the squared score and its divergence") {
    for (const char* hidden_kind : {"bernoulli", "spin"}) {
        const auto machine = gaussian_machine(602, hidden_kind);
        const auto data = random_states(machine.visible, rows, 603);
        double expected = 0;
        for (std::size_t b = 0; b < rows; ++b)
            for (std::size_t i = 0; i < 4; ++i) {
                const auto [first, second] = along(machine, row_of(data, b), axis(4, i));
                expected += weight_of(b) * (0.5 * first * first + second);
            }
        CHECK(outcome(ScoreMatching{}, machine, data).loss == doctest::Approx(expected).epsilon(1e-7));
    }
}

TEST_CASE("denoising score matching compares the score of noisy rows with where they came from") {
    const auto machine = gaussian_machine(604);
    const auto data = random_states(machine.visible, rows, 605);
    const DenoisingScoreMatching objective{0.4F};
    const Outcome found = outcome(objective, machine, data);
    double expected = 0;
    Moments shifts;
    const double variance = std::pow(static_cast<double>(0.4F), 2);
    for (std::size_t b = 0; b < rows; ++b) {
        const auto noisy = row_of(found.workspace.visible, rows + b);
        for (std::size_t i = 0; i < 4; ++i) {
            const double shift = noisy[i] - data(b, i);
            shifts.add(shift);
            const double error = along(machine, noisy, axis(4, i)).first + shift / variance;
            expected += weight_of(b) * 0.5 * variance * error * error;
        }
        CHECK(std::ranges::equal(found.workspace.visible.row(b), data.row(b)));
    }
    CHECK(found.loss == doctest::Approx(expected).epsilon(1e-7));
    CHECK(shifts.variance() == doctest::Approx(variance).epsilon(0.6));
}

namespace {

struct Spread {
    Moments losses;
    std::vector<Moments> slopes;
};
/// Loss and gradient of an objective that draws something, over many draws.
template <class O>
Spread over_draws(const O& objective, const PreciseMachine& machine, const BasicMatrix<double>& data,
                  std::size_t repetitions, std::uint64_t seed) {
    Spread spread{{}, std::vector<Moments>(flat(machine).size())};
    Random random(seed);
    PrecisePhase phase;
    for (std::size_t repetition = 0; repetition < repetitions; ++repetition) {
        PreciseWorkspace workspace;
        workspace.resize(machine, rows, 0);
        for (std::size_t b = 0; b < rows; ++b) {
            std::ranges::copy(data.row(b), workspace.visible.row(b).begin());
            workspace.row_weights[b] = weight_of(b);
        }
        PreciseMachine gradient = machine.zeros_like();
        objective.add_gradient(machine, rows, phase, random, workspace, gradient);
        spread.losses.add(workspace.loss.value_or(0));
        const auto values = flat(gradient);
        for (std::size_t p = 0; p < values.size(); ++p) spread.slopes[p].add(values[p]);
    }
    return spread;
}

}  // namespace

TEST_CASE("sliced score matching is score matching where directions are averaged out") {
    const auto machine = gaussian_machine(606, "spin");
    const auto data = random_states(machine.visible, rows, 607);
    const Outcome exact = outcome(ScoreMatching{}, machine, data);
    const auto [losses, slopes] = over_draws(SlicedScoreMatching{2}, machine, data, 2000, 608);
    CHECK(std::abs(losses.z(exact.loss)) < 4.5);
    const auto expected = flat(exact.gradient);
    std::size_t noisy = 0;
    for (std::size_t p = 0; p < expected.size(); ++p) {
        if (slopes[p].variance() > 1e-20) {
            CHECK(std::abs(slopes[p].z(expected[p])) < 4.5);
            ++noisy;
        } else {
            CHECK(slopes[p].mean() == doctest::Approx(expected[p]).epsilon(1e-10));
        }
    }
    CHECK(noisy > 10);
}

TEST_CASE("pseudo-likelihood and ratio matching are what free energies of changed states say") {
    with_each_pair(true, 4, 609, [](const PreciseMachine& machine) {
        const auto data = random_states(machine.visible, rows, 610);
        const double surprises = over_sites(
            machine, data, [](const std::vector<double>& p, std::size_t stands) { return -std::log(p[stands]); });
        const double distances = over_sites(machine, data, [](const std::vector<double>& p, std::size_t stands) {
            double sum = 0;
            for (std::size_t k = 0; k < p.size(); ++k) sum += 0.5 * std::pow(p[k] - (k == stands ? 1 : 0), 2);
            return sum;
        });
        CHECK(outcome(PseudoLikelihood{}, machine, data).loss == doctest::Approx(surprises).epsilon(1e-12));
        CHECK(outcome(RatioMatching{}, machine, data).loss == doctest::Approx(distances).epsilon(1e-12));
    });
}

TEST_CASE("changes of some sites stand for all of them on average") {
    for (const char* visible_kind : {"bernoulli", "potts"}) {
        const auto machine = random_machine<double>(visible_kind, 6, "bernoulli", 3, 611, 0.9);
        const auto data = random_states(machine.visible, rows, 612);
        const Outcome exact = outcome(PseudoLikelihood{}, machine, data);
        const auto expected = flat(exact.gradient);
        const auto [losses, slopes] = over_draws(PseudoLikelihood{2}, machine, data, 3000, 613);
        CHECK(losses.variance() > 0);
        CHECK(std::abs(losses.z(exact.loss)) < 4.5);
        for (std::size_t p = 0; p < expected.size(); ++p) CHECK(std::abs(slopes[p].z(expected[p])) < 4.5);
    }
}

TEST_CASE("noise contrast tells data from noise by their densities") {
    for (const auto& kinds : unit_pairs) {
        const auto &visible_kind = kinds.first, &hidden_kind = kinds.second;
        INFO(visible_kind << " x " << hidden_kind);
        const auto machine = random_machine<double>(visible_kind, 4, hidden_kind, 3, 614, 0.7);
        const auto data = random_states(machine.visible, rows, 615);
        const NoiseContrastive objective = noise_of(machine, 616);
        const PreciseMachine base = precise(Machine(objective.base, Bernoulli(1)));
        const double base_log_partition = base.hidden_free_energy(BasicMatrix<double>(1, 1))[0];
        const Outcome found = outcome(objective, machine, data, -0.8);
        const double c = -0.8 + (*found.phase.log_constant + 0.8) / NoiseContrastive::damping(0, 0);
        double total = 0;
        for (std::size_t b = 0; b < rows; ++b) total += weight_of(b);
        const auto loss = [&](double constant) {
            double expected = 0;
            for (std::size_t r = 0; r < 4 * rows; ++r) {
                const auto state = row_of(found.workspace.visible, r);
                // The base's hidden unit has no weights: its share of F, log 2, is left out.
                const double log_noise = -free_energy(base, state) - std::log(2.0) + base_log_partition;
                const double odds = -free_energy(machine, state) + constant - log_noise - std::log(3.0);
                expected += r < rows ? weight_of(r) * std::log1p(std::exp(-odds))
                                     : total / static_cast<double>(rows) * std::log1p(std::exp(odds));
            }
            return expected;
        };
        CHECK(found.loss == doctest::Approx(loss(c)).epsilon(1e-10));
        // c is where the loss of these rows is smallest, and at first the mean is that.
        const double step = 1e-4;
        CHECK(std::abs(c + 0.8) > 0.1);
        CHECK(std::abs(loss(c + step) - loss(c - step)) / (2 * step) < 1e-7);
        CHECK(loss(c) < loss(c + 0.1));
        CHECK(loss(c) < loss(c - 0.1));
        CHECK(*outcome(objective, machine, data).phase.log_constant == doctest::Approx(c).epsilon(1e-8));
    }
}

TEST_CASE("every gradient is that of its loss") {
    for (const char* hidden_kind : {"bernoulli", "spin"}) {
        INFO(hidden_kind);
        const auto machine = gaussian_machine(617, hidden_kind);
        const auto states = random_states(machine.visible, rows, 618);
        check_gradient(ScoreMatching{}, machine, states);
        check_gradient(DenoisingScoreMatching{0.5F}, machine, states);
        check_gradient(SlicedScoreMatching{3}, machine, states);
    }
    with_each_pair(true, 4, 620, [](const PreciseMachine& machine) {
        const auto patterns = random_states(machine.visible, rows, 621);
        check_gradient(PseudoLikelihood{}, machine, patterns);
        check_gradient(PseudoLikelihood{2}, machine, patterns);
        check_gradient(RatioMatching{}, machine, patterns);
        check_gradient(noise_of(machine, 622), machine, patterns, -2.0);
    });
    with_each_pair(false, 4, 619, [](const PreciseMachine& machine) {
        check_gradient(noise_of(machine, 619), machine, random_states(machine.visible, rows, 618), 0.3);
    });
}

TEST_CASE("gradients are added, whatever is there") {
    const auto machine = gaussian_machine(623);
    const auto data = random_states(machine.visible, rows, 624);
    const Outcome once = outcome(ScoreMatching{}, machine, data);
    Outcome twice = outcome(ScoreMatching{}, machine, data);
    Random random(601);
    ScoreMatching{}.add_gradient(machine, rows, twice.phase, random, twice.workspace, twice.gradient);
    const auto one = flat(once.gradient), two = flat(twice.gradient);
    for (std::size_t p = 0; p < one.size(); ++p) CHECK(two[p] == doctest::Approx(2 * one[p]).epsilon(1e-12));
}

TEST_CASE("without weights score matching returns the data's mean and variance") {
    const std::size_t count = 200, width = 3;
    std::vector<float> values;
    for (std::size_t r = 0; r < count; ++r)
        for (std::size_t i = 0; i < width; ++i)
            values.push_back(static_cast<float>(i) - 1 +
                             (0.5F + 0.4F * static_cast<float>(i)) * normal_at({625, 0, 0}, r, i));
    std::vector<Moments> moments(width);
    for (std::size_t r = 0; r < count; ++r)
        for (std::size_t i = 0; i < width; ++i) moments[i].add(static_cast<double>(values[r * width + i]));
    const auto variance = [&](std::size_t i) {
        return moments[i].variance() * static_cast<double>(count - 1) / static_cast<double>(count);
    };

    // In double, from anywhere, by L-BFGS over centers and log sigmas.
    PreciseMachine machine(BasicGaussian<double>(width), BasicBernoulli<double>(2));
    PreciseWorkspace workspace;
    PrecisePhase phase;
    Random random(0);
    auto& units = std::get<BasicGaussian<double>>(machine.visible);
    std::vector<double> x(2 * width, 0.7);
    LbfgsSettings settings;
    settings.gradient_tolerance = 1e-13;
    settings.change_tolerance = 0;
    minimize(
        x,
        [&](std::span<const double> at, std::span<double> slopes) {
            std::copy_n(at.begin(), width, units.center.begin());
            std::copy_n(at.begin() + width, width, units.log_sigma.begin());
            workspace.resize(machine, count, 0);
            std::copy(values.begin(), values.end(), workspace.visible.data());
            std::fill(workspace.row_weights.begin(), workspace.row_weights.end(), 1.0 / static_cast<double>(count));
            PreciseMachine gradient = machine.zeros_like();
            ScoreMatching{}.add_gradient(machine, count, phase, random, workspace, gradient);
            const auto& found = std::get<BasicGaussian<double>>(gradient.visible);
            std::copy(found.center.begin(), found.center.end(), slopes.begin());
            std::copy(found.log_sigma.begin(), found.log_sigma.end(), slopes.begin() + width);
            return *workspace.loss;
        },
        settings);
    for (std::size_t i = 0; i < width; ++i) {
        CHECK(std::abs(x[i] - moments[i].mean()) < 1e-10);
        CHECK(std::abs(std::exp(2 * x[width + i]) - variance(i)) < 1e-10);
    }

    // In float, by the training loop: weights of 0 stay there only at the optimum, so hidden units are kept out of it.
    TrainSettings steps;
    steps.epochs = 1500;
    steps.batch_size = count;
    steps.learning_rate = 0.3F;
    steps.schedule = Schedule::constant;
    steps.centering = false;
    steps.log_sigma_rate = 0.3F;
    const Machine start{Gaussian(width), Bernoulli(0)};
    TrainState state = start_training(start, Dataset::from_floats(count, width, values), steps, 0, 1);
    train(state, ScoreMatching{}, Dataset::from_floats(count, width, values), steps);
    const auto& learned = std::get<Gaussian>(state.machine.visible);
    for (std::size_t i = 0; i < width; ++i) {
        CHECK(std::abs(static_cast<double>(learned.center[i]) - moments[i].mean()) < 1e-6);
        CHECK(std::abs(std::exp(2 * static_cast<double>(learned.log_sigma[i])) - variance(i)) < 1e-6);
    }
}

TEST_CASE("noise contrast learns minus log Z") {
    const Machine known = random_machine<float>("bernoulli", 8, "bernoulli", 4, 626, 0.8);
    Random random(627);
    const Dataset data = drawn_from(known, 100'000, random);
    Machine machine(Bernoulli(8), Bernoulli(4));
    initialize(machine, data, random);
    TrainSettings settings;
    settings.epochs = 6;
    settings.batch_size = 500;
    settings.learning_rate = 0.5F;
    const NoiseContrastive objective{machine.visible, 10};
    for (const bool from_known : {true, false}) {
        TrainState state = start_training(from_known ? known : machine, data, settings, 0, 628);
        std::optional<double> loss;
        TrainObserver observer;
        observer.on_epoch = [&](const EpochReport& report, const TrainState&) { loss = report.loss; };
        train(state, objective, data, settings, observer);
        REQUIRE(state.chains.log_constant.has_value());
        CHECK(std::abs(*state.chains.log_constant + exact_log_partition(state.machine)) < 0.02);
        CHECK(loss.has_value());
        if (from_known) CHECK(std::abs(*state.chains.log_constant + exact_log_partition(known)) < 0.05);
    }
}

TEST_CASE("noise contrast takes the data for draws of the machine, and its interval says where they are not") {
    constexpr std::size_t batches = 60, size = 200;
    double most = 0;
    for (const auto& kinds : unit_pairs) {
        const auto &visible_kind = kinds.first, &hidden_kind = kinds.second;
        if (visible_kind == "gaussian") continue;
        INFO(visible_kind << " x " << hidden_kind);
        const auto machine = random_machine<float>(visible_kind, 4, hidden_kind, 3, 639, 0.6);
        const auto other = random_machine<float>(visible_kind, 4, hidden_kind, 3, 640, 0.6);
        const double exact = exact_log_partition(machine);
        const NoiseContrastive objective{similar_units<float>(machine.visible), 10};
        for (const bool from_itself : {true, false}) {
            Random random(641);
            const Dataset data = drawn_from(from_itself ? machine : other, batches * size, random);
            GradientWorkspace workspace;
            NegativePhase phase;
            Machine gradient = machine.zeros_like();
            workspace.stride = 1 / static_cast<double>(batches);
            for (std::size_t n = 0; n < batches; ++n) {
                workspace.resize(machine, size, objective.negative_rows(size));
                workspace.done = static_cast<double>(n) * workspace.stride;
                for (std::size_t b = 0; b < size; ++b) {
                    for (std::size_t i = 0; i < data.cols(); ++i) workspace.visible(b, i) = data.value(n * size + b, i);
                    workspace.row_weights[b] = 1.0F / static_cast<float>(size);
                }
                objective.add_gradient(machine, size, phase, random, workspace, gradient);
            }
            const auto [found, low, high] = NoiseContrastive::learned(phase, 1, workspace.stride);
            constexpr double slack = 0.01;  // for three standard errors, 22 times, of a mean over twenty batches
            CHECK(low < exact + slack);
            CHECK(high > exact - slack);
            CHECK(std::abs(found + phase.log_noise_gap - exact) < 0.1);
            if (from_itself) CHECK(std::abs(found - exact) < 0.1);
            if (from_itself) CHECK(high - low < 0.3);
            if (!from_itself) most = std::max(most, std::abs(found - exact));
        }
    }
    CHECK(most > 0.3);
}

TEST_CASE("noise contrast averages over the last tenth of a run, or over its last hundred updates") {
    CHECK(NoiseContrastive::damping(0, 1e-4) == doctest::Approx(0.1));
    CHECK(NoiseContrastive::damping(1, 1e-4) == doctest::Approx(0.01));
    CHECK(NoiseContrastive::damping(1, 0.005) == doctest::Approx(0.05));
    CHECK(NoiseContrastive::damping(1, 0.5) == doctest::Approx(0.1));
}

TEST_CASE("objectives of discrete units find the machine that data came from") {
    // In the limit of all states with their probabilities, each loss is smallest at the machine itself.
    with_each_pair(true, 4, 629, [](PreciseMachine machine) {
        const auto states = all_states(machine.visible);
        const auto probabilities = exact_probabilities(machine);
        const auto slopes = [&](const auto& objective) {
            PreciseWorkspace workspace;
            workspace.resize(machine, states.rows(), 0);
            std::ranges::copy(states.values(), workspace.visible.data());
            std::ranges::copy(probabilities, workspace.row_weights.begin());
            PreciseMachine gradient = machine.zeros_like();
            PrecisePhase phase;
            Random random(0);
            objective.add_gradient(machine, states.rows(), phase, random, workspace, gradient);
            double largest = 0;
            for (const double value : flat(gradient)) largest = std::max(largest, std::abs(value));
            return largest;
        };
        CHECK(slopes(PseudoLikelihood{}) < 1e-12);
        CHECK(slopes(RatioMatching{}) < 1e-12);
        location(machine.visible)[0] += 0.5;
        CHECK(slopes(PseudoLikelihood{}) > 1e-3);
        CHECK(slopes(RatioMatching{}) > 1e-3);
    });
}

TEST_CASE("floats take the steps of doubles, with any number of threads") {
    const auto compare = [](const auto& objective, const char* visible_kind) {
        const auto machine = random_machine<float>(visible_kind, 40, "bernoulli", 30, 630, 0.2);
        const auto exact = precise(machine);
        const auto data = random_states(machine.visible, 20, 631);
        const auto run = [&]<class Real>(const BasicMachine<Real>& of, Real) {
            BasicGradientWorkspace<Real> workspace;
            workspace.resize(of, 20, objective.negative_rows(20));
            for (std::size_t b = 0; b < 20; ++b) {
                std::copy(data.row(b).begin(), data.row(b).end(), workspace.visible.row(b).begin());
                workspace.row_weights[b] = static_cast<Real>(weight_of(b));
            }
            Random random(632);
            BasicNegativePhase<Real> phase;
            phase.log_constant = -10;
            auto gradient = of.zeros_like();
            objective.add_gradient(of, 20, phase, random, workspace, gradient);
            return gradient;
        };
        const auto found = run(machine, 0.0F);
        const auto expected = run(exact, 0.0);
        each_pair(found, expected, [](std::string_view name, auto values, auto wanted) {
            INFO(name);
            for (std::size_t i = 0; i < values.size(); ++i)
                CHECK(static_cast<double>(values[i]) == doctest::Approx(wanted[i]).epsilon(1e-3).scale(1));
        });
        for (const std::size_t count : {1U, 3U}) {
            const ContextScope scope({.threads = count});
            CHECK(run(machine, 0.0F) == found);
        }
    };
    compare(PseudoLikelihood{}, "bernoulli");
    compare(RatioMatching{7}, "bernoulli");
    compare(PseudoLikelihood{}, "spin");
    compare(PseudoLikelihood{}, "potts");
    compare(RatioMatching{7}, "potts");
    compare(ScoreMatching{}, "gaussian");
    compare(DenoisingScoreMatching{}, "gaussian");
    compare(SlicedScoreMatching{}, "gaussian");
    for (const char* kind : {"bernoulli", "spin", "gaussian"}) compare(Discriminative{5}, kind);
}

TEST_CASE("objectives say which units they cannot do") {
    const auto bits = random_machine<double>("bernoulli", 4, "bernoulli", 2, 633);
    const auto reals = random_machine<double>("gaussian", 4, "bernoulli", 2, 634);
    const auto patterns = random_states(bits.visible, rows, 635);
    CHECK_THROWS_WITH_AS(outcome(PseudoLikelihood{}, reals, patterns),
                         "pseudo-likelihood: gaussian visible units, expected discrete ones", Unsupported);
    CHECK_THROWS_WITH_AS(outcome(RatioMatching{}, reals, patterns),
                         "ratio matching: gaussian visible units, expected discrete ones", Unsupported);
    CHECK_THROWS_WITH_AS(outcome(ScoreMatching{}, bits, patterns),
                         "score matching: bernoulli visible units, expected continuous ones", Unsupported);
    for (const char* visible_kind : {"bernoulli", "spin", "potts"}) {
        const auto letters = random_machine<double>(visible_kind, 4, "bernoulli", 2, 633);
        const auto rows_of_letters = random_states(letters.visible, rows, 635);
        const std::string found = ": " + std::string(visible_kind) + " visible units, expected continuous ones";
        const auto refused = [&](const auto& objective, const std::string& name) {
            CHECK_THROWS_WITH_AS(outcome(objective, letters, rows_of_letters), (name + found).c_str(), Unsupported);
        };
        refused(ScoreMatching{}, "score matching");
        refused(DenoisingScoreMatching{}, "denoising score matching");
        refused(SlicedScoreMatching{}, "sliced score matching");
    }
    const auto sites = gaussian_machine(634, "potts");
    const auto values = random_states(sites.visible, rows, 635);
    CHECK_THROWS_WITH_AS(outcome(ScoreMatching{}, sites, values),
                         "score matching: potts hidden units have no derivative of their mean for each unit alone", Unsupported);
    CHECK_THROWS_AS(outcome(DenoisingScoreMatching{}, sites, values), Unsupported);
    CHECK_THROWS_AS(outcome(SlicedScoreMatching{}, sites, values), Unsupported);
}

TEST_CASE("CD-k's mean update is what its transition probabilities say") {
    const auto machine = random_machine<double>("bernoulli", 4, "bernoulli", 3, 636, 0.9);
    const auto data = random_states(machine.visible, 3, 637);
    const auto visible = all_states(machine.visible), hidden = all_states(machine.hidden);
    // p(h | v) and p(v | h) from joint energies alone.
    const std::size_t many = visible.rows(), few = hidden.rows();
    BasicMatrix<double> joint(many, few);
    for (std::size_t v = 0; v < many; ++v)
        for (std::size_t h = 0; h < few; ++h)
            joint(v, h) = std::exp(-machine.energy(visible.rows_from(v, 1), hidden.rows_from(h, 1))[0]);
    const auto sweep = [&](const std::vector<double>& from) {
        std::vector<double> between(few, 0.0), to(many, 0.0);
        for (std::size_t v = 0; v < many; ++v) {
            const auto row = joint.row(v);
            const double sum = std::accumulate(row.begin(), row.end(), 0.0);
            for (std::size_t h = 0; h < few; ++h) between[h] += from[v] * row[h] / sum;
        }
        for (std::size_t h = 0; h < few; ++h) {
            double sum = 0;
            for (std::size_t v = 0; v < many; ++v) sum += joint(v, h);
            for (std::size_t v = 0; v < many; ++v) to[v] += between[h] * joint(v, h) / sum;
        }
        return to;
    };
    for (const std::size_t k : std::initializer_list<std::size_t>{1, 2, 3}) {
        std::vector<double> chain(many, 0.0);
        for (std::size_t b = 0; b < 3; ++b)
            for (std::size_t v = 0; v < many; ++v)
                if (std::ranges::equal(visible.row(v), data.row(b))) chain[v] += 1.0 / 3;
        auto expected = flat(machine.free_energy_gradient(visible, chain));
        for (std::size_t step = 0; step < k; ++step) chain = sweep(chain);
        const auto model = flat(machine.free_energy_gradient(visible, chain));
        for (std::size_t p = 0; p < expected.size(); ++p) expected[p] -= model[p];

        std::vector<Moments> found(expected.size());
        Random random(638);
        PreciseWorkspace workspace;
        PrecisePhase none;
        for (std::size_t repetition = 0; repetition < 4000; ++repetition) {
            workspace.resize(machine, 3, 3);
            for (std::size_t b = 0; b < 3; ++b) {
                std::ranges::copy(data.row(b), workspace.visible.row(b).begin());
                workspace.row_weights[b] = 1.0 / 3;
            }
            PreciseMachine gradient = machine.zeros_like();
            ContrastiveDivergence{k}.add_gradient(machine, 3, none, random, workspace, gradient);
            const auto values = flat(gradient);
            for (std::size_t p = 0; p < values.size(); ++p) found[p].add(values[p]);
        }
        for (std::size_t p = 0; p < expected.size(); ++p) {
            CAPTURE(p);
            CHECK(std::abs(found[p].z(expected[p])) < 4.5);
        }
    }
}

TEST_SUITE_END();

}  // namespace objectives_test
