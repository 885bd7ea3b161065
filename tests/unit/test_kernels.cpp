// SPDX-License-Identifier: MIT
// The functions of one number against long double, and every kernel of every backend against the double loops.
#include <cblas.h>
#include <doctest/doctest.h>
#include <omp.h>

#include <cfloat>
#include <cstring>
#include <functional>
#include <numbers>
#include <numeric>
#include <stdexcept>
#include <string>

#include "rbm/kernels/backend.h"
#include "rbm/kernels/blas_info.h"
#include "rbm/kernels/context.h"
#include "rbm/kernels/error.h"
#include "rbm/kernels/ops.h"
#include "rbm/kernels/reference.h"
#include "rbm/kernels/threads.h"
#include "rbm/kernels/vector_kernels.h"

using namespace rbm;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

/// How many floats lie between found and expected.
double ulps(float found, long double expected) {
    const float nearest = static_cast<float>(expected);
    const long double spacing = static_cast<long double>(std::nextafter(std::abs(nearest), infinity)) -
                                static_cast<long double>(std::abs(nearest));
    return static_cast<double>(std::abs(static_cast<long double>(found) - expected) / spacing);
}

long double exact_logistic(long double x) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }
long double exact_softplus(long double x) { return std::max(x, 0.0L) + std::log1p(std::exp(-std::abs(x))); }

/// Runs body with each backend by name.
void with_each_backend(const std::function<void(const Backend&)>& body) {
    for (const auto name : available_backends()) {
        const std::string backend_name(name);
        CAPTURE(backend_name);
        const ContextScope scope({.backend = &backend_named(name)});
        body(backend());
    }
}

/// rows x cols values inside a wider matrix, so that rows do not follow one another.
struct Strided {
    Strided(std::size_t rows, std::size_t cols, std::size_t gap, std::uint64_t seed, double size = 1)
        : memory(rows, cols + gap), cols_(cols) {
        memory.fill(not_a_number);  // a kernel that strays shows it
        const Stream stream{seed, 3, 0};
        for (std::size_t r = 0; r < rows; ++r)
            for (std::size_t c = 0; c < cols; ++c)
                memory(r, c) = static_cast<float>(size * static_cast<double>(normal_at(stream, r, c)));
    }
    View view() { return {memory.data(), memory.rows(), cols_, memory.cols()}; }
    bool gap_untouched() const {
        for (std::size_t r = 0; r < memory.rows(); ++r)
            for (std::size_t c = cols_; c < memory.cols(); ++c)
                if (!std::isnan(memory(r, c))) return false;
        return true;
    }
    Matrix memory;

  private:
    std::size_t cols_;
};

std::vector<float> vector_of(std::size_t length, std::uint64_t seed, double size = 1) {
    const Strided row(1, length, 0, seed, size);
    return {row.memory.values().begin(), row.memory.values().end()};
}

std::vector<float> positive(std::vector<float> values) {
    for (float& value : values) value = 0.25F + std::abs(value);
    return values;
}

BasicMatrix<double> wide(ConstView from) {
    BasicMatrix<double> to(from.rows, from.cols);
    for (std::size_t r = 0; r < from.rows; ++r) std::copy(from.row(r).begin(), from.row(r).end(), to.row(r).begin());
    return to;
}
std::vector<double> wide(const std::vector<float>& from) { return {from.begin(), from.end()}; }

using ConstDoubleView = MatrixView<const double>;
using DoubleSpan = std::span<const double>;

/// Largest |found - expected| / (1 + |expected|); infinite when one is NaN and the other is not.
double worst(ConstView found, const BasicMatrix<double>& expected) {
    double result = 0;
    for (std::size_t r = 0; r < found.rows; ++r)
        for (std::size_t c = 0; c < found.cols; ++c) {
            const double x = static_cast<double>(found.row(r)[c]), y = expected(r, c);
            const double distance = std::abs(x - y) / (1 + std::abs(y));
            result = std::isnan(distance) ? HUGE_VAL : std::max(result, distance);
        }
    return result;
}
double worst(const std::vector<double>& found, const std::vector<double>& expected) {
    double result = 0;
    for (std::size_t i = 0; i < found.size(); ++i) {
        const double distance = std::abs(found[i] - expected[i]) / (1 + std::abs(expected[i]));
        result = std::isnan(distance) ? HUGE_VAL : std::max(result, distance);
    }
    return result;
}

struct Shape {
    std::size_t rows, inner, cols;
};
// Tiles are 512 x 128: one short of, on and beyond their borders; nothing at all; one of everything; primes.
const std::vector<Shape> shapes = {{1, 1, 1},    {1, 5, 1},     {1, 1, 17},    {7, 3, 13},    {0, 4, 6},
                                   {31, 64, 33}, {512, 9, 128}, {513, 11, 7},  {5, 17, 129},  {514, 33, 131},
                                   {2, 513, 3},  {1025, 3, 2},  {3, 700, 260}, {64, 784, 16}, {16, 16, 257}};

}  // namespace

TEST_SUITE_BEGIN("kernels");

TEST_CASE("softplus and logistic hold to 3 ULP against long double, and at the ends of the line") {
    std::vector<float> arguments = {0, -0.0F, FLT_EPSILON, -FLT_EPSILON, FLT_MIN, -FLT_MIN, 17, -17, 87, -87, 88.7F};
    const Stream stream{77, 0, 0};
    for (std::size_t i = 0; i < 40000; ++i) {
        const float uniform = uniform_from_bits(random_bits(stream, 0, i));
        arguments.push_back((i % 2 == 0 ? 1.0F : -1.0F) * std::exp(-25.0F + 29.46F * uniform));  // 1e-11 to 86
        arguments.push_back(174 * uniform - 87);
    }
    double worst_logistic = 0, worst_softplus = 0;
    for (const float x : arguments) {
        worst_logistic = std::max(worst_logistic, ulps(logistic(x), exact_logistic(static_cast<long double>(x))));
        worst_softplus = std::max(worst_softplus, ulps(softplus(x), exact_softplus(static_cast<long double>(x))));
    }
    CHECK(worst_logistic <= 3);
    CHECK(worst_softplus <= 3);

    CHECK(logistic(0.0F) == 0.5F);
    CHECK(softplus(0.0F) == doctest::Approx(0.69314718).epsilon(1e-7));
    for (const float x : {88.7F, 104.0F, 1e4F, FLT_MAX, infinity}) {
        CAPTURE(x);
        CHECK(logistic(x) == 1.0F);
        CHECK(softplus(x) == x);
        CHECK(logistic(-x) >= 0);
        CHECK(logistic(-x) <= 3.1e-39F);
        CHECK(softplus(-x) >= 0);
        CHECK(softplus(-x) <= 3.1e-39F);
    }
    CHECK(softplus(89.0) == doctest::Approx(89.0).epsilon(1e-15));
    CHECK(logistic(-infinity) == 0);
    CHECK(softplus(-infinity) == 0);
    CHECK(softplus(1e4) == 1e4);
    CHECK(logistic(-700.0) == doctest::Approx(std::exp(-700.0)).epsilon(1e-14));
    CHECK(std::isnan(logistic(not_a_number)));
    CHECK(std::isnan(softplus(not_a_number)));
    CHECK(std::isnan(logistic(-not_a_number)));
    CHECK(std::isnan(softplus(-not_a_number)));
}

