// SPDX-License-Identifier: MIT
// Samples as they lie in memory: floats, bytes or bits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>

#include "rbm/data/shared_rows.h"

namespace rbm {

struct FloatRows {
    SharedRows<float> rows;
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

using Storage = std::variant<FloatRows, ByteRows, BitRows>;

}  // namespace rbm
