// SPDX-License-Identifier: MIT
// Data in memory: the same rows from bytes, bits and floats, and the preparation between file and machine.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "rbm/data/column_moments.h"
#include "rbm/data/dataset.h"
#include "rbm/data/one_hot.h"
#include "rbm/data/standardisation.h"
#include "rbm/data/with_labels.h"
#include "rbm/kernels/error.h"

using namespace rbm;

namespace {

Matrix rows_of(const Dataset& data, const Stream& stream = {}) {
    Matrix out(data.rows(), data.cols());
    data.fill(0, stream, out);
    return out;
}

/// 0, 1 and greys between, 5 x 150: rows longer than a word of bits and not a multiple of one.
std::vector<std::uint8_t> greys(std::size_t count) {
    std::vector<std::uint8_t> bytes(count);
    for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::uint8_t>(i * 37 % 256);
    bytes[0] = 0, bytes[1] = 255, bytes[2] = 127, bytes[3] = 128;
    return bytes;
}

std::string message(const Dataset& data, const Preparation& preparation, const StateForm& form) {
    try {
        (void)data.prepared(preparation, form);
    } catch (const DataError& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_SUITE_BEGIN("dataset");

TEST_CASE("bytes, bits and floats give the same rows, whole and in any order") {
    const std::size_t rows = 5, cols = 150;
    const auto bytes = greys(rows * cols);
    std::vector<float> floats(bytes.size());
    for (std::size_t i = 0; i < bytes.size(); ++i) floats[i] = static_cast<float>(bytes[i]) / 255.0F;
    const auto from_bytes = Dataset::from_bytes(rows, cols, bytes, 255);
    const auto from_floats = Dataset::from_floats(rows, cols, floats);
    CHECK(rows_of(from_bytes) == rows_of(from_floats));
    CHECK(from_bytes.value(1, 3) == from_floats.value(1, 3));
    CHECK(rows_of(from_floats)(4, 69) == floats[4 * cols + 69]);

    const Preparation threshold{Binarize::threshold, 0.5F, {}, {}};
    const auto bits = from_bytes.prepared(threshold, StateForm::bits());
    const auto expected = [&](std::size_t r, std::size_t c) { return floats[r * cols + c] > 0.5F ? 1.0F : 0.0F; };
    const Matrix filled = rows_of(bits);
    for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t c = 0; c < cols; ++c) {
            CHECK(filled(r, c) == expected(r, c));
            CHECK(bits.value(r, c) == expected(r, c));
        }
    CHECK(rows_of(from_floats.prepared(threshold, StateForm::bits())) == filled);
    CHECK(rows_of(Dataset(from_bytes).prepared(threshold, StateForm::bits())) ==
          filled);  // the overload that takes the memory

    const std::vector<std::uint32_t> order = {3, 0, 3, 4};
    for (const Dataset* data : {&from_bytes, &from_floats, &bits}) {
        Matrix picked(4, cols);
        data->fill(order, Stream{}, picked);
        const Matrix all = rows_of(*data);
        for (std::size_t i = 0; i < 4; ++i) CHECK(std::ranges::equal(picked.row(i), all.row(order[i])));
    }
}

TEST_CASE("bits lie in whole words row by row, and memory of another size is refused") {
    const std::vector<std::uint64_t> words = {1, 2, 1ULL << 63, 0, 0, 32};
    const Dataset bits = Dataset::from_bits(3, 70, words);
    for (std::size_t r = 0; r < 3; ++r)
        for (std::size_t c = 0; c < 70; ++c)
            CHECK(bits.value(r, c) == ((r == 0 && (c == 0 || c == 65)) || (r == 1 && c == 63) || (r == 2 && c == 69)));
    CHECK_THROWS_AS(Dataset::from_bits(3, 70, std::vector<std::uint64_t>(5)), InvalidArgument);
    CHECK_THROWS_AS(Dataset::from_bits(3, 70, std::vector<std::uint64_t>(7)), InvalidArgument);
    CHECK_THROWS_AS(Dataset::from_bytes(3, 2, std::vector<std::uint8_t>(5), 1), InvalidArgument);
    CHECK_THROWS_AS(Dataset::from_floats(3, 2, std::vector<float>(5)), InvalidArgument);
}

TEST_CASE("the threshold is exclusive, and any other value works") {
    const auto data = Dataset::from_floats(1, 4, {0.5F, 0.50001F, 0.2F, 0.21F});
    CHECK(std::ranges::equal(rows_of(data.prepared({Binarize::threshold, 0.5F, {}, {}}, StateForm::bits())).values(),
                             std::vector{0.0F, 1.0F, 0.0F, 0.0F}));
    CHECK(std::ranges::equal(rows_of(data.prepared({Binarize::threshold, 0.2F, {}, {}}, StateForm::bits())).values(),
                             std::vector{1.0F, 1.0F, 0.0F, 1.0F}));
    CHECK(rows_of(data.prepared({Binarize::none, 0.5F, {}, {}}, StateForm::bits())) == rows_of(data));
    CHECK_FALSE(data.prepared({Binarize::none, 0.5F, {}, {}}, StateForm::bits()).sampled());
}

TEST_CASE(
    "sampled pixels average to their grey value over epochs, are exact at 0 and 1, and differ from epoch to epoch") {
    const std::size_t cols = 70, epochs = 4000;
    const auto bytes = greys(cols);
    const auto grey = Dataset::from_bytes(1, cols, bytes, 255);
    const auto data = grey.prepared({Binarize::sample, 0.5F, {}, {}}, StateForm::bits());
    REQUIRE(data.sampled());
    std::vector<double> sums(cols);
    std::size_t changed = 0;
    Matrix last = rows_of(data, {11, epochs, 0});
    for (std::size_t epoch = 0; epoch < epochs; ++epoch) {
        const Matrix drawn = rows_of(data, {11, epoch, 0});
        changed += !(drawn == last);
        last = drawn;
        for (std::size_t c = 0; c < cols; ++c) {
            REQUIRE((drawn(0, c) == 0 || drawn(0, c) == 1));
            sums[c] += static_cast<double>(drawn(0, c));
        }
    }
    CHECK(changed == epochs);
    CHECK(sums[0] == 0);
    CHECK(sums[1] == epochs);
    for (std::size_t c = 0; c < cols; ++c) {
        const double p = static_cast<double>(bytes[c]) / 255;
        CHECK(std::abs(sums[c] / epochs - p) <= 4.5 * std::sqrt(p * (1 - p) / epochs));
    }
}

TEST_CASE("a row's draw is its own, however the rows are batched") {
    const std::size_t rows = 40, cols = 70;
    const auto data = Dataset::from_bytes(rows, cols, greys(rows * cols), 255)
                          .prepared({Binarize::sample, 0.5F, {}, {}}, StateForm::bits());
    const Stream stream{3, 9, 0};
    const Matrix whole = rows_of(data, stream);
    std::vector<std::uint32_t> order(rows);
    std::iota(order.begin(), order.end(), 0U);
    std::ranges::reverse(order);
    for (const std::size_t batch : std::initializer_list<std::size_t>{1, 7, 40}) {
        for (std::size_t first = 0; first < rows; first += batch) {
            const std::size_t count = std::min(batch, rows - first);
            Matrix part(count, cols);
            data.fill(first, stream, part);
            for (std::size_t i = 0; i < count; ++i) CHECK(std::ranges::equal(part.row(i), whole.row(first + i)));
            data.fill(std::span(order).subspan(first, count), stream, part);
            for (std::size_t i = 0; i < count; ++i) CHECK(std::ranges::equal(part.row(i), whole.row(order[first + i])));
        }
    }
}

TEST_CASE("standardised columns have mean 0 and deviation 1; constant ones are named and only shifted") {
    const std::size_t rows = 1000, cols = 5;
    std::vector<float> values(rows * cols);
    for (std::size_t r = 0; r < rows; ++r) {
        const float z = normal_at({1, 0, 0}, r, 0);
        values[r * cols + 0] = 5 + 2 * z;
        values[r * cols + 1] = 0.1F;  // constant, not exact in binary
        values[r * cols + 2] = 0;     // constant zero
        values[r * cols + 3] = 1e-3F * normal_at({1, 0, 0}, r, 3);
        values[r * cols + 4] = 1e5F + normal_at({1, 0, 0}, r, 4);  // small spread on a high level, still real
    }
    auto data = Dataset::from_floats(rows, cols, values);
    const Standardisation found = standardise(data);
    CHECK(found.constant == std::vector<std::size_t>{1, 2});
    CHECK(found.scale[1] == 1);
    CHECK(found.scale[2] == 1);
    CHECK(found.mean[1] == 0.1F);
    CHECK(found.mean[2] == 0);
    const auto prepared = data.prepared({Binarize::none, 0.5F, found.mean, found.scale}, StateForm::numbers());
    const Matrix out = rows_of(prepared);
    for (std::size_t c = 0; c < cols; ++c) {
        double sum = 0, squares = 0;
        for (std::size_t r = 0; r < rows; ++r) {
            sum += static_cast<double>(out(r, c));
            squares += std::pow(static_cast<double>(out(r, c)), 2);
        }
        CAPTURE(c);
        const double tolerance = c == 4 ? 0.05 : 1e-5;  // floats near 1e5 are 1/128 apart
        CHECK(std::abs(sum / rows) < tolerance);
        CHECK(squares / rows == doctest::Approx(c == 1 || c == 2 ? 0 : 1).scale(1).epsilon(2 * tolerance));
    }
    CHECK(out(17, 0) == (values[17 * cols] - found.mean[0]) / found.scale[0]);
    CHECK(prepared.value(17, 0) == values[17 * cols]);  // value() is what lies there before standardisation
    const auto means = column_means(prepared);
    CHECK(std::abs(means[0]) < 1e-6);
}

TEST_CASE("a row of weight 2 standardises as two rows do; weights of 0 leave rows out") {
    constexpr float none = std::numeric_limits<float>::quiet_NaN();
    auto once = Dataset::from_floats(4, 2, {1, 5, 2, none, 4, 8, 100, 7});
    auto twice = Dataset::from_floats(4, 2, {1, 5, 2, none, 2, none, 4, 8});
    once.allow_missing();
    twice.allow_missing();
    const std::vector<float> weights = {0.25F, 0.5F, 0.25F, 0};
    const Standardisation found = standardise(once, weights), expected = standardise(twice);
    for (std::size_t col = 0; col < 2; ++col) {
        CHECK(found.mean[col] == doctest::Approx(expected.mean[col]).epsilon(1e-6));
        CHECK(found.scale[col] == doctest::Approx(expected.scale[col]).epsilon(1e-6));
    }
    CHECK(found.mean[0] == 2.25F);
    CHECK_THROWS_AS(standardise(once, std::vector<float>{1, 2}), InvalidArgument);
}

TEST_CASE("column means are exact sums in double, over more rows than a block") {
    const std::size_t rows = 1000;
    std::vector<std::uint8_t> bytes(rows * 2);
    for (std::size_t r = 0; r < rows; ++r) bytes[2 * r] = static_cast<std::uint8_t>(r % 3 == 0), bytes[2 * r + 1] = 1;
    const auto means = column_means(Dataset::from_bytes(rows, 2, bytes, 1));
    CHECK(means[0] == doctest::Approx(0.334).epsilon(1e-12));
    CHECK(means[1] == 1);
}

TEST_CASE("a slice is its rows, with name, shape and preparation") {
    const std::size_t rows = 9, cols = 70;
    auto grey = Dataset::from_bytes(rows, cols, greys(rows * cols), 255);
    grey.name = "digits";
    grey.image = {7, 10};
    const Standardisation scale = standardise(grey);
    const std::vector<Dataset> sets = {
        grey, grey.prepared({Binarize::threshold, 0.5F, {}, {}}, StateForm::bits()),
        grey.prepared({Binarize::none, 0.5F, scale.mean, scale.scale}, StateForm::numbers())};
    for (const Dataset& data : sets) {
        const Dataset part = data.slice(2, 4);
        CHECK(part.rows() == 4);
        CHECK(part.cols() == cols);
        CHECK(part.name == "digits");
        CHECK(part.image == ImageShape{7, 10});
        const Matrix all = rows_of(data), some = rows_of(part);
        for (std::size_t r = 0; r < 4; ++r) CHECK(std::ranges::equal(some.row(r), all.row(r + 2)));
        CHECK(data.slice(9, 0).rows() == 0);
        CHECK_THROWS_AS((void)data.slice(8, 2), InvalidArgument);
    }
    CHECK(grey.prepared({Binarize::sample, 0.5F, {}, {}}, StateForm::bits()).slice(0, 2).sampled());
}

TEST_CASE("a spread takes rows from the whole file, at equal distances, and keeps what belongs to them") {
    std::vector<float> values(30);
    std::iota(values.begin(), values.end(), 0.0F);
    Dataset data = Dataset::from_floats(10, 3, values);
    data.name = "ten";
    data.image = {1, 3};
    const auto taken = [&](std::size_t count) {
        const Matrix rows = rows_of(data.spread(count));
        std::vector<std::size_t> numbers;
        for (std::size_t r = 0; r < rows.rows(); ++r) numbers.push_back(static_cast<std::size_t>(rows(r, 0)) / 3);
        return numbers;
    };
    CHECK(taken(1) == std::vector<std::size_t>{0});
    CHECK(taken(2) == std::vector<std::size_t>{0, 5});
    CHECK(taken(3) == std::vector<std::size_t>{0, 3, 6});
    CHECK(taken(4) == std::vector<std::size_t>{0, 2, 5, 7});
    CHECK(taken(10) == std::vector<std::size_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
    CHECK(taken(11) == taken(10));
    CHECK(data.spread(0).rows() == 0);
    CHECK(data.spread(4).name == "ten");
    CHECK(data.spread(4).image == ImageShape{1, 3});
}

TEST_CASE("a spread over weights takes rows as often as they weigh") {
    const Dataset data = Dataset::from_floats(6, 1, {0, 1, 2, 3, 4, 5});
    const auto values = [&](std::size_t count, const std::vector<float>& weights) {
        const Matrix rows = rows_of(data.spread(count, weights));
        return std::vector<float>(rows.values().begin(), rows.values().end());
    };
    CHECK(values(6, {1, 1, 1, 1, 1, 1}) == std::vector<float>{0, 1, 2, 3, 4, 5});
    CHECK(values(3, {2, 2, 2, 2, 2, 2}) == std::vector<float>{0, 2, 4});
    CHECK(values(6, {0, 2, 0, 0, 1, 0}) == std::vector<float>{1, 1, 1, 1, 4, 4});
    CHECK(values(4, {1, 0, 0, 0, 0, 1}) == std::vector<float>{0, 0, 5, 5});
    CHECK(values(9, {0, 0, 0, 0, 0, 0.5F}) == std::vector<float>{5, 5, 5, 5, 5, 5});
}

TEST_CASE("bad values are refused by file, row, column and number") {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    std::vector<float> values(12, 0.5F);
    values[7] = 1.5F, values[9] = -0.25F, values[11] = nan;
    auto data = Dataset::from_floats(3, 4, values);
    data.name = "grey.csv";
    for (const Binarize binarize : {Binarize::threshold, Binarize::sample, Binarize::none}) {
        const std::string text = message(data, {binarize, 0.5F, {}, {}}, StateForm::bits());
        CHECK(text.find(
                  "grey.csv: row 2, column 4: found 1.5, expected a value in [0, 1]; 3 such values in 3 rows of 4") ==
              0);
    }
    CHECK(message(data, {}, StateForm::numbers())
              .find("grey.csv: row 3, column 4: found nan, expected a finite number; 1 such value in") == 0);
    auto infinite = Dataset::from_floats(1, 2, {0, std::numeric_limits<float>::infinity()});
    CHECK(message(infinite, {}, StateForm::numbers()).find("row 1, column 2: found inf") != std::string::npos);
    CHECK(message(Dataset::from_floats(1, 2, {0, 7}), {}, StateForm::numbers()).empty());
    CHECK(message(Dataset::from_floats(1, 2, {0, 1}), {}, StateForm::bits()).empty());
    // Counts, not pictures: bytes that are not divided by 255.
    CHECK(message(Dataset::from_bytes(1, 3, {0, 1, 2}, 1), {}, StateForm::bits()).find("row 1, column 3: found 2") !=
          std::string::npos);
    CHECK(message(Dataset::from_bytes(1, 3, {0, 1, 1}, 1), {}, StateForm::bits()).empty());
    CHECK(message(Dataset::from_bytes(1, 3, {0, 1, 255}, 255), {}, StateForm::bits()).empty());
    CHECK(
        message(Dataset::from_floats(1, 2, {0, 1}), {Binarize::none, 0.5F, {1, 2, 3}, {1, 1, 1}}, StateForm::numbers())
            .find("found 2 columns, expected 3") != std::string::npos);
    CHECK_THROWS_AS((void)Dataset::from_floats(2, 2, {1, 2, 3}), InvalidArgument);
    CHECK_THROWS_AS((void)Dataset::from_bytes(2, 2, {1, 2, 3}, 255), InvalidArgument);
}

TEST_CASE("data are binarised or standardised, not both") {
    const Dataset data = Dataset::from_floats(2, 1, {0, 1});
    for (const Binarize binarize : {Binarize::threshold, Binarize::sample}) {
        CHECK_THROWS_AS((void)data.prepared({binarize, 0.5F, {0.5F}, {0.5F}}, StateForm::numbers()), InvalidArgument);
        CHECK_THROWS_AS((void)data.prepared({binarize, 0.5F, {}, {0.5F}}, StateForm::numbers()), InvalidArgument);
        CHECK_NOTHROW((void)data.prepared({binarize, 0.5F, {}, {}}, StateForm::numbers()));
    }
    CHECK_NOTHROW((void)data.prepared({Binarize::none, 0.5F, {0.5F}, {0.5F}}, StateForm::numbers()));
}

TEST_CASE("spins: bits become -1 and 1, whatever they come from") {
    const StateForm spins{.discrete = true, .low = -1};
    const Dataset grey = Dataset::from_bytes(3, 70, greys(210), 255);
    const Preparation threshold{Binarize::threshold, 0.5F, {}, {}}, sample{Binarize::sample, 0.5F, {}, {}};
    const auto bits = rows_of(grey.prepared(threshold, StateForm::bits())),
               found = rows_of(grey.prepared(threshold, spins));
    const Stream stream{3, 4, 0};
    const auto drawn = rows_of(grey.prepared(sample, StateForm::bits()), stream);
    const auto drawn_spins = rows_of(grey.prepared(sample, spins).slice(0, 3), stream);
    for (std::size_t i = 0; i < 210; ++i) {
        CHECK(found.values()[i] == 2 * bits.values()[i] - 1);
        CHECK(drawn_spins.values()[i] == 2 * drawn.values()[i] - 1);
    }
    // Spins are taken as they are, and as data again.
    const Dataset signs = Dataset::from_floats(1, 3, {-1, 1, -1});
    CHECK(rows_of(signs.prepared(threshold, spins)) == rows_of(signs));
    CHECK(rows_of(signs.prepared({}, spins)) == rows_of(signs));
    const auto fault = [&](const Dataset& data, const Preparation& preparation) {
        try {
            (void)data.prepared(preparation, spins);
        } catch (const DataError& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    CHECK(fault(signs, sample).find("row 1, column 1: found -1, expected a value in [0, 1]") != std::string::npos);
    CHECK(fault(Dataset::from_floats(1, 2, {0, -2}), threshold).find("found -2, expected a value in [-1, 1]") !=
          std::string::npos);
    const auto mean = column_means(signs.prepared(threshold, spins));
    CHECK(mean == std::vector<double>{-1, 1, -1});
}

TEST_CASE("soft spins are never cut") {
    const StateForm spins{.discrete = true, .low = -1};
    const Preparation threshold{Binarize::threshold, 0.5F, {}, {}};
    const auto fault = [&](std::size_t cols, std::vector<float> values) {
        const std::size_t rows = values.size() / cols;
        try {
            (void)Dataset::from_floats(rows, cols, std::move(values)).prepared(threshold, spins);
        } catch (const ValueOutOfRange& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    const std::string halves = fault(2, {0.5F, -0.5F, -0.5F, 0.5F});
    CHECK(halves.find("row 1, column 1: found 0.5, expected -1 or 1") != std::string::npos);
    CHECK(halves.find("4 such values in 2 rows of 2 columns: 0.5, -0.5") != std::string::npos);
    CHECK(fault(2, {1, 1, -0.25F, 1}).find("row 2, column 1: found -0.25") != std::string::npos);
    CHECK(fault(2, {-1, 1, 1, 0.75F}).find("row 2, column 2: found 0.75") != std::string::npos);
    CHECK(fault(2, {-1, 1, 0, 1}).find("row 2, column 1: found 0,") != std::string::npos);
    CHECK(fault(2, {-1, 1, 1, 0}).empty());  // bits beside spins: a label
    CHECK(fault(2, {-1, 1, 1, -1}).empty());
    CHECK(fault(2, {0.25F, 1, 0.75F, 0}).empty());                                       // grey
    CHECK_NOTHROW((void)Dataset::from_floats(1, 2, {0.5F, -0.5F}).prepared({}, spins));  // means
}

TEST_CASE("values that a threshold changes are counted") {
    const Preparation threshold{Binarize::threshold, 0.5F, {}, {}};
    const auto cut = [&](const Dataset& data) { return data.prepared(threshold, StateForm::bits()).cut(); };
    Dataset floats = Dataset::from_floats(2, 3, {0, 1, 0.25F, 0.75F, 0.5F, 1});
    CHECK(cut(floats).to_zero == 2);
    CHECK(cut(floats).to_one == 1);
    CHECK(cut(Dataset::from_bytes(1, 4, {0, 255, 1, 254}, 255)).count() == 2);
    CHECK(cut(Dataset::from_bytes(1, 2, {0, 1}, 1)).count() == 0);
    CHECK(cut(Dataset::from_floats(1, 2, {0, 1})).count() == 0);
    Dataset gaps = Dataset::from_floats(1, 3, {std::numeric_limits<float>::quiet_NaN(), 0.25F, 1});
    gaps.allow_missing();
    CHECK(cut(gaps).to_zero == 1);
    CHECK(cut(gaps).to_one == 0);
    CHECK(floats.prepared({}, StateForm::bits()).cut().count() == 0);
    CHECK(floats.prepared({Binarize::sample, 0.5F, {}, {}}, StateForm::bits()).cut().count() == 0);
}

TEST_CASE("labels become columns behind the data, whatever these lie in") {
    const std::vector<std::uint32_t> labels = {2, 0};
    const auto bytes = Dataset::from_bytes(2, 3, {0, 255, 51, 255, 0, 0}, 255);
    const auto counts = Dataset::from_bytes(2, 3, {0, 1, 1, 1, 0, 0}, 1);
    const auto floats = Dataset::from_floats(2, 3, {0, 1, 0.2F, 1, 0, 0});
    const auto bits = floats.prepared({Binarize::threshold, 0.1F, {}, {}}, StateForm::bits());
    for (const auto* data : {&bytes, &counts, &floats, &bits})
        for (const float off : {0.0F, -1.0F}) {
            const auto labelled = with_labels(*data, labels, 3, off);
            CHECK(labelled.rows() == 2);
            CHECK(labelled.cols() == 6);
            for (std::size_t row = 0; row < 2; ++row) {
                for (std::size_t col = 0; col < 3; ++col) CHECK(labelled.value(row, col) == data->value(row, col));
                for (std::size_t c = 0; c < 3; ++c) CHECK(labelled.value(row, 3 + c) == (c == labels[row] ? 1 : off));
            }
            const std::vector<std::uint32_t> one = {2};
            CHECK_THROWS_AS(with_labels(*data, labels, 2, off), InvalidArgument);
            CHECK_THROWS_AS(with_labels(*data, one, 3, off), InvalidArgument);
        }
    const auto spins = with_labels(floats, labels, 3)
                           .prepared({Binarize::threshold, 0.1F, {}, {}}, StateForm{.discrete = true, .low = -1});
    const Matrix states = rows_of(spins);
    CHECK(std::vector<float>(states.row(0).begin(), states.row(0).end()) == std::vector<float>{-1, 1, 1, -1, -1, 1});
}

TEST_CASE("codes become one-hot columns, and one-hot columns stay") {
    const Dataset codes = Dataset::from_floats(2, 3, {0, 2, 1, 1, 0, 2});
    const Dataset columns = expand_codes(codes, 3);
    CHECK_FALSE(is_one_hot(codes, 3));
    CHECK(columns.cols() == 9);
    CHECK(std::ranges::equal(rows_of(columns).values(),
                             std::vector<float>{1, 0, 0, 0, 0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 0, 0, 0, 1}));
    CHECK(is_one_hot(columns, 3));
    CHECK_FALSE(is_one_hot(columns, 9));
    CHECK(is_one_hot(Dataset::from_floats(1, 4, {0, 1, 1, 0}), 2));
    CHECK_FALSE(is_one_hot(Dataset::from_floats(1, 4, {1, 1, 1, 0}), 2));
    CHECK_FALSE(is_one_hot(Dataset::from_floats(1, 4, {1, 1, 1, 1}), 1));
    const StateForm form{.discrete = true, .states = 3};
    CHECK(rows_of(columns.prepared({}, form)) == rows_of(columns));
    CHECK(rows_of(expand_codes(Dataset::from_bytes(2, 3, {0, 2, 1, 1, 0, 2}, 1), 3)) == rows_of(columns));
    CHECK_THROWS_WITH_AS((void)codes.prepared({}, form),
                         ": row 1, columns 1 to 3: expected one 1 and otherwise 0, a site of 3 states", DataError);
    CHECK_THROWS_AS((void)columns.prepared({Binarize::threshold, 0.5F, {}, {}}, form), InvalidArgument);
    for (const float bad : {3.0F, -1.0F, 0.5F, std::numeric_limits<float>::quiet_NaN()}) {
        CAPTURE(bad);
        try {
            (void)expand_codes(Dataset::from_floats(1, 2, {1, bad}), 3);
            FAIL("taken");
        } catch (const DataError& error) {
            CHECK(std::string(error.what()).find("row 1, column 2: found ") != std::string::npos);
            CHECK(std::string(error.what()).find("expected a code from 0 to 2") != std::string::npos);
        }
    }
}

TEST_CASE("one-hot columns with slips are told from codes") {
    const auto broken = [](std::vector<float> values, std::size_t cols, std::size_t states) {
        const std::size_t rows = values.size() / cols;
        return find_broken_one_hot(Dataset::from_floats(rows, cols, std::move(values)), states);
    };
    const auto empty = broken({1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0}, 6, 3);
    REQUIRE(empty);
    CHECK(empty->first.row == 1);
    CHECK(empty->first.first_col == 3);
    CHECK(empty->ones == 0);
    CHECK(empty->sites == 1);
    CHECK(empty->all_empty);
    const auto twice = broken({1, 0, 0, 0, 1, 1}, 6, 3);
    REQUIRE(twice);
    CHECK(twice->ones == 2);
    CHECK_FALSE(twice->all_empty);
    CHECK_FALSE(broken({1, 0, 0, 0, 1, 0}, 6, 3));           // good
    CHECK_FALSE(broken({1, 0, 0, 0, 0, 0, 0, 0, 0}, 3, 3));  // sites would be rare
    CHECK_FALSE(broken({1, 0, 2, 0, 1, 0}, 6, 3));           // codes
    CHECK_FALSE(broken({1, 0, 0, 1}, 4, 3));
    CHECK_FALSE(broken({1, 0, 1, 1}, 4, 2));  // bits are codes of two states
    CHECK(broken({1, 0, 0, 0}, 4, 2));

    const Dataset rated = Dataset::from_floats(2, 6, {1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0});
    const auto [missing, count] = empty_sites_missing(rated, 3);
    CHECK(count == 1);
    CHECK(missing.has_missing());
    CHECK(is_one_hot(missing, 3));
    CHECK(missing.value(1, 2) == 1);
    CHECK(std::isnan(missing.value(1, 3)));
    CHECK(empty_sites_missing(missing, 3).second == 0);
}

TEST_CASE("weighted column means are those of repeated rows") {
    std::vector<float> values, repeated, weights;
    for (std::size_t r = 0; r < 600; ++r) {  // more than a block
        weights.push_back(static_cast<float>(r % 4));
        for (std::size_t copy = 0; copy < 1 + r % 4; ++copy)
            for (const float x : {static_cast<float>(r % 7), static_cast<float>(r)})
                (copy == 0 ? values : repeated).push_back(x);
    }
    const Dataset few = Dataset::from_floats(600, 2, values);
    const Dataset many = Dataset::from_floats(repeated.size() / 2, 2, repeated);
    const auto found = column_means(few, weights), expected = column_means(many);
    const auto plain = column_means(few);
    const ColumnMoments weighted = column_moments(few, weights), of_all = column_moments(many);
    CHECK(weighted.rows == 450);
    CHECK(of_all.rows == many.rows());
    CHECK(weighted.mean == found);
    for (std::size_t i = 0; i < 2; ++i) {
        CHECK(found[i] == doctest::Approx(expected[i]).epsilon(1e-12));
        CHECK(std::abs(found[i] - plain[i]) > 1e-3);
        CHECK(weighted.variance[i] == doctest::Approx(of_all.variance[i]).epsilon(1e-12));
        CHECK(std::abs(weighted.variance[i] - column_moments(few).variance[i]) > 1e-3);
    }
    CHECK_THROWS_AS((void)column_means(few, std::vector<float>(599, 1)), InvalidArgument);
    CHECK_THROWS_AS((void)column_means(few, std::vector<float>(600, 0)), InvalidArgument);
}

TEST_CASE("a fingerprint tells data sets apart: by any value, by the shape and by what they lie in") {
    const std::vector<float> values = {0, 1, 0, 0, 1, 1};
    const auto of = [](std::size_t rows, std::size_t cols, const std::vector<float>& from) {
        return Dataset::from_floats(rows, cols, from).fingerprint();
    };
    const std::uint64_t found = of(2, 3, values);
    CHECK(of(2, 3, values) == found);
    CHECK(of(3, 2, values) != found);
    for (std::size_t i = 0; i < values.size(); ++i) {
        auto other = values;
        other[i] = 0.5F;
        CHECK(of(2, 3, other) != found);
    }
    CHECK(of(2, 3, {1, 0, 0, 0, 1, 1}) != found);
    const auto bytes = Dataset::from_bytes(2, 3, {0, 1, 0, 0, 1, 1}, 1);
    const auto bits = bytes.prepared({Binarize::threshold, 0.5F, {}, {}}, StateForm::bits());
    CHECK(bytes.fingerprint() != found);
    CHECK(bits.fingerprint() != bytes.fingerprint());
    CHECK(bits.fingerprint() == bits.slice(0, 2).fingerprint());
    CHECK(bits.fingerprint() != bits.slice(0, 1).fingerprint());
}

TEST_SUITE_END();
