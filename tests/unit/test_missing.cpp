// SPDX-License-Identifier: MIT
// Learning from rows with missing values: data sets that hold them, and gradients against sums over all states.
#include <doctest/doctest.h>

#include "rbm/data/column_moments.h"
#include "rbm/data/one_hot.h"
#include "rbm/data/standardisation.h"
#include "rbm/kernels/error.h"
#include "rbm/trainer/objectives/contrastive_divergence.h"
#include "rbm/trainer/objectives/missing.h"
#include "rbm/trainer/train.h"
#include "tests/support/small_machines.h"

namespace rbm {
namespace {

constexpr float nan = std::numeric_limits<float>::quiet_NaN();
static_assert(Objective<WithMissing<PersistentContrastiveDivergence>>);

Dataset with_holes(Binarize binarize) {
    Dataset data = Dataset::from_floats(3, 2, {0.2F, nan, 0.9F, 0.7F, nan, nan});
    data.allow_missing();
    return std::move(data).prepared({binarize, 0.5F, {}, {}}, StateForm::bits());
}

/// That what fill_in_missing() draws gives E[dF(v) | known].
void check_gradient(const std::string& kind_of_units) {
    CAPTURE(kind_of_units);
    const std::size_t rows = 4;
    const auto machine = test::random_machine<double>(kind_of_units, 5, "bernoulli", 3, 71);
    const std::size_t visible = machine.visible_count(), columns = site_width(machine.visible);
    const auto states = test::random_states(machine.visible, rows, 72);
    BasicMatrix<double> holes = states;
    for (const auto& hole : {std::pair{0U, 1U}, std::pair{0U, 3U}, std::pair{2U, 0U}, std::pair{3U, 4U}})
        for (std::size_t c = 0; c < columns; ++c) holes(hole.first, hole.second * columns + c) = std::nan("");
    // E[dF(v) | known], by the states that agree with each row.
    auto expected = machine.zeros_like();
    const auto all = test::all_states(machine.visible);
    const auto probabilities = test::exact_probabilities(machine);
    for (std::size_t b = 0; b < rows; ++b) {
        std::vector<double> shares(all.rows());
        double total = 0;
        for (std::size_t s = 0; s < all.rows(); ++s) {
            bool agrees = true;
            for (std::size_t i = 0; i < visible; ++i) agrees &= std::isnan(holes(b, i)) || holes(b, i) == all(s, i);
            shares[s] = agrees ? probabilities[s] : 0;
            total += shares[s];
        }
        for (double& share : shares) share /= total * rows;
        const auto one = machine.free_energy_gradient(all, shares);
        each_pair(expected, one, [](std::string_view, std::span<double> to, std::span<const double> from) {
            for (std::size_t i = 0; i < to.size(); ++i) to[i] += from[i];
        });
    }
    // Each row 4000 times over, so that the average over draws is within 4 deviations of at most 1 / sqrt(n).
    constexpr std::size_t copies = 4000;
    BasicGradientWorkspace<double> workspace;
    workspace.resize(machine, rows * copies, 0);
    for (std::size_t b = 0; b < rows * copies; ++b)
        std::copy(holes.row(b % rows).begin(), holes.row(b % rows).end(), workspace.visible.row(b).begin());
    Random random(73);
    fill_in_missing(machine, rows * copies, 30, random, workspace);
    for (std::size_t b = 0; b < rows * copies; ++b)
        for (std::size_t i = 0; i < visible; ++i) {
            REQUIRE_FALSE(std::isnan(workspace.visible(b, i)));
            if (!std::isnan(holes(b % rows, i))) REQUIRE(workspace.visible(b, i) == holes(b % rows, i));
        }
    const std::vector<double> weights(rows * copies, 1.0 / (rows * copies));
    const auto found = machine.free_energy_gradient(workspace.visible, weights);
    each_pair(expected, found, [&](std::string_view, std::span<double> from, std::span<const double> to) {
        for (std::size_t i = 0; i < to.size(); ++i)
            CHECK(std::abs(to[i] - from[i]) < 4 / std::sqrt(static_cast<double>(copies)) / rows);
    });
}

}  // namespace

TEST_SUITE("missing") {
    TEST_CASE("data sets keep what is missing, however they are prepared") {
        for (const Binarize binarize : {Binarize::threshold, Binarize::sample, Binarize::none}) {
            const Dataset data = with_holes(binarize);
            CHECK(data.has_missing());
            Matrix rows(3, 2);
            data.fill(0, Stream{1, 1, 0}, rows);
            CHECK(std::isnan(rows(0, 1)));
            CHECK(std::isnan(rows(2, 0)));
            CHECK_FALSE(std::isnan(rows(1, 1)));
            if (binarize == Binarize::threshold) CHECK((rows(0, 0) == 0 && rows(1, 0) == 1));
        }
        const std::vector<double> means = column_means(with_holes(Binarize::none));
        CHECK(means[0] == doctest::Approx(0.55));
        CHECK(means[1] == doctest::Approx(0.7));
        const ColumnMoments moments = column_moments(with_holes(Binarize::none));
        CHECK(moments.variance[0] == doctest::Approx(0.35 * 0.35));
        CHECK(moments.variance[1] == doctest::Approx(0));
        const Dataset full = with_holes(Binarize::none).without_missing(std::vector{0.25F, 0.75F});
        CHECK_FALSE(full.has_missing());
        CHECK((full.value(2, 0) == 0.25F && full.value(0, 1) == 0.75F && full.value(1, 0) == 0.9F));
        CHECK(with_holes(Binarize::none).slice(0, 1).has_missing());
    }

    TEST_CASE("standardised columns are those of the values that are there") {
        Dataset data = Dataset::from_floats(4, 1, {1.0F, nan, 3.0F, nan});
        data.allow_missing();
        const Standardisation columns = standardise(data);
        CHECK(columns.mean[0] == 2);
        CHECK(columns.scale[0] == 1);
    }

    TEST_CASE("spins and the codes of Potts sites can be missing") {
        Dataset bits = Dataset::from_floats(1, 3, {0.2F, nan, 0.9F});
        bits.allow_missing();
        for (const Binarize binarize : {Binarize::threshold, Binarize::sample}) {
            Matrix row(1, 3);
            const StateForm spins = state_form(make_units<float>("spin", 3));
            bits.prepared({binarize, 0.5F, {}, {}}, spins).fill(0, Stream{1, 1, 0}, row);
            CHECK(std::abs(row(0, 0)) == 1);
            CHECK(std::isnan(row(0, 1)));
            if (binarize == Binarize::threshold) CHECK((row(0, 0) == -1 && row(0, 2) == 1));
        }
        Dataset codes = Dataset::from_floats(2, 2, {2, nan, 0, 1});
        CHECK_THROWS_AS((void)expand_codes(codes, 3), DataError);
        codes.allow_missing();
        const Dataset wide = expand_codes(codes, 3);
        CHECK(wide.has_missing());
        CHECK(is_one_hot(wide, 3));
        Matrix rows(2, 6);
        const StateForm sites = state_form(make_units<float>("potts", 2, 3));
        wide.prepared({}, sites).fill(0, Stream{}, rows);
        const std::vector<float> expected = {0, 0, 1, nan, nan, nan, 1, 0, 0, 0, 1, 0};
        for (std::size_t i = 0; i < expected.size(); ++i)
            CHECK((rows.values()[i] == expected[i] || (std::isnan(rows.values()[i]) && std::isnan(expected[i]))));
        codes = Dataset::from_floats(1, 2, {3, nan});
        codes.allow_missing();
        CHECK_THROWS_AS((void)expand_codes(codes, 3), DataError);
        Dataset in_part = Dataset::from_floats(1, 3, {0, nan, 1});
        in_part.allow_missing();
        CHECK_THROWS_AS((void)in_part.prepared({}, sites), DataError);
    }

    TEST_CASE("without leave NaN is no value") {
        const Dataset data = Dataset::from_floats(1, 2, {0.2F, nan});
        CHECK_FALSE(data.has_missing());
        CHECK_THROWS((void)data.prepared({}, StateForm::bits()));
    }

    TEST_CASE("the gradient is that of the known values' likelihood") {
        for (const std::string kind_of_units : {"bernoulli", "spin", "potts"}) check_gradient(kind_of_units);
    }

    TEST_CASE("whole rows are learned from to the same bits as without") {
        const auto machine = test::random_machine<float>("bernoulli", 6, "bernoulli", 4, 81, 0.1);
        const Matrix rows = test::random_states(machine.visible, 40, 82);
        const auto data = Dataset::from_floats(40, 6, {rows.values().begin(), rows.values().end()});
        TrainSettings settings;
        settings.epochs = 3;
        settings.batch_size = 10;
        const PersistentContrastiveDivergence pcd{1, 10};
        TrainState plain = start_training(machine, data, settings, 10, 5), held = plain;
        train(plain, pcd, data, settings);
        train(held, WithMissing<PersistentContrastiveDivergence>{pcd}, data, settings);
        CHECK(plain.machine == held.machine);
    }

    TEST_CASE("a machine learns how two bits hang together although one of each pair is often missing") {
        // v1 = v0 always, and of every row one of the two is missing in half the cases.
        std::vector<float> values;
        const Stream stream{91, 1, 0};
        for (std::size_t r = 0; r < 400; ++r) {
            const auto bits = random_bits(stream, r, 0);
            const float bit = (bits & 1U) != 0 ? 1.0F : 0.0F;
            const bool hole = (bits & 2U) != 0, first = (bits & 4U) != 0;
            values.push_back(hole && first ? nan : bit);
            values.push_back(hole && !first ? nan : bit);
        }
        Dataset data = Dataset::from_floats(400, 2, std::move(values));
        data.allow_missing();
        data = std::move(data).prepared({Binarize::threshold, 0.5F, {}, {}}, StateForm::bits());
        Machine machine(Bernoulli(2), Bernoulli(4));
        Random random(92);
        initialize(machine, data, random);
        for (float& weight : machine.weights.values()) weight *= 30;  // near 0 the bits hardly feel each other
        TrainSettings settings;
        settings.epochs = 400;
        settings.batch_size = 50;
        settings.learning_rate = 0.3F;
        const WithMissing<PersistentContrastiveDivergence> objective{{1, 50}, 10};
        train(machine, objective, data, settings, random);
        const auto probabilities = test::exact_probabilities(machine);  // of 00, 10, 01, 11
        CHECK(probabilities[0] + probabilities[3] > 0.95);
        CHECK(probabilities[0] == doctest::Approx(0.5).epsilon(0.2));
    }
}

}  // namespace rbm