TEST_CASE("every backend's logistic and softplus hold to 3 ULP, element by element, and at the ends of the line") {
    with_each_backend([](const Backend& kernels) {
        // Rows of 37: whole vectors of any width, and a tail.
        constexpr std::size_t rows = 1000, cols = 37;
        Matrix arguments(rows, cols), means(rows, cols);
        for (std::size_t i = 0; i < rows * cols; ++i)
            arguments.values()[i] = 174 * uniform_from_bits(random_bits({78, 0, 0}, 0, i)) - 87;
        for (std::size_t i = 0; i < rows * cols / 2; ++i)  // many of them close to 0
            arguments.values()[i] *= std::exp(-20.0F * uniform_from_bits(random_bits({78, 0, 0}, 1, i)));
        const std::vector<float> zero(cols);
        kernels.logistic(arguments, zero, {}, means);
        // One column at a time, so that a sum is one softplus.
        std::vector<double> sums(rows * cols);
        kernels.add_softplus_sums(ConstView(arguments.data(), rows * cols, 1), std::vector<float>(1), {}, sums);
        double worst_logistic = 0, worst_softplus = 0;
        for (std::size_t i = 0; i < rows * cols; ++i) {
            const auto x = static_cast<long double>(arguments.values()[i]);
            worst_logistic = std::max(worst_logistic, ulps(means.values()[i], exact_logistic(x)));
            worst_softplus = std::max(worst_softplus, ulps(static_cast<float>(sums[i]), exact_softplus(x)));
        }
        CHECK(worst_logistic <= 3);
        CHECK(worst_softplus <= 3);
        for (const float x : {88.7F, 104.0F, 1e4F, FLT_MAX, infinity}) {
            CAPTURE(x);
            Matrix ends(2, 1), at_ends(2, 1);
            ends(0, 0) = x;
            ends(1, 0) = -x;
            kernels.logistic(ends, std::vector<float>(1), {}, at_ends);
            CHECK(at_ends(0, 0) == 1);
            CHECK(at_ends(1, 0) >= 0);
            CHECK(at_ends(1, 0) <= 3.1e-39F);
            std::vector<double> end_sums(2);
            kernels.add_softplus_sums(ends, std::vector<float>(1), {}, end_sums);
            CHECK(end_sums[0] == static_cast<double>(x));
            CHECK(end_sums[1] >= 0);
            CHECK(end_sums[1] <= 3.1e-39);
        }
    });
}

TEST_CASE("logistic never falls as x grows") {
    float last = 0, last_softplus = 0;
    for (float x = -110; x < 110; x += 0.01F) {
        const float now = logistic(x), now_softplus = softplus(x);
        REQUIRE(now >= last);
        REQUIRE(now <= 1);
        REQUIRE(now_softplus >= last_softplus);
        last = now;
        last_softplus = now_softplus;
    }
}

TEST_CASE("log-sum-exp: nothing, one, far apart, infinite, NaN, a million") {
    const double inf = HUGE_VAL;
    CHECK(log_sum_exp({}) == -inf);
    const auto of = [](std::vector<double> x) { return log_sum_exp(x); };
    CHECK(of({-3.25}) == -3.25);
    CHECK(of({1e4, -1e4}) == 1e4);
    CHECK(of({-1e4, -1e4}) == doctest::Approx(-1e4 + std::log(2.0)).epsilon(1e-15));
    CHECK(of({1e308, 1e308}) == 1e308);
    CHECK(of({-inf, -inf, -inf}) == -inf);
    CHECK(of({-inf, 2.5}) == 2.5);
    CHECK(of({inf, -inf, 0}) == inf);
    CHECK(std::isnan(of({0, std::nan(""), inf})));
    CHECK(std::isnan(of({std::nan("")})));
    CHECK(of(std::vector<double>(1000000, -7.5)) == doctest::Approx(-7.5 + std::log(1e6)).epsilon(1e-12));
    CHECK(of({0.1, 0.2, 0.3}) ==
          doctest::Approx(std::log(std::exp(0.1) + std::exp(0.2) + std::exp(0.3))).epsilon(1e-14));
}

TEST_CASE("products agree with the double loops on every shape, strided or not, and write nothing else") {
    with_each_backend([](const Backend& kernels) {
        for (const Shape& shape : shapes)
            for (const std::size_t gap : std::initializer_list<std::size_t>{0, 3}) {
                const std::size_t rows = shape.rows, inner = shape.inner, cols = shape.cols;
                CAPTURE(rows);
                CAPTURE(inner);
                CAPTURE(cols);
                CAPTURE(gap);
                const double tolerance = 1e-6 * std::sqrt(static_cast<double>(std::max(inner, rows)) + 8);
                Strided a(rows, inner, gap, 1), w(inner, cols, gap, 2), wt(cols, inner, gap, 3);
                {
                    Strided out(rows, cols, gap, 4);
                    for (std::size_t r = 0; r < rows; ++r) std::ranges::fill(out.view().row(r), not_a_number);
                    BasicMatrix<double> expected(rows, cols);
                    kernels.multiply(a.view(), w.view(), out.view());
                    reference::multiply(ConstDoubleView(wide(a.view())), ConstDoubleView(wide(w.view())),
                                        expected.view());
                    CHECK(worst(out.view(), expected) < tolerance);
                    CHECK(out.gap_untouched());
                    kernels.multiply_transposed(a.view(), wt.view(), out.view());
                    reference::multiply_transposed(ConstDoubleView(wide(a.view())), ConstDoubleView(wide(wt.view())),
                                                   expected.view());
                    CHECK(worst(out.view(), expected) < tolerance);
                    CHECK(out.gap_untouched());
                }
                Strided b(rows, cols, gap, 5), sum(inner, cols, gap, 6);
                BasicMatrix<double> expected = wide(sum.view());
                kernels.add_outer({-0.75F, a.view(), b.view()}, sum.view());
                const auto wide_a = wide(a.view()), wide_b = wide(b.view());
                reference::add_outer(BasicOuterProduct<double>{-0.75, wide_a, wide_b}, expected.view());
                CHECK(worst(sum.view(), expected) < tolerance);
                CHECK(sum.gap_untouched());
            }
    });
}

