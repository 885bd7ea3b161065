// SPDX-License-Identifier: MIT
// Labels among the visible units: posteriors against free energies, gradients against finite differences.
#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <stdexcept>

#include "rbm/data/with_labels.h"
#include "rbm/kernels/error.h"
#include "rbm/model/labels.h"
#include "rbm/trainer/objectives/contrastive_divergence.h"
#include "rbm/trainer/objectives/discriminative.h"
#include "rbm/trainer/train.h"
#include "tests/support/small_machines.h"

using namespace rbm;
using namespace rbm::test;

namespace {

constexpr std::size_t visible = 6, classes = 3, data = visible - classes, rows = 5;

std::vector<std::pair<std::string, std::string>> labelled_pairs() {
    std::vector<std::pair<std::string, std::string>> pairs;
    for (const auto& pair : unit_pairs)
        if (pair.first != "potts") pairs.push_back(pair);
    return pairs;
}

template <class Real>
BasicMachine<Real> machine_of(const std::pair<std::string, std::string>& kinds, std::uint64_t seed) {
    return random_machine<Real>(kinds.first, visible, kinds.second, 3, seed);
}

/// Random data with labels 0, 1, 2, 0, 1.
template <class Real>
BasicMatrix<Real> labelled_rows(const BasicMachine<Real>& machine, std::uint64_t seed) {
    BasicMatrix<Real> states = random_states(machine.visible, rows, seed);
    const auto [off, on] = label_values(machine.visible, "test");
    for (std::size_t b = 0; b < rows; ++b)
        for (std::size_t c = 0; c < classes; ++c) states(b, data + c) = c == b % classes ? on : off;
    return states;
}

/// -F(x, c) by the machine's own free energy.
template <class Real>
double minus_free_energy(const BasicMachine<Real>& machine, const BasicMatrix<Real>& states, std::size_t b,
                         std::size_t label) {
    BasicMatrix<Real> one = repeated(states, b, 1);
    const auto [off, on] = label_values(machine.visible, "test");
    for (std::size_t c = 0; c < classes; ++c) one(0, data + c) = c == label ? on : off;
    return -machine.free_energy(one)[0];
}

template <class Real>
std::vector<double> weights_of_all(const BasicMachine<Real>& machine, const BasicMatrix<Real>& states, std::size_t b) {
    std::vector<double> found(classes);
    for (std::size_t c = 0; c < classes; ++c) found[c] = minus_free_energy(machine, states, b, c);
    return found;
}

double row_weight(std::size_t b) { return 0.1 * static_cast<double>(b + 1); }

/// The definition: sum_b w_b (F(x, y) - F(x)).
double loss_of(const PreciseMachine& machine, const BasicMatrix<double>& states) {
    double sum = 0;
    for (std::size_t b = 0; b < rows; ++b) {
        const std::vector<double> all = weights_of_all(machine, states, b);
        sum += row_weight(b) * (log_sum_exp(all) - all[b % classes]);
    }
    return sum;
}

template <class O>
BasicGradientWorkspace<double> run(const O& objective, const PreciseMachine& machine, const BasicMatrix<double>& states,
                                   PreciseMachine& gradient, bool deferred = false) {
    BasicGradientWorkspace<double> workspace;
    workspace.defer_weights = deferred;
    workspace.resize(machine, rows, objective.negative_rows(rows));
    for (std::size_t b = 0; b < rows; ++b) {
        std::ranges::copy(states.row(b), workspace.visible.row(b).begin());
        workspace.row_weights[b] = row_weight(b);
    }
    gradient = machine.zeros_like();
    BasicNegativePhase<double> phase;
    Random random(5);
    objective.add_gradient(machine, rows, phase, random, workspace, gradient);
    return workspace;
}

void check_equal(PreciseMachine& first, PreciseMachine& second, double scale = 1) {
    each_pair(first, second, [&](std::string_view name, std::span<double> left, std::span<double> right) {
        CAPTURE(std::string(name));
        for (std::size_t i = 0; i < left.size(); ++i)
            CHECK(left[i] == doctest::Approx(scale * right[i]).epsilon(1e-9).scale(1e-3));
    });
}

}  // namespace

