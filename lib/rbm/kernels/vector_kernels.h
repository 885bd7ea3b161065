// SPDX-License-Identifier: MIT
// Elementwise kernels in the best instructions of the CPU at hand (SSE4, AVX2, AVX-512), chosen at run time.
// What each computes stands in reference.h; errors are at most 3 ULP per element, NaN stays NaN.
#pragma once

#include <string>
#include <string_view>

#include "rbm/kernels/backend.h"

namespace rbm::vectorized {

void logistic(ConstView field, Floats bias, Floats beta, View out);
void sample_logistic(ConstView field, Floats bias, Floats beta, const Stream& stream, View out);
void add_softplus_sums(ConstView field, Floats bias, Floats beta, Sums out);
void sample_normal(ConstView mean, Floats deviation, Floats beta, const Stream& stream, View out);
void add_dots(double scale, ConstView a, Floats vector, Sums out);
void add_row_dots(double scale, ConstView a, ConstView c, Sums out);
void add_weighted_squares(double scale, ConstView a, Floats center, Floats precision, Sums out);
/// Columns [first, first + out.size()) only: sums run over all rows, so threads share out columns.
void add_column_sums(double scale, ConstView a, Floats row_weights, std::size_t first, std::span<float> out);
/// Of the columns [begin, begin + count) alone.
void add_column_moments(ConstView a, Floats center, Floats row_weights, std::size_t begin, std::size_t count,
                        Sums first, Sums second);
void add_vector(ConstView a, Floats vector, View out);
void scale_columns(ConstView a, Floats factors, View out);

/// The instruction set in use, such as "AVX3" (Highway's word for AVX-512).
std::string target_name();

/// Uses none better than "AVX3", "AVX2" or "SSE4": results are the same bits on all CPUs that have it, and
/// tests can try each.  Throws InvalidArgument for another name.
void limit_instructions(std::string_view name);

}  // namespace rbm::vectorized