TEST_CASE("the double loops themselves: products written out by hand") {
    BasicMatrix<double> a(2, 3), w(3, 2), out(2, 2);
    std::iota(a.values().begin(), a.values().end(), 1.0);  // 1 2 3; 4 5 6
    std::iota(w.values().begin(), w.values().end(), 7.0);  // 7 8; 9 10; 11 12
    reference::multiply(ConstDoubleView(a), ConstDoubleView(w), out.view());
    CHECK(std::ranges::equal(out.values(), std::vector{58.0, 64.0, 139.0, 154.0}));
    BasicMatrix<double> wt(2, 3);
    std::iota(wt.values().begin(), wt.values().end(), 7.0);  // 7 8 9; 10 11 12
    reference::multiply_transposed(ConstDoubleView(a), ConstDoubleView(wt), out.view());
    CHECK(std::ranges::equal(out.values(), std::vector{50.0, 68.0, 122.0, 167.0}));
    BasicMatrix<double> outer(3, 3);
    outer.fill(1);
    reference::add_outer(BasicOuterProduct<double>{2.0, a, wt}, outer.view());
    CHECK(outer(0, 0) == 1 + 2 * (1 * 7 + 4 * 10));
    CHECK(outer(2, 1) == 1 + 2 * (3 * 8 + 6 * 11));
}

TEST_CASE("elementwise kernels and row sums agree with the double loops, with and without betas and weights") {
    with_each_backend([](const Backend& kernels) {
        for (const Shape& shape : shapes)
            for (const std::size_t gap : std::initializer_list<std::size_t>{0, 5})
                for (const bool with_rows : {false, true}) {
                    const std::size_t rows = shape.rows, cols = shape.cols;
                    CAPTURE(rows);
                    CAPTURE(cols);
                    CAPTURE(gap);
                    CAPTURE(with_rows);
                    Strided a(rows, cols, gap, 10, 3), c(rows, cols, gap, 11), out(rows, cols, gap, 12);
                    const auto wide_a = wide(a.view()), wide_c = wide(c.view());
                    const auto vector = vector_of(cols, 13), scales = positive(vector_of(cols, 14));
                    const auto per_row = with_rows ? positive(vector_of(rows, 15)) : std::vector<float>{};
                    const auto wide_vector = wide(vector), wide_scales = wide(scales), wide_per_row = wide(per_row);
                    BasicMatrix<double> expected(rows, cols);

                    kernels.logistic(a.view(), vector, per_row, out.view());
                    reference::logistic(ConstDoubleView(wide_a), DoubleSpan(wide_vector), DoubleSpan(wide_per_row),
                                        expected.view());
                    CHECK(worst(out.view(), expected) < 2e-6);
                    kernels.add_vector(a.view(), vector, out.view());
                    reference::add_vector(ConstDoubleView(wide_a), DoubleSpan(wide_vector), expected.view());
                    CHECK(worst(out.view(), expected) < 1e-6);
                    kernels.scale_columns(a.view(), vector, out.view());
                    reference::scale_columns(ConstDoubleView(wide_a), DoubleSpan(wide_vector), expected.view());
                    CHECK(worst(out.view(), expected) < 1e-6);
                    kernels.add(a.view(), c.view(), out.view());
                    reference::add(ConstDoubleView(wide_a), ConstDoubleView(wide_c), expected.view());
                    CHECK(worst(out.view(), expected) < 1e-6);
                    kernels.approach(0.3F, a.view(), out.view());
                    reference::approach(static_cast<double>(0.3F), ConstDoubleView(wide_a), expected.view());
                    CHECK(worst(out.view(), expected) < 1e-6);
                    kernels.scale_rows(-1.5F, per_row, out.view());
                    reference::scale_rows(-1.5, DoubleSpan(wide_per_row), expected.view());
                    CHECK(worst(out.view(), expected) < 1e-6);
                    for (const std::size_t members : {1U, 3U}) {
                        const std::size_t groups = rows / members;
                        const auto own = out.view().rows_from(0, groups);
                        expected = wide(out.view());  // the rounding of what came before is not this kernel's
                        kernels.add_group_sums(a.view().rows_from(0, groups * members), per_row, own);
                        reference::add_group_sums(wide_a.rows_from(0, groups * members), DoubleSpan(wide_per_row),
                                                  expected.rows_from(0, groups));
                        CHECK(worst(out.view(), expected) < 2e-6);
                    }
                    CHECK(out.gap_untouched());
                    const Stream stream{5, 6, 7};
                    kernels.sample_normal(a.view(), scales, per_row, stream, out.view());
                    reference::sample_normal(ConstDoubleView(wide_a), DoubleSpan(wide_scales), DoubleSpan(wide_per_row),
                                             stream, expected.view());
                    CHECK(worst(out.view(), expected) < 3e-6);
                    CHECK(out.gap_untouched());

                    // Sums begin at 1, so that a kernel that overwrites instead of adding is seen.
                    std::vector<double> found(rows, 1), sums(rows, 1);
                    const auto compare = [&](const char* kernel, double tolerance) {
                        INFO(kernel);
                        CHECK(worst(found, sums) < tolerance);
                        found.assign(rows, 1);
                        sums.assign(rows, 1);
                    };
                    kernels.add_softplus_sums(a.view(), vector, per_row, found);
                    reference::add_softplus_sums(ConstDoubleView(wide_a), DoubleSpan(wide_vector),
                                                 DoubleSpan(wide_per_row), std::span(sums));
                    compare("add_softplus_sums", 1e-6);
                    kernels.add_dots(-1.5, a.view(), vector, found);
                    reference::add_dots(-1.5, ConstDoubleView(wide_a), DoubleSpan(wide_vector), std::span(sums));
                    compare("add_dots", 1e-6);
                    kernels.add_row_dots(0.5, a.view(), c.view(), found);
                    reference::add_row_dots(0.5, ConstDoubleView(wide_a), ConstDoubleView(wide_c), std::span(sums));
                    compare("add_row_dots", 1e-6);
                    kernels.add_weighted_squares(0.5, a.view(), vector, scales, found);
                    reference::add_weighted_squares(0.5, ConstDoubleView(wide_a), DoubleSpan(wide_vector),
                                                    DoubleSpan(wide_scales), std::span(sums));
                    compare("add_weighted_squares", 1e-6);

                    std::vector<float> columns(cols, 1);
                    std::vector<double> column_sums(cols, 1);
                    kernels.add_column_sums(-2.0, a.view(), per_row, columns);
                    reference::add_column_sums(-2.0, ConstDoubleView(wide_a), DoubleSpan(wide_per_row),
                                               std::span(column_sums));
                    CHECK(worst({columns.begin(), columns.end()}, column_sums) < 1e-6);

                    std::vector<double> moments(2 * cols, 1), expected_moments = moments;
                    kernels.add_column_moments(a.view(), vector, per_row, std::span(moments).first(cols),
                                               std::span(moments).last(cols));
                    reference::add_column_moments(ConstDoubleView(wide_a), DoubleSpan(wide_vector),
                                                  DoubleSpan(wide_per_row), std::span(expected_moments).first(cols),
                                                  std::span(expected_moments).last(cols));
                    CHECK(worst(moments, expected_moments) < 1e-6);
                }
    });
}

