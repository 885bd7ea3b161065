// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "rbm/data/identity_weights.h"
#include "rbm/kernels/error.h"
#include "rbm/kernels/random.h"
#include "rbm/kernels/threads.h"

using rbm::Dataset, rbm::identity_weights;

TEST_SUITE_BEGIN("identity_weights");

namespace {

Dataset byte_rows(std::size_t cols, std::vector<std::uint8_t> values) {
    const std::size_t rows = values.size() / cols;
    return Dataset::from_bytes(rows, cols, std::move(values), 1);
}

/// By the definition.
std::vector<double> weights_by_definition(const Dataset& data, std::size_t agreeing) {
    std::vector<double> weights;
    for (std::size_t i = 0; i < data.rows(); ++i) {
        double count = 0;
        for (std::size_t j = 0; j < data.rows(); ++j) {
            std::size_t same = 0;
            for (std::size_t col = 0; col < data.cols(); ++col)
                same += data.value(i, col) == data.value(j, col) ? 1 : 0;
            count += same >= agreeing ? 1 : 0;
        }
        weights.push_back(1 / count);
    }
    return weights;
}

}  // namespace

TEST_CASE("rows that agree share one vote") {
    const Dataset data = byte_rows(5, {0, 1, 2, 3, 4, 0, 1, 2, 3, 0, 0, 1, 2, 3, 4, 4, 3, 2, 1, 0});
    CHECK(identity_weights(data, 0.8) == std::vector<double>{1 / 3.0, 1 / 3.0, 1 / 3.0, 1});
    CHECK(identity_weights(data, 1) == std::vector<double>{0.5, 1, 0.5, 1});
    CHECK(identity_weights(data, 0.81) == std::vector<double>{0.5, 1, 0.5, 1});
    CHECK(identity_weights(data, 0.1) == std::vector<double>{0.25, 0.25, 0.25, 0.25});
}

TEST_CASE("as many agreeing columns as the share says, where floating point says a little more") {
    // 0.7 * 10 is 7.000000000000001 in steps of double for some shares; 7 of 10 must be enough for 0.7.
    const Dataset data = byte_rows(10, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1});
    CHECK(identity_weights(data, 0.7) == std::vector<double>{0.5, 0.5});
    CHECK(identity_weights(data, 0.71) == std::vector<double>{1, 1});
}

TEST_CASE("many rows of many lengths agree with the definition, for any number of threads") {
    rbm::Random random(5);
    for (const std::size_t cols : {1U, 63U, 64U, 65U, 200U}) {
        const std::size_t rows = 300;  // more than a block
        std::vector<std::uint8_t> values(rows * cols);
        for (std::size_t i = 0; i < values.size(); ++i)
            // Families of ten: a column differs from the founder's in a fifth of the cases.
            values[i] =
                static_cast<std::uint8_t>(random() % 5 != 0 ? (i / cols / 10 * 7 + i % cols) % 21 : random() % 21);
        const Dataset data = byte_rows(cols, values);
        const auto agreeing = static_cast<std::size_t>(std::ceil(0.6 * static_cast<double>(cols) - 1e-9));
        const std::vector<double> expected = weights_by_definition(data, agreeing);
        for (const std::size_t threads : {1U, 3U}) {
            rbm::set_threads(threads);
            CHECK(identity_weights(data, 0.6) == expected);
        }
    }
}

TEST_CASE("missing values agree with each other, and what is no code is refused") {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    CHECK(identity_weights(Dataset::from_floats(2, 2, {1, nan, 1, nan}), 1) == std::vector<double>{0.5, 0.5});
    CHECK(identity_weights(Dataset::from_floats(2, 2, {1, nan, 1, 0}), 1) == std::vector<double>{1, 1});
    for (const float wrong : {0.5F, -1.0F, 255.0F, std::numeric_limits<float>::infinity()})
        CHECK_THROWS_AS(identity_weights(Dataset::from_floats(2, 2, {1, 2, wrong, 4}), 0.8), rbm::DataError);
    for (const double wrong : {0.0, -0.5, 1.5, std::numeric_limits<double>::quiet_NaN()})
        CHECK_THROWS_AS(identity_weights(byte_rows(1, {1, 2}), wrong), rbm::InvalidArgument);
}

TEST_SUITE_END();
