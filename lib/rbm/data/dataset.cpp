// SPDX-License-Identifier: MIT
#include "rbm/data/dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "rbm/kernels/error.h"
#include "rbm/kernels/threads.h"

namespace rbm {
namespace {

std::size_t words_per_row(std::size_t cols) { return (cols + 63) / 64; }

bool bit(const std::vector<std::uint64_t>& words, std::size_t row, std::size_t col, std::size_t cols) {
    return (words[row * words_per_row(cols) + col / 64] >> (col % 64) & 1U) != 0;
}

/// The 8 floats of every byte of bits: eight times as fast as bit by bit.
constexpr auto eight_bits = [] {
    std::array<std::array<float, 8>, 256> table{};
    for (std::size_t byte = 0; byte < 256; ++byte)
        for (std::size_t i = 0; i < 8; ++i) table[byte][i] = (byte >> i & 1U) != 0 ? 1.0F : 0.0F;
    return table;
}();

template <class Value>
std::vector<Value> rows_of(const std::vector<Value>& values, std::size_t per_row, std::span<const std::uint32_t> rows) {
    std::vector<Value> chosen;
    chosen.reserve(rows.size() * per_row);
    for (const std::uint32_t row : rows) {
        const auto begin = values.begin() + static_cast<std::ptrdiff_t>(row * per_row);
        chosen.insert(chosen.end(), begin, begin + static_cast<std::ptrdiff_t>(per_row));
    }
    return chosen;
}

/// FNV-1a by whole elements.
template <class Value>
void add_to_hash(std::uint64_t& hash, std::span<const Value> values) {
    for (const Value& value : values) {
        std::uint64_t bits = 0;
        std::memcpy(&bits, &value, sizeof value);
        hash = (hash ^ bits) * 0x100000001b3;
    }
}

/// Calls body(row) for each row, some rows to a thread at a time.
template <class Body>
void for_each_block(std::size_t rows, Body body) {
    parallel_blocks(rows, 32, [&](std::size_t first, std::size_t count) {
        for (std::size_t row = first; row < first + count; ++row) body(row);
    });
}

}  // namespace

Dataset Dataset::from_bytes(std::size_t rows, std::size_t cols, std::vector<std::uint8_t> bytes, float divisor) {
    if (bytes.size() != rows * cols) throw InvalidArgument("Dataset::from_bytes: bytes is not rows * cols long");
    Dataset data;
    data.rows_ = rows;
    data.cols_ = cols;
    data.storage_ = Bytes{std::move(bytes), divisor};
    return data;
}

Dataset Dataset::from_floats(std::size_t rows, std::size_t cols, std::vector<float> values) {
    if (values.size() != rows * cols) throw InvalidArgument("Dataset::from_floats: values is not rows * cols long");
    Dataset data;
    data.rows_ = rows;
    data.cols_ = cols;
    data.storage_ = Floats{std::move(values)};
    return data;
}

float Dataset::value(std::size_t row, std::size_t col) const {
    if (const auto* bytes = std::get_if<Bytes>(&storage_))
        return static_cast<float>(bytes->values[row * cols_ + col]) / bytes->divisor;
    if (const auto* bits = std::get_if<Bits>(&storage_)) return bit(bits->words, row, col, cols_) ? 1.0F : 0.0F;
    return std::get<Floats>(storage_).values[row * cols_ + col];
}

void Dataset::allow_missing() {
    const auto* floats = std::get_if<Floats>(&storage_);
    missing_ = floats != nullptr &&
               std::any_of(floats->values.begin(), floats->values.end(), [](float x) { return std::isnan(x); });
}

Dataset Dataset::without_missing(std::span<const float> filling) const {
    if (filling.size() != cols_)
        throw InvalidArgument(fmt::format("Dataset::without_missing: {} values for {} columns", filling.size(), cols_));
    Dataset full = *this;
    if (!missing_) return full;
    full.missing_ = false;
    auto& values = std::get<Floats>(full.storage_).values;
    for (std::size_t i = 0; i < values.size(); ++i)
        if (std::isnan(values[i])) values[i] = filling[i % cols_];
    return full;
}

void Dataset::check(const StateForm& form, bool probabilities) const {
    if (const auto* bytes = std::get_if<Bytes>(&storage_);
        bytes != nullptr && (!form.discrete || bytes->divisor >= 255))
        return;
    if (std::holds_alternative<Bits>(storage_)) return;
    const float least = probabilities ? 0 : std::min(form.low, 0.0F), most = std::max(form.high, 1.0F);
    std::size_t bad = 0, bad_row = 0, bad_col = 0;
    for (std::size_t row = 0; row < rows_; ++row)
        for (std::size_t col = 0; col < cols_; ++col) {
            const float x = value(row, col);
            const bool good =
                (missing_ && std::isnan(x)) || (std::isfinite(x) && (!form.discrete || (x >= least && x <= most)));
            if (!good && bad++ == 0) bad_row = row, bad_col = col;
        }
    if (bad == 0) return;
    const float x = value(bad_row, bad_col);
    const std::string text = fmt::format(
        "{}: row {}, column {}: found {}, expected {}; {} such value{} in {} rows of {} columns", name, bad_row + 1,
        bad_col + 1, x, form.discrete ? fmt::format("a value in [{}, {}]", least, most) : "a finite number", bad,
        bad == 1 ? "" : "s", rows_, cols_);
    if (std::isnan(x)) throw MissingValue(text);
    if (std::isfinite(x)) throw ValueOutOfRange(text);
    throw DataError(text);
}

std::pair<std::size_t, std::size_t> Dataset::find_not_one_hot(std::size_t states) const {
    if (states < 2 || cols_ % states != 0) return {0, 0};
    for (std::size_t row = 0; row < rows_; ++row)
        for (std::size_t first = 0; first < cols_; first += states) {
            std::size_t on = 0, off = 0, unknown = 0;
            for (std::size_t col = first; col < first + states; ++col) {
                const float x = value(row, col);
                on += x == 1 ? 1 : 0;
                off += x == 0 ? 1 : 0;
                unknown += std::isnan(x) ? 1 : 0;
            }
            if (missing_ && unknown == states) continue;
            if (on != 1 || off != states - 1) return {row, first};
        }
    return {rows_, 0};
}

Dataset Dataset::expanded(std::size_t states) const {
    Dataset result;
    result.rows_ = rows_;
    result.cols_ = cols_ * states;
    result.name = name;
    result.missing_ = missing_;
    Bits bits{std::vector<std::uint64_t>(missing_ ? 0 : rows_ * words_per_row(result.cols_))};
    Floats floats{std::vector<float>(missing_ ? rows_ * result.cols_ : 0)};  // bits have no room for what is neither
    for (std::size_t row = 0; row < rows_; ++row)
        for (std::size_t col = 0; col < cols_; ++col) {
            const float x = value(row, col);
            const auto site = missing_ ? std::span(floats.values).subspan(row * result.cols_ + col * states, states)
                                       : std::span<float>();
            if (missing_ && std::isnan(x)) {
                std::fill(site.begin(), site.end(), x);
                continue;
            }
            if (!(x >= 0 && x < static_cast<float>(states) && x == std::floor(x))) {
                const std::string text = fmt::format(
                    "{}: row {}, column {}: found {}, expected a code from 0 to {}, or {} columns for each "
                    "site, one of them 1 and the others 0",
                    name, row + 1, col + 1, x, states - 1, states);
                if (std::isnan(x)) throw MissingValue(text);
                throw DataError(text);
            }
            if (missing_) {
                site[static_cast<std::size_t>(x)] = 1;
                continue;
            }
            const std::size_t on = col * states + static_cast<std::size_t>(x);
            bits.words[row * words_per_row(result.cols_) + on / 64] |= std::uint64_t{1} << (on % 64);
        }
    if (missing_)
        result.storage_ = std::move(floats);
    else
        result.storage_ = std::move(bits);
    return result;
}

Dataset Dataset::with_labels(std::span<const std::uint32_t> labels, std::size_t classes, float off) const {
    const bool fits =
        labels.size() == rows_ && std::ranges::all_of(labels, [&](std::uint32_t label) { return label < classes; });
    if (!fits || !mean_.empty() || sampled_)
        throw InvalidArgument(fmt::format(
            "Dataset::with_labels: expected {} labels below {} and data that are not prepared", rows_, classes));
    const std::size_t cols = cols_ + classes;
    Dataset result;
    const auto* bytes = std::get_if<Bytes>(&storage_);
    if (bytes != nullptr && off == 0) {
        std::vector<std::uint8_t> values(rows_ * cols);
        for (std::size_t row = 0; row < rows_; ++row) {
            std::copy_n(bytes->values.data() + row * cols_, cols_, values.data() + row * cols);
            values[row * cols + cols_ + labels[row]] = static_cast<std::uint8_t>(bytes->divisor);
        }
        result = from_bytes(rows_, cols, std::move(values), bytes->divisor);
    } else {
        std::vector<float> values(rows_ * cols, off);
        for (std::size_t row = 0; row < rows_; ++row) {
            for (std::size_t col = 0; col < cols_; ++col) values[row * cols + col] = value(row, col);
            values[row * cols + cols_ + labels[row]] = 1;
        }
        result = from_floats(rows_, cols, std::move(values));
    }
    result.image = image;
    result.name = name;
    result.missing_ = missing_;
    return result;
}

Dataset Dataset::prepared(const Preparation& preparation, const StateForm& form) const& {
    return Dataset(*this).prepared(preparation, form);
}

Dataset Dataset::prepared(const Preparation& preparation, const StateForm& form) && {
    if (preparation.binarize != Binarize::none && !(preparation.mean.empty() && preparation.scale.empty()))
        throw InvalidArgument(
            "Dataset::prepared: found binarize together with mean or scale, expected only one: standardised values "
            "cannot be binarised");
    if (form.states > 0) {
        if (preparation.binarize != Binarize::none || !preparation.mean.empty())
            throw InvalidArgument("Dataset::prepared: one-hot columns are neither binarised nor standardised");
        const auto [row, col] = find_not_one_hot(form.states);
        if (row < rows_)
            throw DataError(fmt::format(
                "{}: row {}, columns {} to {}: expected one 1 and otherwise 0, a site of {} states{}", name, row + 1,
                col + 1, std::min(col + form.states, cols_), form.states, missing_ ? ", or all missing" : ""));
        return std::move(*this);
    }
    check(form, preparation.binarize == Binarize::sample);
    if (!preparation.mean.empty()) {
        if (preparation.mean.size() != cols_ || preparation.scale.size() != cols_)
            throw DataError(fmt::format("{}: found {} columns, expected {}, the length of the model's data.mean", name,
                                        cols_, preparation.mean.size()));
        mean_ = preparation.mean;
        scale_ = preparation.scale;
    }
    if (preparation.binarize == Binarize::sample) sampled_ = true;
    if (preparation.binarize != Binarize::none) low_ = form.low, high_ = form.high;
    if (preparation.binarize == Binarize::threshold && missing_) {  // bits have no room for what is neither
        for (float& x : std::get<Floats>(storage_).values)
            if (!std::isnan(x)) x = x > preparation.threshold ? 1.0F : 0.0F;
    } else if (preparation.binarize == Binarize::threshold && !std::holds_alternative<Bits>(storage_)) {
        Bits bits{std::vector<std::uint64_t>(rows_ * words_per_row(cols_))};
        for (std::size_t row = 0; row < rows_; ++row)
            for (std::size_t col = 0; col < cols_; ++col)
                if (value(row, col) > preparation.threshold)
                    bits.words[row * words_per_row(cols_) + col / 64] |= std::uint64_t{1} << (col % 64);
        storage_ = std::move(bits);
    }
    return std::move(*this);
}

Dataset Dataset::select(std::span<const std::uint32_t> rows) const {
    Dataset part;
    part.rows_ = rows.size();
    part.cols_ = cols_;
    part.image = image;
    part.name = name;
    part.sampled_ = sampled_;
    part.missing_ = missing_;
    part.low_ = low_;
    part.high_ = high_;
    part.mean_ = mean_;
    part.scale_ = scale_;
    if (const auto* bytes = std::get_if<Bytes>(&storage_))
        part.storage_ = Bytes{rows_of(bytes->values, cols_, rows), bytes->divisor};
    else if (const auto* bits = std::get_if<Bits>(&storage_))
        part.storage_ = Bits{rows_of(bits->words, words_per_row(cols_), rows)};
    else
        part.storage_ = Floats{rows_of(std::get<Floats>(storage_).values, cols_, rows)};
    return part;
}

Dataset Dataset::slice(std::size_t first, std::size_t count) const {
    if (first > rows_ || count > rows_ - first)
        throw InvalidArgument(fmt::format("Dataset::slice: rows {} to {} of {}", first, first + count, rows_));
    std::vector<std::uint32_t> rows(count);
    for (std::size_t i = 0; i < count; ++i) rows[i] = static_cast<std::uint32_t>(first + i);
    return select(rows);
}

Dataset Dataset::spread(std::size_t count) const {
    count = std::min(count, rows_);
    std::vector<std::uint32_t> rows(count);
    for (std::size_t i = 0; i < count; ++i) rows[i] = static_cast<std::uint32_t>(i * rows_ / count);
    return select(rows);
}

std::uint64_t Dataset::fingerprint() const {
    std::uint64_t hash = 0xcbf29ce484222325;
    const std::uint64_t shape[] = {rows_, cols_, storage_.index()};
    add_to_hash(hash, std::span<const std::uint64_t>(shape));
    if (const auto* bytes = std::get_if<Bytes>(&storage_))
        add_to_hash(hash, std::span<const std::uint8_t>(bytes->values));
    else if (const auto* bits = std::get_if<Bits>(&storage_))
        add_to_hash(hash, std::span<const std::uint64_t>(bits->words));
    else
        add_to_hash(hash, std::span<const float>(std::get<Floats>(storage_).values));
    return hash;
}

void Dataset::fill_row(std::size_t row, const Stream& stream, std::span<float> out) const {
    if (const auto* bits = std::get_if<Bits>(&storage_)) {
        const std::uint64_t* words = bits->words.data() + row * words_per_row(cols_);
        std::size_t col = 0;
        for (; col + 8 <= cols_; col += 8) {
            const auto& eight = eight_bits[words[col / 64] >> (col % 64) & 0xffU];
            std::memcpy(out.data() + col, eight.data(), sizeof eight);
        }
        for (; col < cols_; ++col) out[col] = (words[col / 64] >> (col % 64) & 1U) != 0 ? 1.0F : 0.0F;
    } else if (const auto* bytes = std::get_if<Bytes>(&storage_)) {
        const std::uint8_t* values = bytes->values.data() + row * cols_;
        for (std::size_t col = 0; col < cols_; ++col) out[col] = static_cast<float>(values[col]) / bytes->divisor;
    } else {
        const float* values = std::get<Floats>(storage_).values.data() + row * cols_;
        std::copy(values, values + cols_, out.begin());
    }
    if (!mean_.empty())
        for (std::size_t col = 0; col < cols_; ++col) out[col] = (out[col] - mean_[col]) / scale_[col];
    if (sampled_)
        for (std::size_t col = 0; col < cols_; ++col)
            if (!std::isnan(out[col]))
                out[col] = uniform_from_bits(random_bits(stream, row, col)) < out[col] ? 1.0F : 0.0F;
    if (low_ != 0 || high_ != 1)
        for (float& bit : out) bit = low_ + (high_ - low_) * bit;
}

void Dataset::fill(std::span<const std::uint32_t> rows, const Stream& stream, View out) const {
    assert(out.rows == rows.size() && out.cols == cols_);
    for_each_block(rows.size(), [&](std::size_t i) { fill_row(rows[i], stream, out.row(i)); });
}

void Dataset::fill(std::size_t first, const Stream& stream, View out) const {
    assert(first + out.rows <= rows_ && out.cols == cols_);
    for_each_block(out.rows, [&](std::size_t i) { fill_row(first + i, stream, out.row(i)); });
}

Standardisation standardise(const Dataset& data) {
    const std::size_t rows = data.rows(), cols = data.cols();
    Standardisation result{std::vector<float>(cols), std::vector<float>(cols, 1.0F), {}};
    for (std::size_t col = 0; col < cols; ++col) {
        double sum = 0, known = 0;
        for (std::size_t row = 0; row < rows; ++row) {
            const double x = static_cast<double>(data.value(row, col));
            if (data.has_missing() && std::isnan(x)) continue;
            sum += x;
            ++known;
        }
        const double mean = known == 0 ? 0 : sum / known;
        double squares = 0;
        for (std::size_t row = 0; row < rows; ++row) {
            const double x = static_cast<double>(data.value(row, col));
            if (!data.has_missing() || !std::isnan(x)) squares += (x - mean) * (x - mean);
        }
        const double deviation = std::sqrt(squares / std::max(known, 1.0));
        result.mean[col] = static_cast<float>(mean);
        // Below 1e-6 of the mean, what looks like spread is the rounding of the floats themselves.
        if (deviation > 1e-6 * std::abs(mean) && static_cast<float>(deviation) > 1e-30F)
            result.scale[col] = static_cast<float>(deviation);
        else
            result.constant.push_back(col);
    }
    return result;
}

void check_row_weights(std::span<const float> weights, std::size_t rows) {
    if (weights.empty()) return;
    if (weights.size() != rows)
        throw InvalidArgument(fmt::format("{} sample weights for {} rows of data", weights.size(), rows));
    for (std::size_t row = 0; row < rows; ++row)
        if (!(weights[row] >= 0) || !std::isfinite(weights[row]))
            throw InvalidArgument(
                fmt::format("sample weight {} is {}, expected a finite number of at least 0", row + 1, weights[row]));
    if (std::all_of(weights.begin(), weights.end(), [](float weight) { return weight == 0; }))
        throw InvalidArgument("all sample weights are 0, expected some above");
}

std::vector<double> column_means(const Dataset& data, std::span<const float> row_weights) {
    check_row_weights(row_weights, data.rows());
    std::vector<double> sums(data.cols()), totals(data.cols());
    Matrix block;
    constexpr std::size_t block_rows = 256;
    for (std::size_t first = 0; first < data.rows(); first += block_rows) {
        block.resize(std::min(block_rows, data.rows() - first), data.cols());
        data.fill(first, Stream{}, block);
        for (std::size_t row = 0; row < block.rows(); ++row) {
            const double weight = row_weights.empty() ? 1.0 : static_cast<double>(row_weights[first + row]);
            for (std::size_t col = 0; col < data.cols(); ++col) {
                const double x = static_cast<double>(block(row, col));
                if (data.has_missing() && std::isnan(x)) continue;
                totals[col] += weight;
                sums[col] += weight * x;
            }
        }
    }
    for (std::size_t col = 0; col < sums.size(); ++col) sums[col] = totals[col] > 0 ? sums[col] / totals[col] : 0.5;
    return sums;
}

}  // namespace rbm
