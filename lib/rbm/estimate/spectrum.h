// SPDX-License-Identifier: MIT
// What the weights look like from afar: singular values, and hidden units that do nothing or the same as others.
#pragma once

#include <utility>
#include <vector>

#include "rbm/kernels/control.h"
#include "rbm/kernels/matrix.h"

namespace rbm {

/// The singular values, largest first, from LAPACK's divide and conquer on one thread: rows * cols * min(rows, cols)
/// multiplications, some 10 s for 4000 x 4000.  It cannot be cancelled.  Throws
/// Error (failed) when LAPACK does not converge.
std::vector<double> singular_values(ConstView matrix);

/// exp of the entropy of the singular values' shares: between 1 and their number.  0 when all are 0.
/// Source: Roy & Vetterli, "The effective rank", EUSIPCO 2007.
double effective_rank(std::span<const double> singular_values);

/// The filters are the columns of the weights [V x H].
struct FilterReport {
    std::vector<double> norms;       ///< [H]
    std::vector<std::size_t> faint;  ///< norm below a hundredth of the median
    std::vector<std::pair<std::size_t, std::size_t>>
        duplicates;  ///< j < k with a cosine above 0.99, none of them faint
};
FilterReport inspect_filters(ConstView weights, const Control& control = {});

}  // namespace rbm
