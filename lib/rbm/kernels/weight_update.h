// SPDX-License-Identifier: MIT
// One step of all weights in one pass: centring, momentum or Adam, decay, the step itself, and the sums that centring
// and reports need.  Reading and writing every weight six times over costs more than the gradient.
#pragma once

#include <cmath>
#include <span>

#include "rbm/kernels/prepared_weights.h"

namespace rbm {

class PackedWeights;

/// scale sum_b row_weights[b] left[b]^T right[b], not yet multiplied out.  left [B x V], right [B x H]; row_weights are
/// one per row, or none for 1.
template <class Real>
struct BasicOuterProduct {
    Real scale;
    MatrixView<const Real> left, right;
    std::span<const Real> row_weights = {};
};
using OuterProduct = BasicOuterProduct<float>;

/// What happens to weight (i, j), in this order; empty spans and null matrices leave their part out:
///   slope = slopes[i, j] - row_slope[i] column_center[j] - row_center[i] column_slope[j]
///   slope = slope row_scale[i] column_scale[j]
///   step  = momentum velocity - rate slope shrink                        (velocity = step), or Adam's
///   step  = step - decay weight, then |weight + step| shrinks by decay_l1, to 0 at most
///   weight += step;  row_shift[i] += step column_center[j];  column_shift[j] += step row_center[i]
struct WeightUpdate {
    std::span<const float> row_center, column_center;  ///< [V], [H]
    std::span<const float> row_slope, column_slope;    ///< [V], [H], used with the centers
    std::span<const float> row_scale, column_scale;    ///< [V], [H]
    float rate = 0;
    float shrink = 1;
    float momentum = 0;
    float decay = 0;
    float decay_l1 = 0;
    bool adam = false;
    float first_correction = 1, second_correction = 1;  ///< Adam's 1 / (1 - decay^t)
};

/// What a step reads and writes beside the slopes.
struct WeightMemory {
    View weights;                         ///< [V x H]
    View velocity = {}, second = {};      ///< [V x H], or null where nothing is kept from step to step
    std::span<float> row_shift = {};      ///< [V], added to when there are centers
    std::span<float> column_shift = {};   ///< [H], likewise
    std::span<double> row_coupling = {};  ///< [V], or empty; gains sum_j weight slope, both as they came
    /// Holds `weights`, before and after, as the backend that updates them has prepared them.
    PreparedWeights* prepared = nullptr;
};

struct WeightUpdateSums {
    double slope_squares = 0;  ///< of the slopes before `shrink`
    double step_squares = 0;
    double moved_squares = 0;  ///< of the weights after the step: infinite or NaN as soon as one of them is
};

inline constexpr float adam_first_decay = 0.9F, adam_second_decay = 0.999F, adam_floor = 1e-8F;

namespace reference {

/// The slope after centring and scaling.
inline float centered_slope(ConstView slopes, const WeightUpdate& u, std::size_t i, std::size_t j) {
    float slope = slopes.row(i)[j];
    if (!u.row_center.empty()) slope -= u.row_slope[i] * u.column_center[j] + u.row_center[i] * u.column_slope[j];
    if (!u.row_scale.empty()) slope *= u.row_scale[i];
    if (!u.column_scale.empty()) slope *= u.column_scale[j];
    return slope;
}

/// Sum of the squares of all centred slopes.
inline double slope_squares(ConstView slopes, const WeightUpdate& u) {
    double sum = 0;
    for (std::size_t i = 0; i < slopes.rows; ++i)
        for (std::size_t j = 0; j < slopes.cols; ++j)
            sum += std::pow(static_cast<double>(centered_slope(slopes, u, i, j)), 2);
    return sum;
}

/// `prepared` is left alone.
inline WeightUpdateSums update_weights(ConstView slopes, const WeightUpdate& u, const WeightMemory& memory) {
    const auto& [weights, velocity, second, row_shift, column_shift, row_coupling, prepared] = memory;
    WeightUpdateSums sums;
    for (std::size_t i = 0; i < weights.rows; ++i)
        for (std::size_t j = 0; j < weights.cols; ++j) {
            float& weight = weights.row(i)[j];
            if (!row_coupling.empty())
                row_coupling[i] += static_cast<double>(weight) * static_cast<double>(slopes.row(i)[j]);
            const float slope = centered_slope(slopes, u, i, j);
            const float followed = slope * u.shrink;
            float step = -u.rate * followed;
            if (u.adam) {
                float &first = velocity.row(i)[j], &square = second.row(i)[j];
                first += (1 - adam_first_decay) * (followed - first);
                square += (1 - adam_second_decay) * (followed * followed - square);
                step = -u.rate * u.first_correction * first / (std::sqrt(u.second_correction * square) + adam_floor);
            } else if (velocity.data != nullptr) {
                step += u.momentum * velocity.row(i)[j];
                velocity.row(i)[j] = step;
            }
            step -= u.decay * weight;
            const float moved = weight + step;
            step -= std::copysign(std::min(u.decay_l1, std::abs(moved)), moved);
            sums.slope_squares += static_cast<double>(slope) * static_cast<double>(slope);
            sums.step_squares += static_cast<double>(step) * static_cast<double>(step);
            weight += step;
            sums.moved_squares += static_cast<double>(weight) * static_cast<double>(weight);
            if (u.row_center.empty()) continue;
            row_shift[i] += step * u.column_center[j];
            column_shift[j] += step * u.row_center[i];
        }
    return sums;
}

}  // namespace reference

namespace vectorized {

double slope_squares(ConstView slopes, const WeightUpdate& update, std::size_t first, std::size_t rows);

/// What one piece of rows adds to row_shift and row_coupling, in 16 lanes still to be summed, and to column_shift.
struct ShiftSums {
    static constexpr std::size_t row_lanes = 16;
    std::span<float> rows;       ///< [rows of the piece x 16]
    std::span<float> couplings;  ///< [rows of the piece x 16], or empty
    std::span<float> columns;    ///< [H]
};

/// The weights of rows [row, row + slopes.rows) and columns [column, column + slopes.cols), with their slopes, which
/// are of one piece.  `column` is a multiple of panel_width.  Of packed weights, or null, by_hidden is kept up.
WeightUpdateSums update_weights(ConstView slopes, const WeightUpdate& update, const WeightMemory& memory,
                                PackedWeights* packed, std::size_t row, std::size_t column, const ShiftSums& shifts);

}  // namespace vectorized
}  // namespace rbm
