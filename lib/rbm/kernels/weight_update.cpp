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

HWY_INLINE Vector CenteredSlope(const float* slopes, const WeightUpdate& u, const Row& row, std::size_t j,
                                std::size_t count) {
    Vector slope = Load(slopes + j, count);
    if (row.centered)
        slope = hn::Sub(slope, hn::MulAdd(row.slope, Load(u.column_center.data() + j, count),
                                          hn::Mul(row.center, Load(u.column_slope.data() + j, count))));
    if (row.scaled) slope = hn::Mul(slope, row.scale);
    if (row.column_scaled) slope = hn::Mul(slope, Load(u.column_scale.data() + j, count));
    return slope;
}

double SlopeSquares(ConstView slopes, const WeightUpdate& u, std::size_t first, std::size_t rows) {
    double total = 0;
    for (std::size_t i = first; i < first + rows; ++i) {
        const Row row(u, i);
        Vector sum = hn::Zero(d);
        for (std::size_t j = 0; j < slopes.cols; j += lanes) {
            const Vector slope =
                CenteredSlope(slopes.data + i * slopes.stride, u, row, j, std::min(lanes, slopes.cols - j));
            sum = hn::MulAdd(slope, slope, sum);
        }
        total += Sum(sum);
    }
    return total;
}

/// What a row has kept from earlier updates; null where it keeps nothing.
struct Kept {
    float* velocity;
    float* second;
};

HWY_INLINE Vector Step(Vector slope, const WeightUpdate& u, const Kept& kept, std::size_t j, std::size_t count) {
    const Vector rate = hn::Set(d, -u.rate);
    if (u.adam) {
        Vector first = Load(kept.velocity + j, count), second = Load(kept.second + j, count);
        first = hn::MulAdd(hn::Set(d, 1 - adam_first_decay), hn::Sub(slope, first), first);
        second = hn::MulAdd(hn::Set(d, 1 - adam_second_decay), hn::Sub(hn::Mul(slope, slope), second), second);
        Store(first, kept.velocity + j, count);
        Store(second, kept.second + j, count);
        const Vector spread = hn::Sqrt(hn::Mul(hn::Set(d, u.second_correction), second));
        return hn::Div(hn::Mul(hn::Mul(rate, hn::Set(d, u.first_correction)), first),
                       hn::Add(spread, hn::Set(d, adam_floor)));
    }
    Vector step = hn::Mul(rate, slope);
    if (kept.velocity != nullptr) {
        step = hn::MulAdd(hn::Set(d, u.momentum), Load(kept.velocity + j, count), step);
        Store(step, kept.velocity + j, count);
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

WeightUpdateSums UpdateWeights(ConstView slopes, const WeightUpdate& u, View weights, View velocity, View second,
                               std::size_t first, std::size_t rows, std::span<float> row_shift,
                               std::span<float> column_shift) {
    WeightUpdateSums sums;
    const bool decays = u.decay != 0 || u.decay_l1 != 0;
    const Vector shrink = hn::Set(d, u.shrink);
    for (std::size_t i = first; i < first + rows; ++i) {
        const Row row(u, i);
        const float* slope_row = slopes.data + i * slopes.stride;
        float* weight_row = weights.data + i * weights.stride;
        const Kept kept{velocity.data == nullptr ? nullptr : velocity.data + i * velocity.stride,
                        second.data == nullptr ? nullptr : second.data + i * second.stride};
        Vector slope_squares = hn::Zero(d), step_squares = slope_squares, weight_squares = slope_squares;
        Vector moved_squares = slope_squares, shift = slope_squares;
        for (std::size_t j = 0; j < weights.cols; j += lanes) {
            const std::size_t count = std::min(lanes, weights.cols - j);
            const Vector slope = CenteredSlope(slope_row, u, row, j, count);
            const Vector weight = Load(weight_row + j, count);
            Vector step = Step(hn::Mul(slope, shrink), u, kept, j, count);
            if (decays) step = Decayed(step, weight, u);
            slope_squares = hn::MulAdd(slope, slope, slope_squares);
            step_squares = hn::MulAdd(step, step, step_squares);
            weight_squares = hn::MulAdd(weight, weight, weight_squares);
            const Vector moved = hn::Add(weight, step);
            moved_squares = hn::MulAdd(moved, moved, moved_squares);
            Store(moved, weight_row + j, count);
            if (!row.centered) continue;
            shift = hn::MulAdd(step, Load(u.column_center.data() + j, count), shift);
            Store(hn::MulAdd(step, row.center, Load(column_shift.data() + j, count)), column_shift.data() + j, count);
        }
        sums.slope_squares += Sum(slope_squares);
        sums.step_squares += Sum(step_squares);
        sums.weight_squares += Sum(weight_squares);
        sums.moved_squares += Sum(moved_squares);
        if (row.centered) row_shift[i] += hn::GetLane(hn::SumOfLanes(d, shift));
    }
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
WeightUpdateSums update_weights(ConstView slopes, const WeightUpdate& update, View weights, View velocity, View second,
                                std::size_t first, std::size_t rows, std::span<float> row_shift,
                                std::span<float> column_shift) {
    return HWY_DYNAMIC_DISPATCH(UpdateWeights)(slopes, update, weights, velocity, second, first, rows, row_shift,
                                               column_shift);
}

}  // namespace vectorized
}  // namespace rbm
#endif  // HWY_ONCE
