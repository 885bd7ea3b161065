// SPDX-License-Identifier: MIT
// What changes from epoch to epoch: the order of the rows, the pixels drawn from grey data, momentum; and what an epoch
// reports of its batches.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "rbm/trainer/train.h"
#include "tests/support/statistics.h"

using namespace rbm;
using namespace rbm::test;

namespace {

using Rows = std::vector<std::vector<float>>;

/// Notes the rows that it is shown and leaves the machine as it is.
struct Witness {
    Rows* seen = nullptr;

    std::size_t negative_rows(std::size_t) const { return 0; }
    void add_gradient(const Machine&, std::size_t batch, Chains&, Random&, GradientWorkspace& workspace,
                      Machine&) const {
        for (std::size_t b = 0; b < batch; ++b) {
            const auto row = workspace.visible.row(b);
            seen->emplace_back(row.begin(), row.end());
        }
    }
};

/// Gives the same slopes for every batch, and the batch's number as its loss.
struct Slope {
    float weights = 0, hidden_biases = 0;
    double* losses = nullptr;  ///< counts the batches; none: there is no loss

    std::size_t negative_rows(std::size_t) const { return 0; }
    void add_gradient(const Machine&, std::size_t, Chains&, Random&, GradientWorkspace& workspace,
                      Machine& gradient) const {
        for (float& slope : gradient.weights.values()) slope += weights;
        for (float& slope : location(gradient.hidden)) slope += hidden_biases;
        if (losses != nullptr) workspace.loss = ++*losses;
    }
};

TrainSettings settings_of(std::size_t epochs, std::size_t batch_size) {
    TrainSettings settings;
    settings.learning_rate = 0.125F;
    settings.schedule = Schedule::constant;
    settings.centering = false;
    settings.epochs = epochs;
    settings.batch_size = batch_size;
    return settings;
}

/// The rows as an objective sees them, one list per epoch.
std::vector<Rows> epochs_seen(const Dataset& data, std::size_t epochs, std::size_t batch_size, std::uint64_t seed) {
    const TrainSettings settings = settings_of(epochs, batch_size);
    TrainState state = start_training(Machine{Gaussian(data.cols()), Bernoulli(1)}, data, settings, 0, seed);
    Rows seen;
    std::vector<Rows> result;
    TrainObserver observer;
    observer.on_epoch = [&](const EpochReport&, const TrainState&) { result.push_back(std::exchange(seen, {})); };
    train(state, Witness{&seen}, data, settings, observer);
    return result;
}

Dataset numbers(std::size_t count) {
    std::vector<float> values(count);
    std::iota(values.begin(), values.end(), 0.0F);
    return Dataset::from_floats(count, 1, values);
}

/// Which rows of numbers() an epoch took, in turn.
std::vector<std::size_t> order_of(const Rows& seen) {
    std::vector<std::size_t> order;
    for (const auto& row : seen) order.push_back(static_cast<std::size_t>(row[0]));
    return order;
}

std::vector<std::vector<std::size_t>> orders(std::size_t rows, std::size_t epochs, std::size_t batch_size,
                                             std::uint64_t seed) {
    std::vector<std::vector<std::size_t>> result;
    for (const Rows& seen : epochs_seen(numbers(rows), epochs, batch_size, seed)) result.push_back(order_of(seen));
    return result;
}

std::vector<EpochReport> reports_of(const Slope& slope, const TrainSettings& settings, std::size_t rows) {
    const Dataset data = numbers(rows);
    Machine machine{Gaussian(1), Bernoulli(4)};
    machine.weights.fill(3);
    TrainState state = start_training(machine, data, settings, 0, 1);
    std::vector<EpochReport> reports;
    TrainObserver observer;
    observer.on_epoch = [&](const EpochReport& report, const TrainState&) { reports.push_back(report); };
    train(state, slope, data, settings, observer);
    return reports;
}

}  // namespace

TEST_SUITE_BEGIN("epochs");

TEST_CASE("an epoch takes each row once, in an order of its own, which the seed decides") {
    const auto found = orders(50, 4, 8, 1);
    REQUIRE(found.size() == 4);
    std::vector<std::size_t> file(50);
    std::iota(file.begin(), file.end(), 0U);
    std::set<std::vector<std::size_t>> different{file};
    for (const auto& order : found) {
        different.insert(order);
        auto sorted = order;
        std::ranges::sort(sorted);
        CHECK(sorted == file);
    }
    for (const auto& order : orders(50, 4, 8, 2)) different.insert(order);
    CHECK(different.size() == 1 + 4 + 4);
    CHECK(orders(50, 4, 8, 1) == found);
    CHECK(orders(50, 4, 50, 1) == found);  // the size of batches only cuts it into pieces
}

