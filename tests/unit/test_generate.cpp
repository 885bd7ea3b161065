// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cmath>
#include <map>
#include <stdexcept>
#include <vector>

#include "rbm/data/generate.h"
#include "rbm/kernels/error.h"

namespace {

std::map<std::vector<float>, std::size_t> row_counts(const rbm::Dataset& data) {
    std::map<std::vector<float>, std::size_t> counts;
    for (std::size_t row = 0; row < data.rows(); ++row) {
        std::vector<float> values;
        for (std::size_t col = 0; col < data.cols(); ++col) values.push_back(data.value(row, col));
        ++counts[values];
    }
    return counts;
}

void check_enumerated(const rbm::ToySet& set, std::size_t draws, std::size_t distinct, std::size_t cols, double bound) {
    CAPTURE(set.description);
    CHECK(set.data.rows() == draws);
    CHECK(set.data.cols() == cols);
    CHECK(row_counts(set.data).size() == distinct);
    CHECK(std::abs(set.log_likelihood_bound - bound) < 6e-7);
}

}  // namespace

TEST_SUITE_BEGIN("generate");

TEST_CASE("enumerated sets have the draws, the distinct rows and the bounds of the literature") {
    check_enumerated(rbm::bars_and_stripes(2), 8, 6, 4, -1.732868);
    check_enumerated(rbm::bars_and_stripes(3), 16, 14, 9, -2.599302);
    check_enumerated(rbm::bars_and_stripes(4), 32, 30, 16, -3.379093);
    check_enumerated(rbm::bars_and_stripes(5), 64, 62, 25, -4.115561);
    check_enumerated(rbm::labelled_shifter(8), 768, 768, 19, -6.643790);
    check_enumerated(rbm::shifter(8), 768, 762, 16, -6.631597);
    check_enumerated(rbm::shifter(4), 48, 42, 8, -3.676112);
    check_enumerated(rbm::shifting_bar(9, 1), 9, 9, 9, -2.197225);
    CHECK(rbm::bars_and_stripes(3).data.image == rbm::ImageShape{3, 3});
}

TEST_CASE("all black and all white bars and stripes come up twice, the others once, and all are bars or stripes") {
    for (const auto& [row, count] : row_counts(rbm::bars_and_stripes(3).data)) {
        bool rows_constant = true, cols_constant = true, constant = true;
        for (std::size_t i = 0; i < 9; ++i) {
            rows_constant = rows_constant && row[i] == row[i / 3 * 3];
            cols_constant = cols_constant && row[i] == row[i % 3];
            constant = constant && row[i] == row[0];
        }
        CHECK((rows_constant || cols_constant));
        CHECK(count == (constant ? 2 : 1));
    }
}

TEST_CASE("the shifter's second half is its first, moved as the label says") {
    const rbm::Dataset data = rbm::labelled_shifter(5).data;
    for (std::size_t row = 0; row < data.rows(); ++row) {
        std::size_t label = 3;
        for (std::size_t k = 0; k < 3; ++k)
            if (data.value(row, 10 + k) == 1.0F) label = k;
        REQUIRE(label < 3);
        for (std::size_t i = 0; i < 5; ++i)  // label 0: left, so what was at i + 1 is now at i
            CHECK(data.value(row, 5 + i) == data.value(row, (i + 5 + 1 - label) % 5));
    }
}

TEST_CASE("a shifting bar is as long as it was asked to be and wraps around") {
    const rbm::Dataset data = rbm::shifting_bar(7, 3).data;
    std::vector<float> last(7);
    for (std::size_t col = 0; col < 7; ++col) last[col] = data.value(6, col);
    CHECK(last == std::vector<float>{1, 1, 0, 0, 0, 0, 1});
}