TEST_CASE("softmax, its draws and its logarithms agree with the double loops, whatever sites, states and options") {
    with_each_backend([](const Backend& kernels) {
        std::size_t drawn = 0, differ = 0;
        for (const std::size_t rows : {0U, 1U, 7U, 40U, 513U})
            for (const std::size_t sites : {1U, 5U, 33U})
                for (const std::size_t states : {1U, 2U, 3U, 7U})
                    for (const bool all : {false, true}) {
                        CAPTURE(rows);
                        CAPTURE(sites);
                        CAPTURE(states);
                        CAPTURE(all);
                        const std::size_t cols = sites * states;
                        Strided field(rows, cols, 3, 60, 3), out(rows, cols, 2, 61);
                        const auto change = vector_of(cols, 62), base = all ? vector_of(cols, 63) : vector_of(0, 63);
                        const auto beta = all ? positive(vector_of(rows, 64)) : vector_of(0, 64);
                        const auto wide_field = wide(field.view());
                        const auto wide_change = wide(change), wide_base = wide(base), wide_beta = wide(beta);
                        const CategoricalField<float> input{field.view(), base, change, beta, states};
                        const CategoricalField<double> oracle{wide_field, wide_base, wide_change, wide_beta, states};
                        BasicMatrix<double> expected(rows, cols);
                        kernels.softmax(input, out.view());
                        reference::softmax(oracle, expected.view());
                        CHECK(worst(out.view(), expected) < 2e-6);
                        std::vector<double> found(rows, 1), sums(rows, 1);
                        kernels.add_log_sum_exps(-0.5, input, found);
                        reference::add_log_sum_exps(-0.5, oracle, std::span(sums));
                        CHECK(worst(found, sums) < 1e-6);
                        const Stream stream{7, 8, 9};
                        kernels.sample_softmax(input, stream, out.view());
                        reference::sample_softmax(oracle, stream, expected.view());
                        for (std::size_t r = 0; r < rows; ++r)
                            for (std::size_t s = 0; s < sites; ++s, ++drawn) {
                                const auto site = out.view().row(r).subspan(s * states, states);
                                CHECK(std::accumulate(site.begin(), site.end(), 0.0F) == 1);
                                for (std::size_t k = 0; k < states; ++k)
                                    differ += static_cast<double>(site[k]) != expected(r, s * states + k);
                            }
                        CHECK(out.gap_untouched());
                    }
        CHECK(drawn > 100000);
        CHECK(differ <= 4);  // draws between two roundings of the partial sums, two elements each
    });
}

TEST_CASE("softmax at the ends of the line: one state that is all, states that cannot be, and no number") {
    with_each_backend([](const Backend& kernels) {
        Matrix field(3, 4), out(3, 4);
        const std::vector<float> zero(4);
        const float rows[3][4] = {{1e30F, 0, -1e30F, 3}, {-infinity, 2, 2, -infinity}, {1, not_a_number, 5, 5}};
        for (std::size_t r = 0; r < 3; ++r) std::ranges::copy(rows[r], field.row(r).begin());
        const CategoricalField<float> input{field, {}, zero, {}, 2};
        kernels.softmax(input, out);
        CHECK(std::ranges::equal(out.row(0), std::vector{1.0F, 0.0F, 0.0F, 1.0F}));
        CHECK(std::ranges::equal(out.row(1), std::vector{0.0F, 1.0F, 1.0F, 0.0F}));
        CHECK(std::isnan(out(2, 0)));
        CHECK(std::isnan(out(2, 1)));
        CHECK(out(2, 2) == 0.5F);
        kernels.sample_softmax(input, {1, 2, 3}, out);
        CHECK(std::ranges::equal(out.row(0), std::vector{1.0F, 0.0F, 0.0F, 1.0F}));
        CHECK(std::ranges::equal(out.row(1), std::vector{0.0F, 1.0F, 1.0F, 0.0F}));
        CHECK(std::isnan(out(2, 0)));
        CHECK(std::isnan(out(2, 1)));
        CHECK(out(2, 2) + out(2, 3) == 1);
        std::vector<double> sums(3);
        kernels.add_log_sum_exps(1, input, sums);
        CHECK(sums[1] == 4);
        CHECK(std::isnan(sums[2]));
    });
}

