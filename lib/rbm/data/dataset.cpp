// SPDX-License-Identifier: MIT
#include "rbm/data/dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <type_traits>

#include "rbm/kernels/error.h"
#include "rbm/kernels/threads.h"

namespace rbm {
namespace {

void check_size(const char* function, const char* what, std::size_t found, std::size_t expected,
                const char* in_words = "rows * cols") {
    if (found != expected)
        throw InvalidArgument(fmt::format("Dataset::{}: {} is not {} long", function, what, in_words));
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

/// The rows under `count` points at equal distances along their weights, laid end to end.
std::vector<std::uint32_t> rows_by_weight(std::span<const float> weights, std::size_t count) {
    double total = 0;
    for (const float weight : weights) total += static_cast<double>(weight);
    std::vector<std::uint32_t> rows;
    double passed = 0;
    for (std::size_t row = 0; row < weights.size(); ++row) {
        passed += static_cast<double>(weights[row]);
        while (rows.size() < count && weights[row] > 0 &&
               static_cast<double>(rows.size()) * total < passed * static_cast<double>(count))
            rows.push_back(static_cast<std::uint32_t>(row));
    }
    return rows;
}

template <class Value>
void add_rows(std::uint64_t& hash, const SharedRows<Value>& rows) {
    add_to_hash(hash, rows.values());
}

/// Slices share what lies in memory, so it is each row's own.
void add_rows(std::uint64_t& hash, const SharedEntries& entries) {
    for (std::size_t row = 0; row < entries.rows(); ++row) {
        const std::uint64_t count[] = {entries.columns(row).size()};
        add_to_hash(hash, std::span<const std::uint64_t>(count));
        add_to_hash(hash, entries.columns(row));
        add_to_hash(hash, entries.values(row));
    }
}

/// Calls body(row) for each row, some rows to a thread at a time.
template <class Body>
void for_each_row(std::size_t rows, Body body) {
    parallel_blocks(rows, 32, [&](std::size_t first, std::size_t count) {
        for (std::size_t row = first; row < first + count; ++row) body(row);
    });
}

/// What `change` makes of the rows, whatever they are stored as.
template <class Change>
Storage with_changed_rows(const Storage& storage, Change change) {
    return std::visit(
        [&](auto kind) -> Storage {
            kind.rows = change(kind.rows);
            if constexpr (std::is_same_v<decltype(kind), FloatRows>)
                if (!kind.rest.values().empty()) kind.rest = change(kind.rest);
            return kind;
        },
        storage);
}

}  // namespace

Dataset Dataset::from_bytes(std::size_t rows, std::size_t cols, std::vector<std::uint8_t> bytes, float divisor) {
    check_size("from_bytes", "bytes", bytes.size(), rows * cols);
    return {rows, cols, ByteRows{{std::move(bytes), cols}, divisor}};
}

Dataset Dataset::from_floats(std::size_t rows, std::size_t cols, std::vector<float> values, std::vector<float> rest) {
    check_size("from_floats", "values", values.size(), rows * cols);
    if (!rest.empty()) check_size("from_floats", "rest", rest.size(), rows * cols);
    return {rows, cols, FloatRows{{std::move(values), cols}, {std::move(rest), cols}}};
}

Dataset Dataset::from_bits(std::size_t rows, std::size_t cols, std::vector<std::uint64_t> words) {
    const std::size_t per_row = BitRows::words_per_row(cols);
    check_size("from_bits", "words", words.size(), rows * per_row, "rows * ceil(cols / 64)");
    return {rows, cols, BitRows{{std::move(words), per_row}}};
}

Dataset Dataset::from_sparse(std::size_t cols, SharedEntries entries, bool open_width) {
    if (entries.width() > cols)
        throw InvalidArgument(
            fmt::format("Dataset::from_sparse: an entry in column {} of {}", entries.width() - 1, cols));
    const std::size_t rows = entries.rows();
    return {rows, cols, SparseRows{std::move(entries), open_width}};
}

Dataset Dataset::with_columns(std::size_t cols) const {
    if (sparse() == nullptr || cols < cols_ || !plain())
        throw InvalidArgument(fmt::format(
            "Dataset::with_columns: {} columns from {}, expected sparse data that are not prepared, and no fewer", cols,
            cols_));
    Dataset wide = with_rows(rows_, storage_);
    wide.cols_ = cols;
    wide.image = {};
    if (!columns.empty()) wide.columns.resize(cols);
    return wide;
}

Dataset Dataset::view_bytes(std::size_t rows, std::size_t cols, std::span<const std::uint8_t> bytes, float divisor,
                            std::shared_ptr<const void> owner) {
    check_size("view_bytes", "bytes", bytes.size(), rows * cols);
    return {rows, cols, ByteRows{{bytes, cols, std::move(owner)}, divisor}};
}

Dataset Dataset::view_floats(std::size_t rows, std::size_t cols, std::span<const float> values,
                             std::shared_ptr<const void> owner) {
    check_size("view_floats", "values", values.size(), rows * cols);
    return {rows, cols, FloatRows{{values, cols, std::move(owner)}}};
}

float Dataset::value(std::size_t row, std::size_t col) const {
    return std::visit([&](const auto& kind) { return kind.value(row, col); }, storage_);
}

bool Dataset::precise() const {
    const auto* floats = std::get_if<FloatRows>(&storage_);
    return floats != nullptr && !floats->rest.values().empty();
}

double Dataset::exact_value(std::size_t row, std::size_t col) const {
    const auto x = static_cast<double>(value(row, col));
    return precise() ? x + static_cast<double>(std::get<FloatRows>(storage_).rest.row(row)[col]) : x;
}

std::string Dataset::column_text(std::size_t col) const {
    const bool named = col < columns.size() && !columns[col].name.empty();
    return named ? fmt::format("column {} ({})", col + 1, columns[col].name) : fmt::format("column {}", col + 1);
}

Dataset Dataset::with_rows(std::size_t rows, Storage storage) const {
    Dataset result(rows, cols_, std::move(storage));
    result.image = image;
    result.name = name;
    result.columns = columns;
    result.letters = letters;
    result.allows_missing_ = allows_missing_;
    result.sampled_ = sampled_;
    result.missing_ = missing_;
    result.low_ = low_;
    result.high_ = high_;
    result.mean_ = mean_;
    result.mean_rest_ = mean_rest_;
    result.scale_ = scale_;
    return result;
}

Dataset Dataset::slice(std::size_t first, std::size_t count) const {
    if (first > rows_ || count > rows_ - first)
        throw InvalidArgument(fmt::format("Dataset::slice: rows {} to {} of {}", first, first + count, rows_));
    return with_rows(count,
                     with_changed_rows(storage_, [&](const auto& values) { return values.slice(first, count); }));
}

Dataset Dataset::spread(std::size_t count, std::span<const float> row_weights) const {
    count = std::min(count, rows_);
    std::vector<std::uint32_t> rows(count);
    if (row_weights.empty()) {
        for (std::size_t i = 0; i < count; ++i) rows[i] = static_cast<std::uint32_t>(i * rows_ / count);
    } else {
        rows = rows_by_weight(row_weights, count);
    }
    return with_rows(count, with_changed_rows(storage_, [&](const auto& values) { return values.chosen(rows); }));
}

std::uint64_t Dataset::fingerprint() const {
    std::uint64_t hash = 0xcbf29ce484222325;
    const std::uint64_t shape[] = {rows_, cols_, storage_.index()};
    add_to_hash(hash, std::span<const std::uint64_t>(shape));
    std::visit([&](const auto& kind) { add_rows(hash, kind.rows); }, storage_);
    if (precise()) add_to_hash(hash, std::get<FloatRows>(storage_).rest.values());
    return hash;
}

void Dataset::fill_row(std::size_t row, const Stream& stream, std::span<float> out) const {
    if (const SharedEntries* entries = sparse(); entries != nullptr && sampled_ && low_ == 0 && mean_.empty()) {
        std::ranges::fill(out, 0.0F);  // no draw turns 0 into anything else
        entries->for_each(row, [&](std::size_t col, float x) {
            out[col] = uniform_from_bits(random_bits(stream, row, col)) < x ? high_ : 0.0F;
        });
        return;
    }
    expand_row(storage_, row, out);
    if (!mean_rest_.empty())
        for (std::size_t col = 0; col < cols_; ++col) {
            const double mean = static_cast<double>(mean_[col]) + static_cast<double>(mean_rest_[col]);
            out[col] = static_cast<float>((exact_value(row, col) - mean) / static_cast<double>(scale_[col]));
        }
    else if (!mean_.empty())
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
    for_each_row(rows.size(), [&](std::size_t i) { fill_row(rows[i], stream, out.row(i)); });
}

void Dataset::fill(std::size_t first, const Stream& stream, View out) const {
    assert(first + out.rows <= rows_ && out.cols == cols_);
    for_each_row(out.rows, [&](std::size_t i) { fill_row(first + i, stream, out.row(i)); });
}

}  // namespace rbm
