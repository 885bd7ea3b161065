// SPDX-License-Identifier: MIT
// Data kept without their zeros: the same rows, numbers and refusals as the same data in full.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "rbm/data/column_moments.h"
#include "rbm/data/dataset.h"
#include "rbm/data/standardisation.h"
#include "rbm/data/with_labels.h"
#include "rbm/io/sparse_rows.h"
#include "rbm/kernels/error.h"
#include "tests/support/io_helpers.h"

using namespace rbm;

namespace {

constexpr std::size_t sparse_test_rows = 37, sparse_test_cols = 83;

/// One value of eight is not 0; some rows and some columns are empty.
std::vector<float> mostly_zeros(bool ones) {
    Random random(5);
    std::vector<float> values(sparse_test_rows * sparse_test_cols);
    for (std::size_t i = 0; i < values.size(); ++i) {
        const std::size_t row = i / sparse_test_cols, col = i % sparse_test_cols;
        const std::size_t draw = random() % 64;
        if (draw < 8 && row % 9 != 4 && col % 11 != 3) values[i] = ones ? 1.0F : static_cast<float>(draw + 1) / 8;
    }
    return values;
}

Dataset in_full(const std::vector<float>& values) {
    Dataset data = Dataset::from_floats(sparse_test_rows, sparse_test_cols, values);
    data.name = "f";
    return data;
}

Dataset without_zeros(const std::vector<float>& values) {
    std::vector<std::uint64_t> offsets = {0};
    std::vector<std::uint32_t> columns;
    std::vector<float> kept;
    for (std::size_t row = 0; row < sparse_test_rows; ++row) {
        for (std::size_t col = 0; col < sparse_test_cols; ++col)
            if (const float x = values[row * sparse_test_cols + col]; x != 0) {
                columns.push_back(static_cast<std::uint32_t>(col));
                kept.push_back(x);
            }
        offsets.push_back(columns.size());
    }
    Dataset data = Dataset::from_sparse(sparse_test_cols, {std::move(offsets), std::move(columns), std::move(kept)});
    data.name = "f";
    return data;
}

Matrix filled(const Dataset& data, const Stream& stream = {3, 1, 4}) {
    Matrix out(data.rows(), data.cols());
    data.fill(0, stream, out);
    return out;
}

std::string sparse_refusal(const Dataset& data, const StateForm& form) {
    return thrown<DataError>([&] { (void)data.prepared({}, form); });
}

}  // namespace

TEST_SUITE_BEGIN("sparse");

TEST_CASE("rows, slices and chosen rows are those of the data in full") {
    for (const bool ones : {false, true}) {
        const std::vector<float> values = mostly_zeros(ones);
        const Dataset full = in_full(values), sparse = without_zeros(values);
        CAPTURE(ones);
        REQUIRE(sparse.sparse() != nullptr);
        CHECK(sparse.sparse()->all_are_one() == ones);
        CHECK(same_values(full, sparse));
        CHECK(filled(full) == filled(sparse));
        CHECK(filled(full.slice(5, 20)) == filled(sparse.slice(5, 20)));
        CHECK(filled(full.slice(3, 30).slice(2, 9)) == filled(sparse.slice(3, 30).slice(2, 9)));
        CHECK(filled(full.spread(7)) == filled(sparse.spread(7)));
        CHECK(sparse.slice(5, 20).sparse()->count() + sparse.slice(0, 5).sparse()->count() +
                  sparse.slice(25, sparse_test_rows - 25).sparse()->count() ==
              sparse.sparse()->count());
        const std::vector<std::uint32_t> order = {7, 0, 36, 7, 4};
        Matrix some(order.size(), sparse_test_cols), same(order.size(), sparse_test_cols);
        some.fill(9);
        sparse.fill(order, Stream{}, some);
        full.fill(order, Stream{}, same);
        CHECK(some == same);
    }
}