TEST_CASE("all orders of the rows are equally likely") {
    std::vector<std::size_t> order(4);
    std::iota(order.begin(), order.end(), 0U);
    std::vector<std::vector<std::size_t>> all;
    do all.push_back(order);
    while (std::ranges::next_permutation(order).found);
    std::vector<double> counts(all.size());
    for (const auto& one : orders(4, 4800, 4, 3))
        ++counts[static_cast<std::size_t>(std::ranges::find(all, one) - all.begin())];
    CHECK(chi_square_p(counts, std::vector<double>(all.size(), 1.0 / static_cast<double>(all.size()))) > 1e-4);
}

TEST_CASE("grey pixels are drawn anew in each epoch, for each row, by the seed") {
    // The first five columns are the number of the row in binary, which no draw can change; the others are grey.
    constexpr std::size_t rows = 32, columns = 40, known = 5, epochs = 4;
    constexpr float grey = 0.375F;
    std::vector<float> values(rows * columns, grey);
    for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t i = 0; i < known; ++i) values[r * columns + i] = static_cast<float>(r >> i & 1U);
    const Dataset data =
        Dataset::from_floats(rows, columns, values).prepared({Binarize::sample, 0.5F, {}, {}}, StateForm::bits());
    const auto draws = [&](std::uint64_t seed, std::size_t batch_size) {
        std::vector<Rows> result;
        for (const Rows& seen : epochs_seen(data, epochs, batch_size, seed)) {
            Rows by_number(rows);
            for (const auto& row : seen) {
                std::size_t number = 0;
                for (std::size_t i = 0; i < known; ++i) number |= static_cast<std::size_t>(row[i]) << i;
                by_number[number] = {row.begin() + known, row.end()};
            }
            result.push_back(by_number);
        }
        return result;
    };
    const auto first = draws(1, 8), other = draws(2, 8);
    std::set<std::vector<float>> different;
    Moments level;
    for (const auto* run : {&first, &other})
        for (const Rows& epoch : *run)
            for (const auto& row : epoch) {
                different.insert(row);
                for (const float pixel : row) level.add(static_cast<double>(pixel));
            }
    CHECK(different.size() == 2 * epochs * rows);  // 35 coins each: two are the same in one run of 10^5
    CHECK(std::abs(level.z(static_cast<double>(grey))) < 4.5);
    CHECK(draws(1, 8) == first);
    CHECK(draws(1, 32) == first);  // a row's pixels do not depend on the batch that it is in
}

TEST_CASE("momentum climbs within an epoch, from batch to batch") {
    TrainSettings settings = settings_of(3, 3);
    settings.momentum = 0.9F;
    settings.momentum_ramp = 1.5F;
    const Dataset data = numbers(10);  // 4 batches an epoch
    TrainState state = start_training(Machine{Gaussian(1), Bernoulli(1)}, data, settings, 0, 1);
    std::vector<double> found;
    Control control;
    control.progress = [&](const ProgressReport&) {
        found.push_back(static_cast<double>(location(state.update.velocity.hidden)[0]));
    };
    train(state, Slope{0, 1, nullptr}, data, settings, {}, {}, control);
    REQUIRE(found.size() == 12);
    double velocity = 0;
    for (std::size_t batch = 0; batch < 12; ++batch) {
        const double momentum = 0.5 + 0.4 * std::min(1.0, static_cast<double>(batch) / 6);
        velocity = momentum * velocity + 0.125;
        CHECK(std::abs(found[batch]) == doctest::Approx(velocity).epsilon(1e-5));
    }
}

TEST_CASE("what an epoch reports is the mean over its batches") {
    // Four slopes of 0.5 in the weights and of 1.5 in the hidden biases: a norm of sqrt(10), batch by batch.
    const TrainSettings settings = settings_of(2, 3);
    double batch = 0;
    const auto reports = reports_of({0.5F, 1.5F, &batch}, settings, 10);
    REQUIRE(reports.size() == 2);
    double weight = 3;
    for (std::size_t epoch = 0; epoch < 2; ++epoch) {
        double steps = 0;
        for (std::size_t b = 0; b < 4; ++b) {
            weight -= 0.0625;
            steps += 0.0625 / weight;
        }
        const EpochReport& report = reports[epoch];
        CHECK(report.epoch == epoch + 1);
        CHECK(report.updates == 4 * (epoch + 1));
        CHECK(report.gradient_norm == doctest::Approx(std::sqrt(10.0)).epsilon(1e-6));
        CHECK(report.step_to_weights == doctest::Approx(steps / 4).epsilon(1e-5));
        REQUIRE(report.loss.has_value());
        CHECK(*report.loss == doctest::Approx(4 * static_cast<double>(epoch) + 2.5));
    }
    CHECK(!reports_of({0.5F, 1.5F, nullptr}, settings, 10)[0].loss.has_value());
}

TEST_SUITE_END();
