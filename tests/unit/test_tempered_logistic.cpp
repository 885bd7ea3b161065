// SPDX-License-Identifier: MIT
// Kernels of logistic units on a path, against the loops in double.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "rbm/kernels/backend.h"
#include "rbm/kernels/context.h"
#include "rbm/kernels/ops.h"
#include "rbm/kernels/tempered_logistic.h"

using namespace rbm;

namespace tempered_logistic_test {
namespace {

std::vector<float> normals(std::size_t count, std::size_t row, float size) {
    std::vector<float> values(count);
    for (std::size_t i = 0; i < count; ++i) values[i] = size * normal_at(Stream{1, 0, 0}, row, i);
    return values;
}

std::vector<double> wide(const std::vector<float>& values) { return {values.begin(), values.end()}; }

struct Case {
    explicit Case(std::size_t rows, std::size_t cols, float size = 3)
        : field(rows, cols),
          wide_field(rows, cols),
          base(normals(cols, 100, 2)),
          change(normals(cols, 101, size)),
          from(rows),
          to(rows) {
        for (std::size_t r = 0; r < rows; ++r) {
            const auto values = normals(cols, r, size);
            std::copy(values.begin(), values.end(), field.row(r).begin());
            std::copy(values.begin(), values.end(), wide_field.row(r).begin());
            from[r] = 0.1F * static_cast<float>(r % 11);
            to[r] = 1 - 0.07F * static_cast<float>(r % 13);
        }
    }
    Matrix field;
    BasicMatrix<double> wide_field;
    std::vector<float> base, change, from, to;
};

}  // namespace

TEST_SUITE_BEGIN("tempered_logistic");

TEST_CASE("changes of softplus sums agree with the loops in double") {
    for (const auto name : available_backends()) {
        const ContextScope scope({.backend = &backend_named(name)});
        for (const std::size_t cols : std::initializer_list<std::size_t>{1, 3, 7, 16, 31, 64, 500, 784, 1025})
            for (const std::size_t rows : std::initializer_list<std::size_t>{1, 5, 40}) {
                CAPTURE(rows);
                CAPTURE(cols);
                const Case one(rows, cols);
                std::vector<double> found(rows, 1), expected(rows, 1);
                add_softplus_changes(one.field.view(), one.base, one.change, one.from, one.to, found);
                add_softplus_changes(one.wide_field.view(), wide(one.base), wide(one.change), wide(one.from),
                                     wide(one.to), expected);
                for (std::size_t r = 0; r < rows; ++r)
                    CHECK(std::abs(found[r] - expected[r]) < 1e-6 * static_cast<double>(cols));
            }
    }
}

TEST_CASE("close temperatures: what is left of large terms keeps its digits") {
    Case one(1, 500, 40);
    one.from = {0.9F};
    one.to = {0.9F + 0x1p-13F};
    double found = 0, expected = 0;
    vectorized::add_softplus_changes(one.field.view(), one.base, one.change, one.from, one.to, std::span(&found, 1));
    add_softplus_changes(one.wide_field.view(), wide(one.base), wide(one.change), wide(one.from), wide(one.to),
                         std::span(&expected, 1));
    CHECK(std::abs(expected) > 0.1);
    CHECK(std::abs(found - expected) < 2e-6);
}

TEST_CASE("extremes: no overflow, and NaN stays NaN") {
    Matrix field(3, 40);
    field.row(0)[0] = 3e4F;
    field.row(1)[0] = -3e4F;
    field.row(2)[39] = std::numeric_limits<float>::quiet_NaN();
    const std::vector<float> zero(40, 0.0F), from(3, 0.0F), to(3, 1.0F);
    for (const auto name : available_backends()) {
        const ContextScope scope({.backend = &backend_named(name)});
        std::vector<double> out(3);
        add_softplus_changes(field.view(), zero, zero, from, to, out);
        CHECK(out[0] == doctest::Approx(3e4 - std::log(2)));
        CHECK(out[1] == doctest::Approx(-std::log(2)));
        CHECK(std::isnan(out[2]));
        Matrix states(3, 40);
        sample_tempered_logistic(field.view(), zero, zero, to, Stream{1, 1, 0}, states.view());
        CHECK(states(0, 0) == 1);
        CHECK(states(1, 0) == 0);
        CHECK(std::isnan(states(2, 39)));
    }
}

TEST_CASE("draws are those of the plain loop, but where probability and number all but meet") {
    std::size_t different = 0, all = 0;
    for (const std::size_t cols : std::initializer_list<std::size_t>{1, 5, 17, 64, 100, 500})
        for (const std::size_t rows : std::initializer_list<std::size_t>{1, 9}) {
            const Case one(rows, cols);
            Matrix found(rows, cols);
            BasicMatrix<double> expected(rows, cols);
            const Stream stream{7, 8, 3};
            vectorized::sample_tempered_logistic(one.field.view(), one.base, one.change, one.from, stream,
                                                 found.view());
            sample_tempered_logistic(one.wide_field.view(), wide(one.base), wide(one.change), wide(one.from), stream,
                                     expected.view());
            for (std::size_t i = 0; i < found.values().size(); ++i, ++all)
                different += static_cast<double>(found.values()[i]) != expected.values()[i];
        }
    CHECK(all > 6000);
    CHECK(different <= 1);
}

TEST_CASE("a view into a wider matrix is read and written within its columns; threads change nothing") {
    const Case one(300, 64);
    Matrix first(300, 70), second(300, 70);
    first.fill(9), second.fill(9);
    std::vector<double> sums(300), again(300);
    const auto run = [&](std::size_t count, Matrix& out, std::vector<double>& totals) {
        const ContextScope scope({.threads = count});
        sample_tempered_logistic(one.field.view(), one.base, one.change, one.to, Stream{1, 5, 0},
                                 View(out.data() + 3, 300, 64, 70));
        add_softplus_changes(one.field.view(), one.base, one.change, one.from, one.to, totals);
    };
    run(1, first, sums);
    run(3, second, again);
    CHECK(first == second);
    CHECK(sums == again);
    for (std::size_t r = 0; r < 300; ++r)
        for (const std::size_t c : std::initializer_list<std::size_t>{0, 1, 2, 67, 68, 69}) CHECK(first(r, c) == 9);
}

TEST_SUITE_END();

}  // namespace tempered_logistic_test
