// SPDX-License-Identifier: MIT
// Samples as they lie in memory: floats, bytes, bits, or only what is not 0.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>

#include "rbm/data/shared_entries.h"
#include "rbm/data/shared_rows.h"

namespace rbm {

struct FloatRows {
    SharedRows<float> rows;
    SharedRows<float> rest{};  ///< what these leave out of values of higher precision; empty where there is nothing
    float value(std::size_t row, std::size_t col) const { return rows.row(row)[col]; }
    void expand(std::size_t row, std::span<float> out) const;
};

struct ByteRows {
    SharedRows<std::uint8_t> rows;
    float divisor = 1;  ///< values are bytes / divisor
    float value(std::size_t row, std::size_t col) const { return static_cast<float>(rows.row(row)[col]) / divisor; }
    void expand(std::size_t row, std::span<float> out) const;
};

struct BitRows {
    SharedRows<std::uint64_t> rows;  ///< words; each row starts a new one
    float value(std::size_t row, std::size_t col) const {
        return (rows.row(row)[col / 64] >> (col % 64) & 1U) != 0 ? 1.0F : 0.0F;
    }
    void expand(std::size_t row, std::span<float> out) const;

    static std::size_t words_per_row(std::size_t cols) { return (cols + 63) / 64; }
    static void set(std::span<std::uint64_t> row, std::size_t col) { row[col / 64] |= std::uint64_t{1} << (col % 64); }
};

/// For data that are nearly all 0.
struct SparseRows {
    SharedEntries rows;
    bool open_width = false;  ///< the file did not say how many columns there are: more may follow, all 0
    float value(std::size_t row, std::size_t col) const;
    void expand(std::size_t row, std::span<float> out) const;
};

using Storage = std::variant<FloatRows, ByteRows, BitRows, SparseRows>;

/// The values of a row, before sampling and standardisation.
inline void expand_row(const Storage& storage, std::size_t row, std::span<float> out) {
    std::visit([&](const auto& kind) { kind.expand(row, out); }, storage);
}

}  // namespace rbm