TEST_SUITE("labels") {
    TEST_CASE("posteriors are those of free energies, for every kind of units") {
        for (const auto& kinds : labelled_pairs()) {
            CAPTURE(kinds.first);
            CAPTURE(kinds.second);
            const auto exact = machine_of<double>(kinds, 11);
            const auto states = labelled_rows(exact, 12);
            const LabelPosterior found = label_posterior(exact, states, classes);
            const auto single = machine_of<float>(kinds, 11);
            const auto rounded = labelled_rows(single, 12);
            const LabelPosterior rough = label_posterior(single, rounded, classes);
            for (std::size_t b = 0; b < rows; ++b) {
                const std::vector<double> all = weights_of_all(exact, states, b);
                const double free_energy = -log_sum_exp(all);
                CHECK(found.free_energy[b] == doctest::Approx(free_energy).epsilon(1e-12));
                CHECK(rough.free_energy[b] == doctest::Approx(free_energy).epsilon(1e-4));
                for (std::size_t c = 0; c < classes; ++c) {
                    CHECK(found.probability(b, c) == doctest::Approx(std::exp(all[c] + free_energy)).epsilon(1e-10));
                    CHECK(rough.probability(b, c) == doctest::Approx(std::exp(all[c] + free_energy)).epsilon(1e-4));
                }
            }
        }
    }

    TEST_CASE("the label columns of what is classified are not read") {
        const auto machine = machine_of<double>({"bernoulli", "bernoulli"}, 3);
        auto states = labelled_rows(machine, 4);
        const LabelPosterior whole = label_posterior(machine, states, classes);
        BasicMatrix<double> without(rows, data);
        for (std::size_t b = 0; b < rows; ++b) std::copy_n(states.row(b).begin(), data, without.row(b).begin());
        CHECK(label_posterior(machine, without, classes).probability == whole.probability);
        for (std::size_t b = 0; b < rows; ++b) states(b, data + 1) = std::nan("");
        CHECK(label_posterior(machine, states, classes).probability == whole.probability);
        CHECK_THROWS_AS(label_posterior(machine, without, 2), InvalidArgument);
        CHECK_THROWS_AS(label_posterior(machine, states, visible), InvalidArgument);
        CHECK_THROWS_AS(label_posterior(machine, states, 1), InvalidArgument);
    }

    TEST_CASE("sites of several columns are refused by name") {
        const auto machine = random_machine<double>("potts", 3, "bernoulli", 2, 1);
        const auto states = random_states(machine.visible, 2, 1);
        CHECK_THROWS_WITH_AS(label_posterior(machine, states, classes),
                             "labels: labels among potts (3 states) visible units, expected units of one column each",
                             Unsupported);
    }

    TEST_CASE("the discriminative gradient is the slope of the definition, for every kind of units") {
        for (const auto& kinds : labelled_pairs()) {
            CAPTURE(kinds.first);
            CAPTURE(kinds.second);
            auto machine = machine_of<double>(kinds, 21);
            const auto states = labelled_rows(machine, 22);
            PreciseMachine gradient;
            const auto workspace = run(Discriminative{classes}, machine, states, gradient);
            CHECK(workspace.loss.value_or(0) == doctest::Approx(loss_of(machine, states)).epsilon(1e-10));
            double largest = 0;
            PreciseMachine slopes = machine.zeros_like();
            each_pair(machine, slopes, [&](std::string_view, std::span<double> values, std::span<double> out) {
                constexpr double step = 1e-3;
                for (std::size_t i = 0; i < values.size(); ++i) {
                    const double kept = values[i];
                    const auto at = [&](double shift) {
                        values[i] = kept + shift;
                        return loss_of(machine, states);
                    };
                    const double near = at(step) - at(-step), far = at(2 * step) - at(-2 * step);
                    values[i] = kept;
                    out[i] = (8 * near - far) / (12 * step);
                    largest = std::max(largest, std::abs(out[i]));
                }
            });
            CHECK(largest > 1e-2);
            check_equal(gradient, slopes);
            // The batch's own means are left where the update looks for them.
            const auto means = machine.hidden_mean(std::as_const(states).view());
            for (std::size_t b = 0; b < rows; ++b)
                for (std::size_t j = 0; j < means.cols(); ++j)
                    CHECK(workspace.hidden_mean(b, j) == doctest::Approx(means(b, j)));

            PreciseMachine rest;
            const auto deferring = run(Discriminative{classes}, machine, states, rest, true);
            REQUIRE(deferring.weight_product.has_value());
            if (!deferring.weight_product) continue;
            BasicWorkspace<double> memory;
            machine.add_weight_gradient(*deferring.weight_product, memory, rest);
            check_equal(rest, gradient);
        }
    }

    TEST_CASE("a hybrid's gradient is the sum of both") {
        for (const auto& kinds : labelled_pairs()) {
            CAPTURE(kinds.first);
            CAPTURE(kinds.second);
            const auto machine = machine_of<double>(kinds, 31);
            const auto states = labelled_rows(machine, 32);
            const ContrastiveDivergence joint{2};
            PreciseMachine both, discriminative, generative;
            run(Hybrid<ContrastiveDivergence>{{classes}, joint, 0.3}, machine, states, both);
            run(Discriminative{classes}, machine, states, discriminative);
            run(joint, machine, states, generative);
            each_pair(discriminative, generative, [](std::string_view, std::span<double> sum, std::span<double> more) {
                for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += 0.3 * more[i];
            });
            check_equal(both, discriminative);
        }
    }

    TEST_CASE("parity of three bits, which no linear classifier tells, is learned") {
        constexpr std::size_t bits = 3, states = 8;
        std::vector<float> values;
        std::vector<std::uint32_t> labels;
        for (std::uint32_t state = 0; state < states; ++state) {
            for (std::uint32_t bit = 0; bit < bits; ++bit) values.push_back(static_cast<float>(state >> bit & 1U));
            labels.push_back((state ^ (state >> 1U) ^ (state >> 2U)) & 1U);
        }
        const Dataset plain = Dataset::from_floats(states, bits, values);
        const Dataset set = with_labels(plain, labels, 2).prepared({}, StateForm::bits());
        for (const auto& train_with :
             {std::function<void(Machine&, Random&, const TrainSettings&)>(
                  [&](Machine&machine, Random&random, const TrainSettings&settings) {
                      train(machine, Discriminative{2}, set, settings, random);
                  }),
              std::function<void(Machine&, Random&, const TrainSettings&)>(
                  [&](Machine&machine, Random&random, const TrainSettings&settings) {
                      train(machine, Hybrid<ContrastiveDivergence>{{2}, {1}, 0.05}, set, settings, random);
                  })}) {
            Machine machine(make_units<float>("bernoulli", bits + 2), make_units<float>("bernoulli", 8));
            Random random(7);
            initialize(machine, set, random);
            for (float& weight : machine.weights.values()) weight *= 50;
            TrainSettings settings;
            settings.epochs = 3000;
            settings.batch_size = states;
            settings.learning_rate = 0.5F;
            settings.schedule = Schedule::constant;
            train_with(machine, random, settings);
            Matrix rows_of_data(states, bits);
            plain.fill(0, Stream{}, rows_of_data);
            const LabelPosterior found = label_posterior(machine, rows_of_data, 2);
            for (std::size_t state = 0; state < states; ++state) CHECK(found.probability(state, labels[state]) > 0.9);
        }
    }
}
