// SPDX-License-Identifier: MIT
// Row-major matrices, and views of their rows.
//
// Shapes: rows are samples or chains, columns are units.  A view's rows may lie `stride` elements apart.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <span>
#include <type_traits>

#include "rbm/kernels/buffer.h"
#include "rbm/kernels/error.h"

namespace rbm {

/// Looks at rows x cols elements; row r starts at data + r * stride.
template <class T>
struct MatrixView {
    T* data = nullptr;
    std::size_t rows = 0;
    std::size_t cols = 0;
    std::size_t stride = 0;

    MatrixView() = default;
    MatrixView(T* first, std::size_t row_count, std::size_t column_count)
        : MatrixView(first, row_count, column_count, column_count) {}
    MatrixView(T* first, std::size_t row_count, std::size_t column_count, std::size_t row_stride)
        : data(first), rows(row_count), cols(column_count), stride(row_stride) {}
    /// A view that may write is also one that may only read.
    template <class U>
    requires(std::is_const_v<T>&& std::is_same_v<U, std::remove_const_t<T>>) MatrixView(MatrixView<U> other)
        : MatrixView(other.data, other.rows, other.cols, other.stride) {}

    std::span<T> row(std::size_t r) const {
        assert(r < rows);
        return {data + r * stride, cols};
    }
    MatrixView rows_from(std::size_t first, std::size_t count) const {
        assert(first + count <= rows);
        return {data + first * stride, count, cols, stride};
    }
};

/// For parameters of templates: takes matrices and views alike, and leaves it to the other arguments what Real is.
template <class Real>
using ConstViewOf = std::type_identity_t<MatrixView<const Real>>;
template <class Real>
using ViewOf = std::type_identity_t<MatrixView<Real>>;

/// Has rows x cols elements, zero at first, in memory of its own or in the caller's: see Buffer for what copies and
/// assignments do then.
template <class Real>
class BasicMatrix {
  public:
    BasicMatrix() = default;
    BasicMatrix(std::size_t rows, std::size_t cols) { resize(rows, cols); }
    /// The elements that `memory` holds, one row behind the other.
    static BasicMatrix borrowing(std::span<Real> memory, std::size_t rows, std::size_t cols) {
        if (memory.size() != rows * cols) throw InvalidArgument("Matrix: memory is not rows * cols long");
        BasicMatrix matrix;
        matrix.values_.borrow(memory);
        matrix.rows_ = rows;
        matrix.cols_ = cols;
        return matrix;
    }

    std::size_t rows() const { return rows_; }
    std::size_t cols() const { return cols_; }
    Real* data() { return values_.data(); }
    const Real* data() const { return values_.data(); }
    std::span<Real> values() { return values_; }
    std::span<const Real> values() const { return values_; }
    Buffer<Real>& buffer() { return values_; }  ///< its size is not to be changed

    /// Contents are unspecified afterwards.  Allocates only when more room is needed than ever before.  Throws
    /// InvalidArgument when the memory is the caller's and another number of elements is wanted.
    void resize(std::size_t rows, std::size_t cols) {
        values_.resize(rows * cols);
        rows_ = rows;
        cols_ = cols;
    }
    void fill(Real value) { std::fill(values_.begin(), values_.end(), value); }

    std::span<Real> row(std::size_t r) { return view().row(r); }
    std::span<const Real> row(std::size_t r) const { return view().row(r); }
    Real& operator()(std::size_t r, std::size_t c) { return values_[r * cols_ + c]; }
    Real operator()(std::size_t r, std::size_t c) const { return values_[r * cols_ + c]; }

    MatrixView<Real> view() { return {values_.data(), rows_, cols_}; }
    MatrixView<const Real> view() const { return {values_.data(), rows_, cols_}; }
    operator MatrixView<Real>() { return view(); }
    operator MatrixView<const Real>() const { return view(); }
    MatrixView<Real> rows_from(std::size_t first, std::size_t count) { return view().rows_from(first, count); }
    MatrixView<const Real> rows_from(std::size_t first, std::size_t count) const {
        return view().rows_from(first, count);
    }

    bool operator==(const BasicMatrix&) const = default;

  private:
    Buffer<Real> values_;
    std::size_t rows_ = 0;
    std::size_t cols_ = 0;
};

using Matrix = BasicMatrix<float>;
using View = MatrixView<float>;
using ConstView = MatrixView<const float>;

}  // namespace rbm
