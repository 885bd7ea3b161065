// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cmath>

#include "rbm/estimate/spectrum.h"
#include "rbm/kernels/random.h"

using namespace rbm;

TEST_SUITE_BEGIN("spectrum");

TEST_CASE("singular values of a matrix put together from known ones") {
    // U diag(s) V^T with reflections I - 2 x x^T / |x|^2 as U and V.
    for (const auto& [rows, cols] : {std::pair<std::size_t, std::size_t>{7, 4}, {4, 7}, {5, 5}, {1, 3}, {3, 1}}) {
        const std::size_t count = std::min(rows, cols);
        const Stream stream{9, 0, 0};
        const auto reflection = [&](std::size_t row, std::size_t size, std::size_t i, std::size_t k) {
            double squares = 0;
            for (std::size_t n = 0; n < size; ++n) squares += std::pow(normal_at(stream, row, n), 2);
            const double product = static_cast<double>(normal_at(stream, row, i) * normal_at(stream, row, k));
            return (i == k ? 1.0 : 0.0) - 2 * product / squares;
        };
        Matrix matrix(rows, cols);
        for (std::size_t i = 0; i < rows; ++i)
            for (std::size_t j = 0; j < cols; ++j) {
                double sum = 0;
                for (std::size_t k = 0; k < count; ++k)
                    sum += reflection(0, rows, i, k) * static_cast<double>(count - k) * reflection(1, cols, k, j);
                matrix(i, j) = static_cast<float>(sum);
            }
        const auto values = singular_values(matrix);
        REQUIRE(values.size() == count);
        for (std::size_t k = 0; k < count; ++k)
            CHECK(values[k] == doctest::Approx(static_cast<double>(count - k)).epsilon(1e-5));
    }
    CHECK(singular_values(Matrix(3, 2)) == std::vector<double>{0, 0});
}

TEST_CASE("views with a stride are read row by row") {
    const float values[] = {3, 0, 99, 0, 4, 99};
    const auto found = singular_values(ConstView(values, 2, 2, 3));
    CHECK(found[0] == doctest::Approx(4));
    CHECK(found[1] == doctest::Approx(3));
}

TEST_CASE("effective rank: the number of equal values, 1 for a single one, 0 for none") {
    CHECK(effective_rank(std::vector{2.0, 2.0, 2.0}) == doctest::Approx(3));
    CHECK(effective_rank(std::vector{5.0, 0.0, 0.0}) == doctest::Approx(1));
    CHECK(effective_rank(std::vector{0.0, 0.0}) == 0);
    CHECK(effective_rank(std::vector{3.0, 1.0}) ==
          doctest::Approx(std::exp(-0.75 * std::log(0.75) - 0.25 * std::log(0.25))));
}

TEST_CASE("faint and duplicate filters are found") {
    Matrix weights(6, 300);
    const Stream stream{4, 0, 0};
    for (std::size_t i = 0; i < 6; ++i)
        for (std::size_t j = 0; j < 300; ++j)
            weights(i, j) = i == j % 6 ? 1.0F + static_cast<float>(j) / 6 : normal_at(stream, i, j);
    FilterReport report = inspect_filters(weights);
    CHECK(report.faint.empty());
    const std::size_t before = report.duplicates.size();
    for (std::size_t i = 0; i < 6; ++i) {
        weights(i, 7) *= 1e-4F;
        weights(i, 280) = 3 * weights(i, 2);  // lies in another block of rows
        weights(i, 9) = 0;
    }
    report = inspect_filters(weights);
    CHECK(report.faint == std::vector<std::size_t>{7, 9});
    CHECK(std::find(report.duplicates.begin(), report.duplicates.end(), std::pair<std::size_t, std::size_t>{2, 280}) !=
          report.duplicates.end());
    CHECK(before + 2 + 300 > report.duplicates.size());
    CHECK(report.norms[9] == 0);
    CHECK(inspect_filters(Matrix(3, 2)).faint.size() == 2);
}

TEST_SUITE_END();