TEST_CASE("out may be the field itself") {
    with_each_backend([](const Backend& kernels) {
        const auto vector = vector_of(33, 21), scales = positive(vector_of(33, 22));
        const auto in_place_equals = [&](const auto& kernel) {
            Strided a(70, 33, 2, 20), out(70, 33, 2, 23);
            kernel(ConstView(a.view()), out.view());
            kernel(ConstView(a.view()), a.view());
            CHECK(std::memcmp(a.memory.data(), out.memory.data(), a.memory.values().size_bytes()) == 0);
        };
        in_place_equals([&](ConstView in, View out) { kernels.logistic(in, vector, {}, out); });
        in_place_equals([&](ConstView in, View out) { kernels.sample_logistic(in, vector, {}, {1, 2, 0}, out); });
        in_place_equals([&](ConstView in, View out) { kernels.sample_normal(in, scales, {}, {1, 2, 0}, out); });
        in_place_equals([&](ConstView in, View out) { kernels.add_vector(in, vector, out); });
        in_place_equals([&](ConstView in, View out) { kernels.add(in, in, out); });
        const std::vector<float> row_factors(70, 0.5F);
        in_place_equals([&](ConstView in, View out) {
            kernels.sample_tempered_logistic(in, vector, scales, row_factors, {1}, out);
        });
        in_place_equals([&](ConstView in, View out) { kernels.softmax({in, vector, scales, {}, 3}, out); });
        in_place_equals([&](ConstView in, View out) { kernels.sample_softmax({in, vector, scales, {}, 3}, {1}, out); });
    });
}

TEST_CASE("Bernoulli draws follow their own uniforms; only those within 2^-20 of p may differ") {
    with_each_backend([](const Backend& kernels) {
        for (const bool with_beta : {false, true}) {
            const std::size_t rows = 521, cols = 131;
            Strided field(rows, cols, 1, 30, 2), out(rows, cols, 1, 31);
            const auto bias = vector_of(cols, 32);
            const auto beta = with_beta ? positive(vector_of(rows, 33)) : std::vector<float>{};
            const Stream stream{99, 4, 1000};
            kernels.sample_logistic(field.view(), bias, beta, stream, out.view());
            std::size_t differ = 0, close = 0, ones = 0;
            double expected_ones = 0;
            for (std::size_t r = 0; r < rows; ++r)
                for (std::size_t c = 0; c < cols; ++c) {
                    const double b = with_beta ? static_cast<double>(beta[r]) : 1;
                    const double p =
                        logistic(b * (static_cast<double>(field.view().row(r)[c]) + static_cast<double>(bias[c])));
                    const double u = static_cast<double>(uniform_from_bits(random_bits(stream, r, c)));
                    const bool near = std::abs(p - u) < 0x1p-20;
                    const float drawn = out.view().row(r)[c];
                    REQUIRE((drawn == 0 || drawn == 1));
                    close += near;
                    if ((drawn == 1) != (u < p)) {
                        ++differ;
                        CHECK(near);
                    }
                    ones += drawn == 1;
                    expected_ones += p;
                }
            CHECK(differ <= close);
            CHECK(close < 10);  // 68251 draws, expected 0.13
            CHECK(std::abs(static_cast<double>(ones) - expected_ones) < 5 * std::sqrt(0.25 * rows * cols));
        }
    });
}

TEST_CASE("probabilities 0 and 1 are exact, and NaN stays NaN") {
    with_each_backend([](const Backend& kernels) {
        const std::size_t rows = 300, cols = 1000;
        Matrix field(rows, cols), out(rows, cols);
        const std::vector<float> zero(cols);
        for (const float x : {104.0F, 1e4F, FLT_MAX, infinity}) {
            field.fill(x);
            kernels.sample_logistic(field, zero, {}, {1, 0, 0}, out);
            CHECK(std::ranges::count(out.values(), 1.0F) == static_cast<std::ptrdiff_t>(rows * cols));
            field.fill(-x);
            kernels.sample_logistic(field, zero, {}, {1, 0, 0}, out);
            CHECK(std::ranges::count(out.values(), 0.0F) == static_cast<std::ptrdiff_t>(rows * cols));
        }
        field.fill(0.5F);
        field(7, 0) = field(299, 999) = field(100, 511) = not_a_number;
        const auto nans = [&] { return std::ranges::count_if(out.values(), [](float x) { return std::isnan(x); }); };
        kernels.sample_logistic(field, zero, {}, {1, 0, 0}, out);
        CHECK(nans() == 3);
        CHECK(std::isnan(out(7, 0)));
        CHECK(std::isnan(out(299, 999)));
        kernels.logistic(field, zero, {}, out);
        CHECK(nans() == 3);
        kernels.sample_normal(field, std::vector<float>(cols, 1.0F), {}, {1, 0, 0}, out);
        CHECK(nans() == 3);
        kernels.add_vector(field, zero, out);
        CHECK(nans() == 3);
        std::vector<double> sums(rows);
        kernels.add_softplus_sums(field, zero, {}, sums);
        CHECK(std::isnan(sums[7]));
        CHECK(std::isnan(sums[100]));
        CHECK(std::isnan(sums[299]));
        CHECK(std::isfinite(sums[8]));
        // One bad weight reaches every row and one column of a product.
        Matrix a(600, 40), w(40, 140), product(600, 140);
        a.fill(1);
        w.fill(0.5F);
        w(39, 139) = not_a_number;
        kernels.multiply(a, w, product);
        std::size_t bad = 0;
        for (const float value : product.values()) bad += std::isnan(value);
        CHECK(bad == 600);
        CHECK(std::isnan(product(0, 139)));
    });
}

TEST_CASE("a product gives a row the same bits among any others") {
    for (const std::string_view name : available_backends()) {
        const ContextScope scope({.backend = &backend_named(name)});
        for (const std::size_t cols : {1U, 5U, 16U, 31U, 32U, 33U, 45U, 100U}) {
            Matrix a(75, 70), w(70, cols), all(75, cols), one(1, cols);
            Random random(7);
            for (float& value : a.values()) value = static_cast<float>(random() >> 8) * 0x1p-23F - 1;
            for (float& value : w.values()) value = static_cast<float>(random() >> 8) * 0x1p-23F - 1;
            backend().multiply(a, w, all);
            for (std::size_t row = 0; row < a.rows(); ++row) {
                backend().multiply(a.rows_from(row, 1), w, one);
                CHECK(std::ranges::equal(one.row(0), all.row(row)));
            }
        }
    }
}