TEST_CASE("Laplace sources have unit variance, no correlation, the bound, and the density that the bound averages") {
    rbm::Random random(3);
    const std::size_t rows = 20000;
    const rbm::ToySet set = rbm::laplace_sources(rows, random);
    CHECK(std::abs(set.log_likelihood_bound + 2.693147) < 6e-7);
    double square_0 = 0, square_1 = 0, product = 0, log_density = 0;
    for (std::size_t row = 0; row < rows; ++row) {
        const double x = static_cast<double>(set.data.value(row, 0)), y = static_cast<double>(set.data.value(row, 1));
        square_0 += x * x;
        square_1 += y * y;
        product += x * y;
        const double first = std::sqrt(0.75) * x + 0.5 * y, second = std::sqrt(0.75) * y - 0.5 * x;
        log_density -= std::log(2.0) + std::sqrt(2.0) * (std::abs(first) + std::abs(second));
    }
    const double n = static_cast<double>(rows);
    // Variances: of x^2 at most 5 (kurtosis 6), of x y about 1, of the log density 2; four standard errors.
    CHECK(std::abs(square_0 / n - 1) < 4 * std::sqrt(5 / n));
    CHECK(std::abs(square_1 / n - 1) < 4 * std::sqrt(5 / n));
    CHECK(std::abs(product / n) < 4 * std::sqrt(2 / n));
    CHECK(std::abs(log_density / n - set.log_likelihood_bound) < 4 * std::sqrt(2 / n));
}

TEST_CASE("independent bits have their frequencies and their entropy") {
    rbm::Random random(4);
    const std::size_t rows = 20000;
    const rbm::ToySet set = rbm::independent_bits(rows, 3, random);
    for (std::size_t col = 0; col < 3; ++col) {
        double ones = 0;
        for (std::size_t row = 0; row < rows; ++row) ones += static_cast<double>(set.data.value(row, col));
        const double n = static_cast<double>(rows), p = static_cast<double>(col + 1) / 4;
        CHECK(std::abs(ones / n - p) < 4 * std::sqrt(p * (1 - p) / n));
    }
    CHECK(std::abs(set.log_likelihood_bound - (2 * (0.25 * std::log(0.25) + 0.75 * std::log(0.75)) - std::log(2.0))) <
          1e-12);
}

TEST_CASE("an Ising ring follows its Boltzmann distribution, and its bound is minus the entropy") {
    for (const double coupling : {0.4, -0.7}) {
        CAPTURE(coupling);
        rbm::Random random(5);
        const std::size_t spins = 5, rows = 20000;
        const rbm::ToySet set = rbm::ising_ring(rows, spins, coupling, random);
        std::vector<double> weight(32), observed(32);
        double total = 0;
        for (std::size_t state = 0; state < 32; ++state) {
            int bonds = 0;
            for (std::size_t i = 0; i < spins; ++i)
                bonds += (state >> i & 1U) == (state >> ((i + 1) % spins) & 1U) ? 1 : -1;
            weight[state] = std::exp(coupling * bonds);
            total += weight[state];
        }
        for (std::size_t row = 0; row < rows; ++row) {
            std::size_t state = 0;
            for (std::size_t i = 0; i < spins; ++i) state |= std::size_t{set.data.value(row, i) == 1.0F} << i;
            ++observed[state];
        }
        double bound = 0, chi_square = 0;
        for (std::size_t state = 0; state < 32; ++state) {
            const double p = weight[state] / total, expected = p * static_cast<double>(rows);
            bound += p * std::log(p);
            chi_square += std::pow(observed[state] - expected, 2) / expected;
        }
        CHECK(std::abs(set.log_likelihood_bound - bound) < 1e-12);
        CHECK(chi_square < 61.1);  // 31 degrees of freedom, p = 0.001
    }
}

TEST_CASE("sampled sets follow the generator's seed") {
    rbm::Random one(8), same(8), other(9);
    const auto first = row_counts(rbm::laplace_sources(50, one).data);
    CHECK(first == row_counts(rbm::laplace_sources(50, same).data));
    CHECK(first != row_counts(rbm::laplace_sources(50, other).data));
}

TEST_CASE("sizes outside their range are refused by name") {
    CHECK_THROWS_WITH_AS(rbm::bars_and_stripes(0), "bars-and-stripes: side is 0, expected 1 to 12",
                         rbm::InvalidArgument);
    CHECK_THROWS_AS(rbm::bars_and_stripes(13), rbm::InvalidArgument);
    CHECK_THROWS_AS(rbm::shifter(17), rbm::InvalidArgument);
    CHECK_THROWS_AS(rbm::shifting_bar(5, 5), rbm::InvalidArgument);
    rbm::Random random(1);
    CHECK_THROWS_AS(rbm::ising_ring(5, 2, 0.1, random), rbm::InvalidArgument);
    CHECK_THROWS_AS(rbm::ising_ring(5, 4, std::nan(""), random), rbm::InvalidArgument);
}

TEST_SUITE_END();
