// SPDX-License-Identifier: MIT
// Which elements of a matrix are not 0, one bit each: the map of the arithmetic that binary states make unnecessary.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include "rbm/kernels/matrix.h"

namespace rbm {

/// Bit c of row r stands for element (r, c).
class BitMatrix {
  public:
    std::size_t rows() const { return rows_; }
    std::size_t cols() const { return cols_; }
    std::size_t words() const { return words_; }
    std::uint64_t* row(std::size_t r) { return bits_.data() + r * words_; }
    const std::uint64_t* row(std::size_t r) const { return bits_.data() + r * words_; }

    /// Contents are unspecified afterwards.
    void resize(std::size_t rows, std::size_t cols) {
        rows_ = rows;
        cols_ = cols;
        words_ = (cols + 63) / 64;
        bits_.resize(rows * words_);
    }

    /// How many bits of row r are set.
    std::size_t count(std::size_t r) const {
        std::size_t total = 0;
        for (std::size_t w = 0; w < words_; ++w) total += static_cast<std::size_t>(std::popcount(row(r)[w]));
        return total;
    }

    /// Writes the columns of row r's set bits, in order; out has room for cols().  Returns their number.
    std::size_t list(std::size_t r, std::uint32_t* out) const {
        std::size_t count = 0;
        for (std::size_t w = 0; w < words_; ++w)
            for (std::uint64_t bits = row(r)[w]; bits != 0; bits &= bits - 1)
                out[count++] = static_cast<std::uint32_t>(w * 64 + static_cast<std::size_t>(std::countr_zero(bits)));
        return count;
    }

    /// out = the transposed matrix.
    void transpose(BitMatrix& out) const;

  private:
    std::size_t rows_ = 0, cols_ = 0, words_ = 0;
    std::vector<std::uint64_t> bits_;
};

}  // namespace rbm