TEST_CASE("a million terms sum to 1e-9, where floats would lose hundreds of nats") {
    with_each_backend([](const Backend& kernels) {
        const std::size_t n = 1000000;
        Matrix field(1, n), other(1, n);
        const Stream stream{40, 0, 0};
        for (std::size_t i = 0; i < n; ++i) {
            field(0, i) = 0.5F + uniform_from_bits(random_bits(stream, 0, i));
            other(0, i) = 0.5F + uniform_from_bits(random_bits(stream, 1, i));
        }
        const std::vector<float> bias(n, 0.25F), one(other.values().begin(), other.values().end());
        long double softplus_sum = 0, dots = 0, squares = 0, column = 0;
        for (std::size_t i = 0; i < n; ++i) {
            const auto x = static_cast<long double>(field(0, i)), y = static_cast<long double>(other(0, i));
            softplus_sum += static_cast<long double>(softplus(field(0, i) + 0.25F));
            dots += x * y;
            squares += (x - 0.25L) * (x - 0.25L) * y;
            column += x;
        }
        const auto relative = [](double found, long double expected) {
            return std::abs(found - static_cast<double>(expected)) / static_cast<double>(expected);
        };
        const auto sum = [](const auto& kernel) {
            double out = 0;
            kernel(Sums(&out, 1));
            return out;
        };
        // Softplus terms may be rounded differently by each backend, the same way for each term at most: 1e-7.
        CHECK(relative(sum([&](Sums out) { kernels.add_softplus_sums(field, bias, {}, out); }), softplus_sum) < 2e-8);
        CHECK(relative(sum([&](Sums out) { kernels.add_dots(1, field, one, out); }), dots) < 1e-9);
        CHECK(relative(sum([&](Sums out) { kernels.add_row_dots(1, field, other, out); }), dots) < 1e-9);
        CHECK(relative(sum([&](Sums out) { kernels.add_weighted_squares(1, field, bias, one, out); }), squares) < 1e-9);
        // A column of a million rows; the result is a float, rounded once.
        float total = 0;
        kernels.add_column_sums(1, ConstView(field.data(), n, 1), {}, {&total, 1});
        CHECK(relative(static_cast<double>(total), column) < 1e-7);
    });
}

TEST_CASE("any number of threads gives the same bytes, from every kernel") {
    with_each_backend([](const Backend& kernels) {
        const std::size_t rows = 1100, inner = 400, cols = 300;
        Strided a(rows, inner, 1, 50), w(inner, cols, 1, 51), wt(cols, inner, 1, 52), b(rows, cols, 1, 53, 3);
        const auto vector = vector_of(cols, 54), scales = positive(vector_of(cols, 55));
        const auto per_row = positive(vector_of(rows, 56));
        std::vector<std::byte> first;
        for (const std::size_t count : std::initializer_list<std::size_t>{1, 2, 3, 4, 8}) {
            const ContextScope scope({.threads = count});
            std::vector<std::byte> bytes;
            const auto keep = [&](const auto& values) {
                const auto raw = std::as_bytes(std::span(values));
                bytes.insert(bytes.end(), raw.begin(), raw.end());
            };
            Matrix out(rows, cols);
            kernels.multiply(a.view(), w.view(), out), keep(out.values());
            kernels.multiply_transposed(a.view(), wt.view(), out), keep(out.values());
            Matrix outer(inner, cols);
            kernels.add_outer({0.5F, a.view(), b.view()}, outer), keep(outer.values());
            kernels.logistic(b.view(), vector, per_row, out), keep(out.values());
            kernels.sample_logistic(b.view(), vector, per_row, {1, 2, 3}, out), keep(out.values());
            kernels.sample_normal(b.view(), scales, per_row, {1, 2, 3}, out), keep(out.values());
            kernels.add_vector(b.view(), vector, out), keep(out.values());
            kernels.scale_columns(b.view(), vector, out), keep(out.values());
            kernels.sample_tempered_logistic(b.view(), vector, scales, per_row, {1, 2, 3}, out), keep(out.values());
            const CategoricalField<float> sites{b.view(), vector, scales, per_row, 3};
            kernels.softmax(sites, out), keep(out.values());
            kernels.sample_softmax(sites, {1, 2, 3}, out), keep(out.values());
            kernels.add(b.view(), out, out), keep(out.values());
            kernels.approach(0.3F, b.view(), out), keep(out.values());
            kernels.scale_rows(0.5F, per_row, out), keep(out.values());
            kernels.add_group_sums(b.view(), per_row, out.rows_from(0, rows / 5)), keep(out.values());
            std::vector<double> sums(rows);
            kernels.add_log_sum_exps(1, sites, sums), keep(sums);
            const std::vector<float> from(rows, 0.5F);
            kernels.add_softplus_changes(b.view(), vector, scales, from, per_row, sums), keep(sums);
            kernels.add_softplus_sums(b.view(), vector, per_row, sums), keep(sums);
            kernels.add_dots(1, b.view(), vector, sums), keep(sums);
            kernels.add_row_dots(1, b.view(), ConstView(out), sums), keep(sums);
            kernels.add_weighted_squares(1, b.view(), vector, scales, sums), keep(sums);
            std::vector<float> columns(cols);
            kernels.add_column_sums(1, b.view(), per_row, columns), keep(columns);
            CAPTURE(count);
            if (first.empty())
                first = bytes;
            else
                CHECK(first == bytes);
        }
    });
}

TEST_CASE("the host's thread settings come back as they were") {
    const int blas_before = openblas_get_num_threads(), omp_before = omp_get_max_threads();
    const Matrix a(600, 300), w(300, 300);
    Matrix out(600, 300);
    for (const int blas : {1, 2, blas_before})
        for (const int omp : {1, 3, omp_before}) {
            openblas_set_num_threads(blas);
            omp_set_num_threads(omp);
            const int blas_set = openblas_get_num_threads(), omp_set = omp_get_max_threads();
            openblas_backend().multiply(a, w, out);
            openblas_backend().multiply_transposed(a, w, out);
            openblas_backend().add_outer({1, a, a}, out.rows_from(0, 300));
            CHECK(openblas_get_num_threads() == blas_set);
            CHECK(omp_get_max_threads() == omp_set);
        }
    openblas_set_num_threads(blas_before);
    omp_set_num_threads(omp_before);
}

