// SPDX-License-Identifier: MIT
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "rbm/kernels/weight_update.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h, once per target:
#include "rbm/kernels/packed_weights.h"
#include "rbm/kernels/vector_part-inl.h"
#include "rbm/kernels/weight_update.h"

HWY_BEFORE_NAMESPACE();
namespace rbm::HWY_NAMESPACE {
namespace {

constexpr FloatTag d;

HWY_INLINE double Sum(Vector x) { return static_cast<double>(hn::GetLane(hn::SumOfLanes(d, x))); }

/// What all weights of a row share.
struct RowTerms {
    Vector slope, center, scale;

    HWY_INLINE RowTerms(const WeightUpdate& u, std::size_t i)
        : slope(hn::Set(d, u.row_center.empty() ? 0.0F : u.row_slope[i])),
          center(hn::Set(d, u.row_center.empty() ? 0.0F : u.row_center[i])),
          scale(hn::Set(d, u.row_scale.empty() ? 1.0F : u.row_scale[i])) {}
};

/// What the weights of a vector of columns share.
struct ColumnTerms {
    Vector slope, center, scale;

    template <class Loader>
    HWY_INLINE ColumnTerms(const WeightUpdate& u, std::size_t j, Loader vector)
        : slope(u.row_center.empty() ? hn::Zero(d) : vector.Load(u.column_slope.data() + j)),
          center(u.row_center.empty() ? hn::Zero(d) : vector.Load(u.column_center.data() + j)),
          scale(u.column_scale.empty() ? hn::Set(d, 1.0F) : vector.Load(u.column_scale.data() + j)) {}
};

HWY_INLINE Vector Centered(Vector slope, const RowTerms& row, const ColumnTerms& column, const WeightUpdate& u) {
    if (!u.row_center.empty()) {
        slope = hn::NegMulAdd(row.slope, column.center, slope);
        slope = hn::NegMulAdd(row.center, column.slope, slope);
    }
    if (!u.row_scale.empty()) slope = hn::Mul(slope, row.scale);
    if (!u.column_scale.empty()) slope = hn::Mul(slope, column.scale);
    return slope;
}

/// Calls body(first column, its vector: Whole or, at the end, Part).
template <class Body>
HWY_INLINE void ForEachVector(std::size_t cols, Body body) {
    std::size_t c = 0;
    for (; c + lanes <= cols; c += lanes) body(c, Whole{});
    if (c < cols) body(c, Part{cols - c});
}

double SlopeSquares(ConstView slopes, const WeightUpdate& u, std::size_t first, std::size_t rows) {
    double total = 0;
    for (std::size_t i = first; i < first + rows; ++i) {
        const RowTerms row(u, i);
        Vector sum = hn::Zero(d);
        ForEachVector(slopes.cols, [&](std::size_t j, auto vector) HWY_ATTR {
            const ColumnTerms column(u, j, vector);
            const Vector slope = Centered(vector.Load(slopes.data + i * slopes.stride + j), row, column, u);
            sum = hn::MulAdd(slope, slope, sum);
        });
        total += Sum(sum);
    }
    return total;
}

template <class Loader>
HWY_INLINE Vector Step(Vector slope, const WeightUpdate& u, float* velocity, float* second_moment, Loader vector) {
    const Vector rate = hn::Set(d, -u.rate);
    if (u.adam) {
        Vector first = vector.Load(velocity), second = vector.Load(second_moment);
        first = hn::MulAdd(hn::Set(d, 1 - adam_first_decay), hn::Sub(slope, first), first);
        second = hn::MulAdd(hn::Set(d, 1 - adam_second_decay), hn::Sub(hn::Mul(slope, slope), second), second);
        vector.Store(first, velocity);
        vector.Store(second, second_moment);
        const Vector spread = hn::Sqrt(hn::Mul(hn::Set(d, u.second_correction), second));
        return hn::Div(hn::Mul(hn::Mul(rate, hn::Set(d, u.first_correction)), first),
                       hn::Add(spread, hn::Set(d, adam_floor)));
    }
    Vector step = hn::Mul(rate, slope);
    if (velocity != nullptr) {
        step = hn::MulAdd(hn::Set(d, u.momentum), vector.Load(velocity), step);
        vector.Store(step, velocity);
    }
    return step;
}

HWY_INLINE Vector Decayed(Vector step, Vector weight, const WeightUpdate& u) {
    step = hn::NegMulAdd(hn::Set(d, u.decay), weight, step);
    const Vector moved = hn::Add(weight, step);
    // Min would take the place of a NaN, but the step has it already.
    const Vector shrunk = hn::Min(hn::Set(d, u.decay_l1), hn::Abs(moved));
    return hn::Sub(step, hn::CopySign(shrunk, moved));
}

struct Squares {
    Vector slopes, steps, moved;
};

/// One vector of columns for all rows: what belongs to the columns stays in registers.
/// `plain`: the step is -rate times the slope and nothing else, and its square needs no sum of its own.
template <bool plain, class Loader>
HWY_INLINE void UpdateColumns(ConstView slopes, const WeightUpdate& u, const WeightMemory& memory,
                              PackedWeights* packed_weights, std::size_t first, std::size_t j, Loader vector,
                              const vectorized::ShiftSums& shifts, Squares& squares) {
    const bool decays = u.decay != 0 || u.decay_l1 != 0, centered = !u.row_center.empty();
    const Vector shrink = hn::Set(d, u.shrink), negative_rate = hn::Set(d, -u.rate);
    const ColumnTerms column(u, j, vector);
    const float* slope_row = slopes.data;
    float* weight_row = memory.weights.data + first * memory.weights.stride + j;
    float* packed =
        packed_weights == nullptr ? nullptr : packed_weights->row_of_panel(j / panel_width, first) + j % panel_width;
    float* row_shift = shifts.rows.data();
    float* coupling = shifts.couplings.empty() ? nullptr : shifts.couplings.data();
    Vector column_shift = hn::Zero(d);
    const auto at = [j](View of, std::size_t i) { return of.data == nullptr ? nullptr : of.data + i * of.stride + j; };
    for (std::size_t i = first; i < first + slopes.rows; ++i) {
        const RowTerms row(u, i);
        const Vector raw_slope = vector.Load(slope_row), weight = vector.Load(weight_row);
        const Vector slope = Centered(raw_slope, row, column, u);
        Vector step;
        if constexpr (plain) {
            step = hn::Mul(slope, negative_rate);
        } else {
            step = Step(hn::Mul(slope, shrink), u, at(memory.velocity, i), at(memory.second, i), vector);
            if (decays) step = Decayed(step, weight, u);
            squares.steps = hn::MulAdd(step, step, squares.steps);
        }
        squares.slopes = hn::MulAdd(slope, slope, squares.slopes);
        const Vector moved = hn::Add(weight, step);
        squares.moved = hn::MulAdd(moved, moved, squares.moved);
        vector.Store(moved, weight_row);
        if (packed != nullptr) {
            vector.Store(moved, packed);
            packed += panel_width;
        }
        if (coupling != nullptr) {
            hn::StoreU(hn::MulAdd(weight, raw_slope, hn::LoadU(d, coupling)), d, coupling);
            coupling += vectorized::ShiftSums::row_lanes;
        }
        if (centered) {
            hn::StoreU(hn::MulAdd(step, column.center, hn::LoadU(d, row_shift)), d, row_shift);
            column_shift = hn::MulAdd(step, row.center, column_shift);
            row_shift += vectorized::ShiftSums::row_lanes;
        }
        slope_row += slopes.stride;
        weight_row += memory.weights.stride;
    }
    if (centered) {
        float* to = shifts.columns.data() + j;
        vector.Store(hn::Add(column_shift, vector.Load(to)), to);
    }
}

WeightUpdateSums UpdateWeights(ConstView slopes, const WeightUpdate& u, const WeightMemory& memory,
                               PackedWeights* packed, std::size_t first, std::size_t column,
                               const vectorized::ShiftSums& shifts) {
    const bool plain = !u.adam && memory.velocity.data == nullptr && u.decay == 0 && u.decay_l1 == 0 && u.shrink == 1;
    Squares squares{hn::Zero(d), hn::Zero(d), hn::Zero(d)};
    ForEachVector(slopes.cols, [&](std::size_t c, auto vector) HWY_ATTR {
        const ConstView own(slopes.data + c, slopes.rows, slopes.cols, slopes.stride);
        if (plain)
            UpdateColumns<true>(own, u, memory, packed, first, column + c, vector, shifts, squares);
        else
            UpdateColumns<false>(own, u, memory, packed, first, column + c, vector, shifts, squares);
    });
    WeightUpdateSums sums;
    sums.slope_squares = Sum(squares.slopes);
    sums.step_squares =
        plain ? static_cast<double>(u.rate) * static_cast<double>(u.rate) * sums.slope_squares : Sum(squares.steps);
    sums.moved_squares = Sum(squares.moved);
    return sums;
}

}  // namespace
}  // namespace rbm::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rbm {
namespace {

HWY_EXPORT(SlopeSquares);
HWY_EXPORT(UpdateWeights);

}  // namespace

namespace vectorized {

double slope_squares(ConstView slopes, const WeightUpdate& update, std::size_t first, std::size_t rows) {
    return HWY_DYNAMIC_DISPATCH(SlopeSquares)(slopes, update, first, rows);
}
WeightUpdateSums update_weights(ConstView slopes, const WeightUpdate& update, const WeightMemory& memory,
                                PackedWeights* packed, std::size_t row, std::size_t column,
                                const vectorized::ShiftSums& shifts) {
    return HWY_DYNAMIC_DISPATCH(UpdateWeights)(slopes, update, memory, packed, row, column, shifts);
}

}  // namespace vectorized
}  // namespace rbm
#endif  // HWY_ONCE
