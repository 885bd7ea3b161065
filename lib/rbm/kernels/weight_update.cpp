// SPDX-License-Identifier: MIT
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "rbm/kernels/weight_update.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h, once per target:
#include "rbm/kernels/vector_part-inl.h"
#include "rbm/kernels/weight_update.h"

HWY_BEFORE_NAMESPACE();
namespace rbm::HWY_NAMESPACE {
namespace {

constexpr FloatTag d;

HWY_INLINE double Sum(Vector x) { return static_cast<double>(hn::GetLane(hn::SumOfLanes(d, x))); }

/// What is the same for all weights of a row.
struct Row {
    Vector slope, center, scale;
    bool centered, scaled, column_scaled;

    HWY_INLINE Row(const WeightUpdate& u, std::size_t i)
        : slope(hn::Set(d, u.row_center.empty() ? 0.0F : u.row_slope[i])),
          center(hn::Set(d, u.row_center.empty() ? 0.0F : u.row_center[i])),
          scale(hn::Set(d, u.row_scale.empty() ? 1.0F : u.row_scale[i])),
          centered(!u.row_center.empty()),
          scaled(!u.row_scale.empty()),
          column_scaled(!u.column_scale.empty()) {}
};

template <class Loader>
HWY_INLINE Vector CenteredSlope(Vector slope, const WeightUpdate& u, const Row& row, std::size_t j, Loader vector) {
    if (row.centered) {
        slope = hn::NegMulAdd(row.slope, vector.Load(u.column_center.data() + j), slope);
        slope = hn::NegMulAdd(row.center, vector.Load(u.column_slope.data() + j), slope);
    }
    if (row.scaled) slope = hn::Mul(slope, row.scale);
    if (row.column_scaled) slope = hn::Mul(slope, vector.Load(u.column_scale.data() + j));
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
        const Row row(u, i);
        Vector sum = hn::Zero(d);
        ForEachVector(slopes.cols, [&](std::size_t j, auto vector) HWY_ATTR {
            const Vector slope = CenteredSlope(vector.Load(slopes.data + i * slopes.stride + j), u, row, j, vector);
            sum = hn::MulAdd(slope, slope, sum);
        });
        total += Sum(sum);
    }
    return total;
}

/// What a row has kept from earlier updates; null where it keeps nothing.
struct Kept {
    float* velocity;
    float* second;
};

template <class Loader>
HWY_INLINE Vector Step(Vector slope, const WeightUpdate& u, const Kept& kept, std::size_t j, Loader vector) {
    const Vector rate = hn::Set(d, -u.rate);
    if (u.adam) {
        Vector first = vector.Load(kept.velocity + j), second = vector.Load(kept.second + j);
        first = hn::MulAdd(hn::Set(d, 1 - adam_first_decay), hn::Sub(slope, first), first);
        second = hn::MulAdd(hn::Set(d, 1 - adam_second_decay), hn::Sub(hn::Mul(slope, slope), second), second);
        vector.Store(first, kept.velocity + j);
        vector.Store(second, kept.second + j);
        const Vector spread = hn::Sqrt(hn::Mul(hn::Set(d, u.second_correction), second));
        return hn::Div(hn::Mul(hn::Mul(rate, hn::Set(d, u.first_correction)), first),
                       hn::Add(spread, hn::Set(d, adam_floor)));
    }
    Vector step = hn::Mul(rate, slope);
    if (kept.velocity != nullptr) {
        step = hn::MulAdd(hn::Set(d, u.momentum), vector.Load(kept.velocity + j), step);
        vector.Store(step, kept.velocity + j);
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

/// `plain`: the step is -rate times the slope and nothing else, and its square needs no sum of its own.
template <bool plain>
WeightUpdateSums UpdateRows(ConstView slopes, const WeightUpdate& u, const WeightMemory& memory, std::size_t first,
                            std::size_t column, const vectorized::ShiftSums& shifts) {
    const bool decays = u.decay != 0 || u.decay_l1 != 0;
    const Vector shrink = hn::Set(d, u.shrink), negative_rate = hn::Set(d, -u.rate);
    const auto row_of = [](View of, std::size_t i) { return of.data == nullptr ? nullptr : of.data + i * of.stride; };
    Vector slope_squares = hn::Zero(d), step_squares = slope_squares, moved_squares = slope_squares;
    for (std::size_t i = first; i < first + slopes.rows; ++i) {
        const Row row(u, i);
        const float* slope_row = slopes.data + (i - first) * slopes.stride;
        float* weight_row = row_of(memory.weights, i);
        const Kept kept{row_of(memory.velocity, i), row_of(memory.second, i)};
        float* row_shift = shifts.rows.data() + (i - first) * vectorized::ShiftSums::row_lanes;
        Vector shift = row.centered ? hn::LoadU(d, row_shift) : hn::Zero(d);
        for (std::size_t at = 0; at < slopes.cols; at += panel_width) {
            const std::size_t panel_column = column + at;
            float* packed =
                memory.packed == nullptr ? nullptr : memory.packed->row_of_panel(panel_column / panel_width, i);
            ForEachVector(std::min(panel_width, slopes.cols - at), [&](std::size_t c, auto vector) HWY_ATTR {
                const std::size_t j = panel_column + c;
                const Vector slope = CenteredSlope(vector.Load(slope_row + at + c), u, row, j, vector);
                const Vector weight = vector.Load(weight_row + j);
                Vector step;
                if constexpr (plain) {
                    step = hn::Mul(slope, negative_rate);
                } else {
                    step = Step(hn::Mul(slope, shrink), u, kept, j, vector);
                    if (decays) step = Decayed(step, weight, u);
                    step_squares = hn::MulAdd(step, step, step_squares);
                }
                slope_squares = hn::MulAdd(slope, slope, slope_squares);
                const Vector moved = hn::Add(weight, step);
                moved_squares = hn::MulAdd(moved, moved, moved_squares);
                vector.Store(moved, weight_row + j);
                if (packed != nullptr) vector.Store(moved, packed + c);
                if (!row.centered) return;
                shift = hn::MulAdd(step, vector.Load(u.column_center.data() + j), shift);
                float* column_shift = shifts.columns.data() + j;
                vector.Store(hn::MulAdd(step, row.center, vector.Load(column_shift)), column_shift);
            });
        }
        if (row.centered) hn::StoreU(shift, d, row_shift);
    }
    WeightUpdateSums sums;
    sums.slope_squares = Sum(slope_squares);
    sums.step_squares =
        plain ? static_cast<double>(u.rate) * static_cast<double>(u.rate) * sums.slope_squares : Sum(step_squares);
    sums.moved_squares = Sum(moved_squares);
    return sums;
}

WeightUpdateSums UpdateWeights(ConstView slopes, const WeightUpdate& u, const WeightMemory& memory, std::size_t first,
                               std::size_t column, const vectorized::ShiftSums& shifts) {
    const bool plain = !u.adam && memory.velocity.data == nullptr && u.decay == 0 && u.decay_l1 == 0 && u.shrink == 1;
    return plain ? UpdateRows<true>(slopes, u, memory, first, column, shifts)
                 : UpdateRows<false>(slopes, u, memory, first, column, shifts);
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
                                std::size_t row, std::size_t column, const vectorized::ShiftSums& shifts) {
    return HWY_DYNAMIC_DISPATCH(UpdateWeights)(slopes, update, memory, row, column, shifts);
}

}  // namespace vectorized
}  // namespace rbm
#endif  // HWY_ONCE
