// SPDX-License-Identifier: MIT
#include "rbm/data/dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

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
            return kind;
        },
        storage);
}

}  // namespace

Dataset Dataset::from_bytes(std::size_t rows, std::size_t cols, std::vector<std::uint8_t> bytes, float divisor) {
    check_size("from_bytes", "bytes", bytes.size(), rows * cols);
    return {rows, cols, ByteRows{{std::move(bytes), cols}, divisor}};
}

Dataset Dataset::from_floats(std::size_t rows, std::size_t cols, std::vector<float> values) {
    check_size("from_floats", "values", values.size(), rows * cols);
    return {rows, cols, FloatRows{{std::move(values), cols}}};
}

Dataset Dataset::from_bits(std::size_t rows, std::size_t cols, std::vector<std::uint64_t> words) {
    const std::size_t per_row = BitRows::words_per_row(cols);
    check_size("from_bits", "words", words.size(), rows * per_row, "rows * ceil(cols / 64)");
    return {rows, cols, BitRows{{std::move(words), per_row}}};
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

Dataset Dataset::with_rows(std::size_t rows, Storage storage) const {
    Dataset result(rows, cols_, std::move(storage));
    result.image = image;
    result.name = name;
    result.sampled_ = sampled_;
    result.missing_ = missing_;
    result.low_ = low_;
    result.high_ = high_;
    result.mean_ = mean_;
    result.scale_ = scale_;
    return result;
}

Dataset Dataset::slice(std::size_t first, std::size_t count) const {
    if (first > rows_ || count > rows_ - first)
        throw InvalidArgument(fmt::format("Dataset::slice: rows {} to {} of {}", first, first + count, rows_));
    return with_rows(count,
                     with_changed_rows(storage_, [&](const auto& values) { return values.slice(first, count); }));
}

Dataset Dataset::spread(std::size_t count) const {
    count = std::min(count, rows_);
    std::vector<std::uint32_t> rows(count);
    for (std::size_t i = 0; i < count; ++i) rows[i] = static_cast<std::uint32_t>(i * rows_ / count);
    return with_rows(count, with_changed_rows(storage_, [&](const auto& values) { return values.chosen(rows); }));
}

std::uint64_t Dataset::fingerprint() const {
    std::uint64_t hash = 0xcbf29ce484222325;
    const std::uint64_t shape[] = {rows_, cols_, storage_.index()};
    add_to_hash(hash, std::span<const std::uint64_t>(shape));
    std::visit([&](const auto& kind) { add_to_hash(hash, kind.rows.values()); }, storage_);
    return hash;
}

void Dataset::fill_row(std::size_t row, const Stream& stream, std::span<float> out) const {
    std::visit([&](const auto& kind) { kind.expand(row, out); }, storage_);
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
    for_each_row(rows.size(), [&](std::size_t i) { fill_row(rows[i], stream, out.row(i)); });
}

void Dataset::fill(std::size_t first, const Stream& stream, View out) const {
    assert(first + out.rows <= rows_ && out.cols == cols_);
    for_each_row(out.rows, [&](std::size_t i) { fill_row(first + i, stream, out.row(i)); });
}

}  // namespace rbm