TEST_CASE("RBM_INSTRUCTIONS limits them from the start") {
    const char* wanted = std::getenv("RBM_INSTRUCTIONS");
    if (wanted == nullptr || *wanted == '\0') return;
    CHECK(backend().name() != "");  // the first use reads the variable
    const std::string found = vectorized::target_name();
    CHECK((found == wanted || (std::string(wanted) == "AVX2" && !found.starts_with("AVX"))));  // or all that there is
}

TEST_CASE("instructions that were limited stay so, whoever asks for their name") {
    const std::string before = vectorized::target_name();
    for (const std::string name : {"AVX2", "SSE4"}) {
        vectorized::limit_instructions(name);
        const std::string found = vectorized::target_name();
        if (before.starts_with("AVX")) CHECK(found == name);
        Matrix field(3, 40), out(3, 40);
        openblas_backend().logistic(field, std::vector<float>(40), {}, out);
        CHECK(vectorized::target_name() == found);
    }
    vectorized::limit_instructions(before);
    CHECK(vectorized::target_name() == before);
}

TEST_CASE("backends and thread counts that do not exist are refused by name") {
    CHECK_THROWS_WITH_AS(use_backend("abacus"), doctest::Contains("backend 'abacus': expected reference or openblas"),
                         InvalidArgument);
    CHECK_THROWS_AS(set_threads(0), InvalidArgument);
    CHECK(available_backends().size() >= 2);
}

TEST_CASE("skipping zeros changes no bit: products of binary rows of every density, and outer products") {
    // A chain of fused multiply-adds; of rows of ones that are more than a quarter full, four at a time.
    const auto in_order = [](std::span<const float> left, const Matrix& weights, std::size_t n) {
        const bool ones = std::ranges::all_of(left, [](float x) { return x == 0 || x == 1; });
        const bool grouped = ones && 4 * static_cast<std::size_t>(std::ranges::count(left, 1.0F)) > left.size();
        float sum = 0;
        for (std::size_t k = 0; k < left.size(); k += grouped ? 4 : 1) {
            float four = grouped ? 0 : sum;
            for (std::size_t i = k; i < std::min(k + (grouped ? 4 : 1), left.size()); ++i)
                four = std::fma(left[i], weights(i, n), four);
            sum = grouped ? sum + four : four;
        }
        return sum;
    };
    for (const double density : {0.0, 0.01, 0.13, 0.2, 0.3, 0.5, 1.0})
        for (const std::size_t rows : {1U, 7U, 100U, 300U})
            for (const std::size_t depth : {64U, 130U}) {
                const std::size_t cols = 77;
                Matrix bits(rows, depth), grey(rows, depth), weights(depth, cols), hidden(rows, cols);
                const Stream stream{9, 1, 0};
                for (std::size_t r = 0; r < rows; ++r)
                    for (std::size_t k = 0; k < depth; ++k) {
                        bits(r, k) =
                            static_cast<double>(uniform_from_bits(random_bits(stream, r, k))) < density ? 1.0F : 0.0F;
                        grey(r, k) = bits(r, k) * normal_at(stream, r + 1000, k);
                    }
                for (std::size_t k = 0; k < depth; ++k)
                    for (std::size_t n = 0; n < cols; ++n) weights(k, n) = normal_at(stream, k + 2000, n);
                for (std::size_t r = 0; r < rows; ++r)
                    for (std::size_t n = 0; n < cols; ++n) hidden(r, n) = normal_at(stream, r + 3000, n);
                for (const Matrix* left : {&bits, &grey}) {
                    Matrix expected(rows, cols), found(rows, cols);
                    for (std::size_t r = 0; r < rows; ++r)
                        for (std::size_t n = 0; n < cols; ++n) expected(r, n) = in_order(left->row(r), weights, n);
                    openblas_backend().multiply(*left, weights, found);
                    // Without FMA instructions each step rounds twice, and only the size of the difference is certain.
                    if (vectorized::target_name().starts_with("AVX")) CHECK(found == expected);
                    Matrix sums(depth, cols), oracle(depth, cols);
                    openblas_backend().add_outer({0.5F, *left, hidden}, sums);
                    reference_backend().add_outer({0.5F, *left, hidden}, oracle);
                    for (std::size_t i = 0; i < sums.values().size(); ++i)
                        CHECK(sums.values()[i] == doctest::Approx(oracle.values()[i])
                                                      .epsilon(1e-5)
                                                      .scale(std::max(1.0, static_cast<double>(rows) / 100)));
                }
            }
}

