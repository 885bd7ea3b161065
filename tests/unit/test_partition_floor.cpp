// SPDX-License-Identifier: MIT
// What log Z cannot lie below: against enumeration, and what an answer becomes that does.
#include <doctest/doctest.h>

#include <cmath>

#include "rbm/estimate/exact.h"
#include "rbm/estimate/monitor.h"
#include "rbm/estimate/partition_floor.h"
#include "rbm/kernels/error.h"
#include "rbm/method/partitions.h"
#include "tests/support/small_machines.h"

using namespace rbm;
using namespace rbm::test;

namespace {

Dataset rows_of(const Matrix& rows) {
    return Dataset::from_floats(rows.rows(), rows.cols(), {rows.values().begin(), rows.values().end()});
}

PartitionFloor floor_of(const Machine& machine, const Dataset& data, const Stream& stream = {}, double beta = 1) {
    return partition_floor(machine.visible, data, stream, free_energies(machine, data, stream, beta));
}

PartitionAnswer answer_of(double low, double value, double high) {
    return {value, low, high, true, {"chains agree", {}}, {}, ""};
}

bool mentions(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_SUITE_BEGIN("partition_floor");

TEST_CASE("all states come to log Z itself, however often each is there, and some of them to less") {
    for (const auto& pair : unit_pairs) {
        const auto &visible_kind = pair.first, &hidden_kind = pair.second;
        if (!is_discrete(make_units<float>(visible_kind, 1, potts_states))) continue;
        CAPTURE(visible_kind);
        CAPTURE(hidden_kind);
        const auto machine = random_machine<float>(visible_kind, 5, hidden_kind, 4, 81);
        const Matrix states = all_states(machine.visible);
        Matrix twice(2 * states.rows(), states.cols());
        for (std::size_t r = 0; r < twice.rows(); ++r)
            std::ranges::copy(states.row(r % states.rows()), twice.row(r).begin());
        for (const double beta : {1.0, 0.5}) {
            const double exact = exact_log_partition(machine, beta);
            const PartitionFloor all = floor_of(machine, rows_of(twice), {}, beta);
            CHECK(all.log_partition == doctest::Approx(exact).epsilon(1e-5));
            CHECK(all.states == states.rows());
        }
        const Dataset half = rows_of(states).slice(0, states.rows() / 2);
        const std::vector<double> p = exact_probabilities(machine);
        double share = 0;
        for (std::size_t r = 0; r < half.rows(); ++r) share += p[r];
        const PartitionFloor some = floor_of(machine, half);
        CHECK(some.states == half.rows());
        CHECK(some.log_partition == doctest::Approx(exact_log_partition(machine) + std::log(share)).epsilon(1e-5));
    }
}

TEST_CASE("only states count: neither grey rows nor rows with something missing, nor what is continuous") {
    const auto machine = random_machine<float>("bernoulli", 3, "bernoulli", 4, 82);
    const float nan = std::nanf("");
    const Dataset mixed = Dataset::from_floats(4, 3, {0, 1, 1, 0, 0.5F, 1, nan, 1, 1, 0, 1, 1});
    const std::vector<double> free_energy = {-2, -100, -100, -2};
    const PartitionFloor floor = partition_floor(machine.visible, mixed, {}, free_energy);
    CHECK(floor.states == 1);
    CHECK(floor.log_partition == 2);
    const PartitionFloor grey = partition_floor(machine.visible, mixed.slice(1, 2), {}, std::vector<double>{-9, -9});
    CHECK(grey.states == 0);
    CHECK(grey.log_partition == -HUGE_VAL);
    const Units reals = make_units<float>("gaussian", 3, 1);
    CHECK(partition_floor(reals, mixed, {}, free_energy).states == 0);
    CHECK_THROWS_AS(partition_floor(machine.visible, mixed, {}, std::vector<double>{1}), InvalidArgument);
    // A zero is a zero, whatever its sign.
    const Dataset zeros = Dataset::from_floats(2, 3, {0, 0, 1, -0.0F, 0, 1});
    CHECK(partition_floor(machine.visible, zeros, {}, std::vector<double>{-1, -1}).states == 1);
}

TEST_CASE("grey values that are drawn count as the states that this stream draws") {
    const auto machine = random_machine<float>("bernoulli", 4, "bernoulli", 4, 83);
    Matrix grey(4000, 4);
    grey.fill(0.5F);
    Preparation sampled;
    sampled.binarize = Binarize::sample;
    const Dataset data = rows_of(grey).prepared(sampled, StateForm::bits());
    const PartitionFloor floor = floor_of(machine, data, Stream{4, 5, 0});
    CHECK(floor.states == 16);
    CHECK(floor.log_partition == doctest::Approx(exact_log_partition(machine)).epsilon(1e-5));
}

TEST_CASE("an answer is cut where the samples would be likelier than 1, and says so") {
    const PartitionFloor floor{10, 7};
    PartitionAnswer above = answer_of(10.5, 11, 12);
    hold_above(above, floor);
    CHECK(above.low == 10.5);
    CHECK(above.verdict.text == "chains agree");
    CHECK(above.bounds);
    REQUIRE(above.floor);
    CHECK(above.floor->states == 7);

    PartitionAnswer around = answer_of(9, 11, 12);
    hold_above(around, floor);
    CHECK((around.low == 10 && around.value == 11 && around.high == 12));
    CHECK(mentions(around.verdict.text, "cut at 10.000"));
    CHECK(around.verdict.warnings.empty());
    CHECK(around.bounds);

    PartitionAnswer below = answer_of(8, 9, 12);
    hold_above(below, floor);
    CHECK((below.low == 10 && below.value == 10 && below.high == 12));
    CHECK(below.verdict.text.find("too low") == 0);
    REQUIRE(below.verdict.warnings.size() == 1);
    CHECK(mentions(below.verdict.warnings[0], "7 distinct samples would sum to e^1.00"));

    PartitionAnswer wrong = answer_of(3, 4, 5);
    hold_above(wrong, floor);
    CHECK((wrong.low == 10 && wrong.value == 10 && wrong.high == 10));
    CHECK_FALSE(wrong.bounds);
    CHECK(wrong.verdict.text.find("log Z cannot be right") == 0);
    CHECK(wrong.verdict.warnings.size() == 1);

    // Rounding of free energies is no news, but the ends are cut all the same.
    PartitionAnswer rounded = answer_of(10 - 1e-6, 10 - 1e-6, 10 - 1e-6);
    hold_above(rounded, floor);
    CHECK((rounded.low == 10 && rounded.value == 10 && rounded.high == 10));
    CHECK(rounded.bounds);
    CHECK(rounded.verdict.text == "chains agree");
    CHECK(rounded.verdict.warnings.empty());

    PartitionAnswer none = answer_of(8, 9, 12);
    hold_above(none, {});
    CHECK(none.low == 8);
}

TEST_SUITE_END();
