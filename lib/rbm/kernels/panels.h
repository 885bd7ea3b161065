// SPDX-License-Identifier: MIT
// Matrices cut into panels of 32 or 64 columns, each contiguous and on cache lines, and lists of what is not 0 in a
// row.
//
// Products of binary rows read whole rows of a panel at places that only the data know.  In a row-major matrix of 500
// columns three of four such loads straddle two cache lines, and a panel of it lies all over memory; taken from here
// the same sums need half the time (784-500, measured).
#pragma once

#include <cstdint>
#include <vector>

#include "rbm/kernels/matrix.h"

namespace rbm {

inline constexpr std::size_t panel_width = 32;        // of weights
inline constexpr std::size_t outer_panel_width = 64;  // of the right side of outer products

/// [depth x columns] floats; element (k, width p + c) is panel(p)[width k + c].  Depth and columns are filled up to
/// multiples of 32 and of the width with zeros, which belong to nobody and stay.
class Panels {
  public:
    explicit Panels(std::size_t width = panel_width) : width_(width) {}
    std::size_t width() const { return width_; }
    std::size_t count() const { return (columns_ + width_ - 1) / width_; }
    std::size_t depth() const { return depth_; }  ///< filled up
    std::size_t columns() const { return columns_; }
    float* panel(std::size_t p) { return values_.data() + p * depth_ * width_; }
    const float* panel(std::size_t p) const { return values_.data() + p * depth_ * width_; }

    /// Zeros in another shape; the same shape keeps its contents.
    void resize(std::size_t depth, std::size_t columns) {
        depth = (depth + panel_width - 1) / panel_width * panel_width;
        if (depth == depth_ && columns == columns_) return;
        depth_ = depth;
        columns_ = columns;
        values_.assign(count() * depth * width_, 0.0F);
    }

  private:
    std::size_t width_, depth_ = 0, columns_ = 0;
    std::vector<float, CacheLineAllocator<float>> values_;
};

/// For each row of a matrix which of its elements are not 0 (NaN is not 0): as bits, and as a list of columns.
class RowLists {
  public:
    /// How a row is multiplied.
    enum class Kind : std::uint8_t {
        ones,     ///< listed, and every element listed is 1
        sparse,   ///< listed
        grouped,  ///< ones and zeros, with too many ones for a list: four columns at a time.  Not listed
        dense     ///< so much of it is not 0 that a list would save nothing.  Not listed
    };

    /// Contents are unspecified afterwards.  Allocates only when more room is needed than ever before.
    void resize(std::size_t rows, std::size_t cols) {
        stride_ = cols + slack;
        words_ = (cols + 63) / 64;
        if (columns_.size() < rows * stride_) columns_.resize(rows * stride_);
        if (bits_.size() < rows * words_) bits_.resize(rows * words_);
        if (lengths_.size() < rows) lengths_.resize(rows), kinds_.resize(rows);
    }
    std::uint32_t* row(std::size_t r) { return columns_.data() + r * stride_; }
    const std::uint32_t* row(std::size_t r) const { return columns_.data() + r * stride_; }
    /// Bit c % 64 of word c / 64 belongs to column c.
    std::uint64_t* bits(std::size_t r) { return bits_.data() + r * words_; }
    const std::uint64_t* bits(std::size_t r) const { return bits_.data() + r * words_; }
    std::size_t words() const { return words_; }
    std::uint32_t length(std::size_t r) const { return lengths_[r]; }
    Kind kind(std::size_t r) const { return kinds_[r]; }
    void set(std::size_t r, std::size_t length, Kind kind) {
        lengths_[r] = static_cast<std::uint32_t>(length);
        kinds_[r] = kind;
    }

  private:
    static constexpr std::size_t slack = 16;  // lists of a power of two columns do not all begin in one set of a cache
    std::size_t stride_ = 0, words_ = 0;
    std::vector<std::uint64_t> bits_;
    std::vector<std::uint32_t> columns_, lengths_;
    std::vector<Kind> kinds_;
};

}  // namespace rbm