TEST_CASE("one pass over the weights does what the plain loop does, with every part on and off") {
    const std::size_t rows = 70, cols = 37;
    const auto matrix = [&](std::uint64_t seed, bool positive = false) {
        Matrix values(rows, cols);
        for (std::size_t i = 0; i < rows; ++i)
            for (std::size_t j = 0; j < cols; ++j) {
                values(i, j) = normal_at(Stream{seed, 3, 0}, i, j);
                if (positive) values(i, j) = std::abs(values(i, j));
            }
        return values;
    };
    const auto vector = [&](std::uint64_t seed, std::size_t length) {
        std::vector<float> values(length);
        for (std::size_t i = 0; i < length; ++i) values[i] = std::abs(normal_at(Stream{seed, 4, 0}, 0, i));
        return values;
    };
    const auto row_center = vector(1, rows), row_slope = vector(2, rows), row_scale = vector(3, rows);
    const auto column_center = vector(4, cols), column_slope = vector(5, cols), column_scale = vector(6, cols);
    const Matrix slopes = matrix(7);
    for (int parts = 0; parts < 32; ++parts) {
        CAPTURE(parts);
        WeightUpdate update;
        update.rate = 0.1F;
        update.shrink = 0.7F;
        update.momentum = 0.6F;
        if ((parts & 1) != 0) {
            update.row_center = row_center, update.column_center = column_center;
            update.row_slope = row_slope, update.column_slope = column_slope;
        }
        if ((parts & 2) != 0) update.row_scale = row_scale, update.column_scale = column_scale;
        if ((parts & 4) != 0) update.decay = 0.01F, update.decay_l1 = 0.02F;
        update.adam = (parts & 8) != 0;
        update.first_correction = 1.5F, update.second_correction = 3;
        const bool keeps = update.adam || (parts & 16) != 0;
        struct Outcome {
            Matrix weights, velocity, second;
            std::vector<float> row_shift, column_shift;
            WeightUpdateSums sums;
            double squares;
        };
        const auto run = [&](const Backend& with) {
            Outcome o{matrix(8), matrix(9), matrix(10, true), std::vector<float>(rows), std::vector<float>(cols),
                      {},        0};
            o.squares = with.slope_squares(slopes, update);
            o.sums = with.update_weights(slopes, update,
                                         {o.weights, keeps ? o.velocity.view() : View(),
                                          update.adam ? o.second.view() : View(), o.row_shift, o.column_shift});
            return o;
        };
        const Outcome expected = run(reference_backend());
        const auto run_on = [&](std::size_t count) {
            const ContextScope scope({.threads = count});
            return run(openblas_backend());
        };
        const Outcome found = run_on(1), threaded = run_on(3);
        CHECK(found.weights == threaded.weights);
        CHECK(found.column_shift == threaded.column_shift);
        const auto same = [](std::span<const float> one, std::span<const float> other, double scale) {
            for (std::size_t i = 0; i < one.size(); ++i)
                CHECK(static_cast<double>(one[i]) ==
                      doctest::Approx(static_cast<double>(other[i])).epsilon(scale).scale(1));
        };
        constexpr double roundings = 4 * 0x1p-23;
        same(found.weights.values(), expected.weights.values(), 4 * roundings);  // values reach 4
        same(found.velocity.values(), expected.velocity.values(), 4 * roundings);
        same(found.second.values(), expected.second.values(), 4 * roundings);
        same(found.row_shift, expected.row_shift, 1e-4);
        same(found.column_shift, expected.column_shift, 1e-4);
        CHECK(found.squares == doctest::Approx(expected.squares).epsilon(1e-6));
        CHECK(found.sums.slope_squares == doctest::Approx(expected.sums.slope_squares).epsilon(1e-6));
        CHECK(found.sums.step_squares == doctest::Approx(expected.sums.step_squares).epsilon(1e-5));
        CHECK(found.sums.moved_squares == doctest::Approx(expected.sums.moved_squares).epsilon(1e-6));
    }
    // What is no number stays none, through decay too.
    WeightUpdate update;
    update.decay_l1 = 0.1F;
    Matrix weights = matrix(8);
    weights(3, 5) = std::numeric_limits<float>::quiet_NaN();
    const auto sums = openblas_backend().update_weights(slopes, update, {weights});
    CHECK(std::isnan(weights(3, 5)));
    CHECK(std::isnan(sums.moved_squares));
}

TEST_CASE("softplus sums in double are the plain ones to 1e-11, for any length, size, temperature and stride") {
    double worst = 0;
    for (const std::size_t cols : std::initializer_list<std::size_t>{1, 2, 3, 7, 8, 9, 17, 784, 959, 960, 961, 2500})
        for (const double size : {0.1, 1.0, 30.0, 1e4})
            for (const double shift : {0.0, -12.0, -40.0, -800.0, 40.0})
                for (const double beta : {0.0, 1.0, 0.37, -2.0}) {  // 0: the argument is left out
                    constexpr std::size_t rows = 3;
                    BasicMatrix<double> storage(rows, cols + 5);
                    std::vector<double> bias(cols), betas(beta == 0 ? 0 : rows, beta);
                    for (std::size_t r = 0; r < rows; ++r)
                        for (std::size_t c = 0; c < storage.cols(); ++c)
                            storage(r, c) = size * static_cast<double>(normal_at({7, 0, 0}, r, c));
                    for (std::size_t c = 0; c < cols; ++c)
                        bias[c] = shift + 0.1 * static_cast<double>(normal_at({8, 0, 0}, 0, c));
                    const ConstDoubleView field(storage.data(), rows, cols, storage.cols());
                    std::vector<double> found(rows), expected(rows);
                    add_softplus_sums(field, bias, betas, found);
                    reference::add_softplus_sums(field, std::span<const double>(bias), std::span<const double>(betas),
                                                 std::span<double>(expected));
                    for (std::size_t r = 0; r < rows; ++r)
                        if (expected[r] > 1e-300)
                            worst = std::max(worst, std::abs(found[r] / expected[r] - 1));
                        else
                            REQUIRE(std::abs(found[r] - expected[r]) < 1e-300);
                }
    CHECK(worst < 1e-11);
    CHECK(worst > 0);  // two ways, or nothing was compared
    const double endless = std::numeric_limits<double>::infinity();
    const std::vector<double> zero(5);
    for (std::size_t place = 0; place < 5; ++place)
        for (const double value : {endless, -endless, std::nan("")}) {
            BasicMatrix<double> field(1, 5);
            field(0, place) = value;
            std::vector<double> sums(1);
            add_softplus_sums(ConstDoubleView(field), zero, {}, sums);
            if (std::isnan(value))
                CHECK(std::isnan(sums[0]));
            else if (value > 0)
                CHECK(sums[0] == endless);
            else
                CHECK(sums[0] == doctest::Approx(4 * std::numbers::ln2).epsilon(1e-14));
        }
    std::vector<double> kept = {2.5};
    add_softplus_sums(ConstDoubleView(BasicMatrix<double>(1, 0)), {}, {}, kept);
    CHECK(kept[0] == 2.5);
}

TEST_CASE("OpenBLAS's kernels are told in one line, with advice only where others are better") {
    CHECK(better_core("Prescott", true, true) == "SkylakeX");
    CHECK(better_core("Prescott", true, false) == "Haswell");
    CHECK(better_core("Prescott", false, false).empty());
    CHECK(better_core("Haswell", true, true) == "SkylakeX");
    CHECK(better_core("Zen", true, false).empty());
    CHECK(better_core("Cooperlake", true, true).empty());
    CHECK(describe({"Zen", "OpenBLAS 0.3.21", "", false}) == "OpenBLAS core Zen (OpenBLAS 0.3.21)");
    CHECK(describe({"Zen", "OpenBLAS 0.3.21", "", true}) ==
          "OpenBLAS core Zen (OpenBLAS 0.3.21), chosen by OPENBLAS_CORETYPE");
    CHECK(describe({"Prescott", "OpenBLAS 0.3.21", "Haswell", false}) ==
          "OpenBLAS core Prescott (OpenBLAS 0.3.21); OPENBLAS_CORETYPE=Haswell would suit this CPU better");
}

TEST_SUITE_END();