TEST_CASE("a fingerprint depends on the rows alone, not on what lies around them") {
    const Dataset sparse = without_zeros(mostly_zeros(false));
    const std::vector<float> values = mostly_zeros(false);
    std::vector<float> other = values;
    for (float& x : other)
        if (x != 0) {
            x += 0.25F;
            break;
        }
    CHECK(sparse.fingerprint() == without_zeros(values).fingerprint());
    CHECK(sparse.fingerprint() != without_zeros(other).fingerprint());
    CHECK(sparse.fingerprint() != without_zeros(mostly_zeros(true)).fingerprint());
    CHECK(sparse.slice(4, 9).fingerprint() != sparse.slice(5, 9).fingerprint());
    const std::vector<std::uint32_t> rows = {4, 5, 6, 7, 8, 9, 10, 11, 12};
    CHECK(sparse.slice(4, 9).fingerprint() ==
          Dataset::from_sparse(sparse_test_cols, sparse.sparse()->chosen(rows)).fingerprint());
    // Entries that move to another row are other data.
    const Dataset first = Dataset::from_sparse(3, {{0, 2, 2}, {0, 1}}),
                  second = Dataset::from_sparse(3, {{0, 1, 2}, {0, 1}});
    CHECK(first.fingerprint() != second.fingerprint());
    CHECK(first.with_columns(4).fingerprint() != first.fingerprint());
}

TEST_CASE("what a machine sees is the same under every preparation") {
    const StateForm spins{.discrete = true, .low = -1};
    for (const bool ones : {false, true})
        for (const Binarize binarize : {Binarize::none, Binarize::threshold, Binarize::sample})
            for (const StateForm& form : {StateForm::bits(), spins}) {
                const std::vector<float> values = mostly_zeros(ones);
                const Preparation preparation{binarize, 0.5F, {}, {}};
                const Dataset full = in_full(values).prepared(preparation, form);
                const Dataset sparse = without_zeros(values).prepared(preparation, form);
                CHECK(sparse.sparse() != nullptr);
                CHECK(filled(full) == filled(sparse));
                const std::vector<double> a = column_means(full), b = column_means(sparse);
                CHECK(a == b);
                if (binarize == Binarize::sample) continue;
                const ColumnMoments c = column_moments(full), d = column_moments(sparse);
                CHECK(c.mean == d.mean);
                CHECK(c.rows == d.rows);
                for (std::size_t col = 0; col < a.size(); ++col)
                    CHECK(c.variance[col] == doctest::Approx(d.variance[col]).epsilon(1e-13));
            }
}

TEST_CASE("a threshold keeps the memory of ones, and below 0 it turns zeros on") {
    const Dataset ones = without_zeros(mostly_zeros(true));
    const Dataset bits = ones.prepared({Binarize::threshold, 0.5F, {}, {}}, StateForm::bits());
    CHECK(bits.sparse()->columns(0).data() == ones.sparse()->columns(0).data());
    const Dataset none = ones.prepared({Binarize::threshold, 1, {}, {}}, StateForm::bits());
    CHECK(none.sparse()->count() == 0);
    const Dataset all = ones.prepared({Binarize::threshold, -1, {}, {}}, StateForm::bits());
    CHECK(all.sparse() == nullptr);
    CHECK(all.value(4, 3) == 1);
}

TEST_CASE("weighted moments and standardised columns agree with those of the data in full") {
    const std::vector<float> values = mostly_zeros(false);
    const Dataset full = in_full(values), sparse = without_zeros(values);
    std::vector<float> weights(sparse_test_rows);
    for (std::size_t row = 0; row < weights.size(); ++row) weights[row] = static_cast<float>(row % 4) / 3;
    const ColumnMoments a = column_moments(full, weights), b = column_moments(sparse, weights);
    CHECK(a.mean == b.mean);
    CHECK(a.rows == b.rows);
    const Standardisation c = standardise(full), d = standardise(sparse);
    CHECK(c.constant == d.constant);
    CHECK(c.mean == d.mean);
    for (std::size_t col = 0; col < sparse_test_cols; ++col) {
        CHECK(a.variance[col] == doctest::Approx(b.variance[col]).epsilon(1e-12));
        CHECK(c.scale[col] == doctest::Approx(d.scale[col]).epsilon(1e-6));
    }
    const Standardisation e = standardise(full, weights), f = standardise(sparse, weights);
    CHECK(e.constant == f.constant);
    for (std::size_t col = 0; col < sparse_test_cols; ++col) {
        CHECK(e.mean[col] == doctest::Approx(a.mean[col]).epsilon(1e-6));
        CHECK(f.mean[col] == doctest::Approx(a.mean[col]).epsilon(1e-6));
        CHECK(f.scale[col] == doctest::Approx(e.scale[col]).epsilon(1e-6));
    }
    const Preparation preparation{Binarize::none, 0.5F, c.mean, c.scale};
    CHECK(filled(full.prepared(preparation, StateForm::numbers())) ==
          filled(sparse.prepared(preparation, StateForm::numbers())));
}

