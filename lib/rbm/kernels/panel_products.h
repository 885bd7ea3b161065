// SPDX-License-Identifier: MIT
// Products whose left side is mostly zeros and ones: v -> h and h -> v for binary states, and the gradient's outer
// product.
//
// out[b] is summed over k in order, by fused multiply-add; where a[b, k] is 0 nothing is done, where it is 1 the row of
// w is added.  Rows of a that are grouped (RowLists::Kind) are summed in the same way, but four k at a time.  Skipping
// changes no bit (0 w adds nothing, 1 w is w), so it does not matter to the result which rows were skipped through and
// which were not, whether sums came from tables, whether weights are packed, nor where in a batch a row stands.
#pragma once

#include "rbm/kernels/backend.h"
#include "rbm/kernels/panels.h"

namespace rbm::vectorized {

/// Lists the rows [first, first + rows) of a; lists has room for all rows of a.
void list_rows(ConstView a, std::size_t first, std::size_t rows, RowLists& lists);

/// Rows [first, first + rows) of out = a w, for listed rows.
void multiply_rows(ConstView a, const RowLists& lists, ConstView w, std::size_t first, std::size_t rows, View out);

/// The same rows of the columns of panel `panel` alone, out of packed w.
void multiply_panel(ConstView a, const RowLists& lists, const Panels& w, std::size_t panel, std::size_t first,
                    std::size_t rows, View out);

/// Rows [first, first + rows) of panels = scale diag(row_factors) w; no row_factors are ones.
void pack(ConstView w, Floats row_factors, float scale, std::size_t first, std::size_t rows, Panels& panels);

/// out += a.
void add(ConstView a, View out);

/// to = from^T, both 32 x 32 without gaps and aligned.
void transpose_square(const float* from, float* to);

/// Lists the columns [first, first + count), count at most 32, of a as rows 0, 1, ... of `columns`.
void list_columns(ConstView a, std::size_t first, std::size_t count, RowLists& columns);

/// out[i, c] = sum_b a[b, first + i] b[b, c] for those columns and c in one panel of b, which is outer_panel_width
/// wide.
void multiply_outer(ConstView a, const RowLists& columns, std::size_t first, std::size_t count, const Panels& b,
                    std::size_t panel, View out);

}  // namespace rbm::vectorized
