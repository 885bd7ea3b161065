// SPDX-License-Identifier: MIT
// Products whose left side is mostly zeros and ones: v -> h for binary states, and the gradient's outer product.
//
// out[b] is summed over k in order, by fused multiply-add; where a[b, k] is 0 nothing is done, where it is 1 the row of
// w is added.  Skipping changes no bit (0 w adds nothing, 1 w is w), so it does not matter to the result which rows
// were skipped through and which were not, nor where in a batch a row stands.
#pragma once

#include "rbm/kernels/bit_matrix.h"
#include "rbm/kernels/matrix.h"

namespace rbm::vectorized {

/// bits = the elements of a that are not 0 (NaN among them); ones[b] = 1 when row b holds nothing but 0 and 1.
void find_nonzero(ConstView a, BitMatrix& bits, std::vector<std::uint8_t>& ones);

/// Rows [first, first + rows) of out = a w.
void multiply_rows(ConstView a, const BitMatrix& bits, const std::vector<std::uint8_t>& ones, ConstView w,
                   std::size_t first, std::size_t rows, View out);

/// Rows [first, first + rows) of out += scale a^T b, where row m of `transposed` marks the rows of a with a[., m] != 0.
/// When `all_ones`, those elements are 1.
void add_outer_rows(float scale, ConstView a, const BitMatrix& transposed, bool all_ones, ConstView b,
                    std::size_t first, std::size_t rows, View out);

}  // namespace rbm::vectorized