TEST_CASE("refusals name the same places") {
    for (const float bad :
         {3.0F, -0.5F, std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
        std::vector<float> values = mostly_zeros(false);
        values[10 * sparse_test_cols + 20] = values[30 * sparse_test_cols + 7] = bad;
        const std::string text = sparse_refusal(without_zeros(values), StateForm::bits());
        CHECK(has(text, "row 11, column 21"));
        CHECK(has(text, "2 such values"));
        CHECK(text == sparse_refusal(in_full(values), StateForm::bits()));
        CHECK(sparse_refusal(without_zeros(values), StateForm::numbers()) ==
              sparse_refusal(in_full(values), StateForm::numbers()));
    }
}

TEST_CASE("labels and more columns keep data sparse") {
    std::vector<std::uint32_t> labels(sparse_test_rows);
    for (std::size_t row = 0; row < labels.size(); ++row) labels[row] = static_cast<std::uint32_t>(row % 3);
    for (const bool ones : {false, true}) {
        const std::vector<float> values = mostly_zeros(ones);
        const Dataset sparse = with_labels(without_zeros(values), labels, 3);
        CHECK(sparse.sparse() != nullptr);
        CHECK(same_values(sparse, with_labels(in_full(values), labels, 3)));
        CHECK(same_values(with_labels(without_zeros(values), labels, 3, -1),
                          with_labels(in_full(values), labels, 3, -1)));
    }
    const Dataset narrow = without_zeros(mostly_zeros(false)), wide = narrow.with_columns(100);
    CHECK(wide.cols() == 100);
    CHECK(wide.value(1, 99) == 0);
    for (std::size_t col = 0; col < sparse_test_cols; ++col) CHECK(wide.value(1, col) == narrow.value(1, col));
    CHECK_THROWS_AS((void)narrow.with_columns(sparse_test_cols - 1), InvalidArgument);
    CHECK_THROWS_AS((void)in_full(mostly_zeros(true)).with_columns(100), InvalidArgument);
}

TEST_CASE("entries that do not belong together are refused, and zeros are not kept") {
    CHECK_THROWS_AS(SharedEntries({}, {}), InvalidArgument);
    CHECK_THROWS_AS(SharedEntries({1, 2}, {0, 1}), InvalidArgument);
    CHECK_THROWS_AS(SharedEntries({0, 1}, {0, 1}), InvalidArgument);
    CHECK_THROWS_AS(SharedEntries({0, 2, 1, 2}, {0, 1}), InvalidArgument);
    CHECK_THROWS_AS(SharedEntries({0, 2}, {1, 0}), InvalidArgument);
    CHECK_THROWS_AS(SharedEntries({0, 2}, {1, 1}), InvalidArgument);
    CHECK_THROWS_AS(SharedEntries({0, 2}, {0, 1}, {1}), InvalidArgument);
    CHECK_THROWS_AS(Dataset::from_sparse(1, {{0, 2}, {0, 1}}), InvalidArgument);
    const SharedEntries entries({0, 2, 2, 4}, {0, 3, 1, 2}, {1, 0, 0, 1});
    CHECK(entries.count() == 2);
    CHECK(entries.width() == 3);
    CHECK(entries.all_are_one());
    CHECK((entries.columns(0).size() == 1 && entries.columns(1).empty() && entries.columns(2)[0] == 2));
}

TEST_CASE("sparse files have as many columns as may be, and not one more") {
    CHECK_NOTHROW(require_sparse_shape(1, most_sparse_columns, 100, "f"));
    CHECK_THROWS_WITH_AS(require_sparse_shape(1, most_sparse_columns + 1, 100, "f"),
                         "f: found 16777217 columns, expected at most 16777216", DataError);
    const std::size_t most = (std::size_t{1} << 20) + 1024 * 100;
    CHECK_NOTHROW(require_sparse_shape(most, 1, 100, "f"));
    CHECK_THROWS_AS(require_sparse_shape(most + 1, 1, 100, "f"), DataError);
    CHECK_THROWS_AS(require_sparse_shape(0, 1, 100, "f"), DataError);
    CHECK_THROWS_AS(require_sparse_shape(1, 0, 100, "f"), DataError);
}

TEST_SUITE_END();
