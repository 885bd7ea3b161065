// SPDX-License-Identifier: MIT
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "rbm/kernels/tempered_logistic.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h, once per target:
#include <cmath>

#include "rbm/kernels/reference.h"
#include "rbm/kernels/tempered_logistic.h"
#include "rbm/kernels/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rbm::HWY_NAMESPACE {
namespace {

using FloatSpan = std::span<const float>;

#if HWY_TARGET == HWY_SCALAR

void SampleTempered(ConstView field, FloatSpan base, FloatSpan change, FloatSpan beta, const Stream& stream, View out) {
    reference::sample_tempered_logistic(field, base, change, beta, stream, out);
}
void AddSoftplusChanges(ConstView field, FloatSpan base, FloatSpan change, FloatSpan from, FloatSpan to,
                        std::span<double> out) {
    reference::add_softplus_changes(field, base, change, from, to, out);
}

#else

constexpr FloatTag d;

void SampleTempered(ConstView field, FloatSpan base, FloatSpan change, FloatSpan beta, const Stream& stream, View out) {
    for (std::size_t b = 0; b < field.rows; ++b) {
        const float* x = field.data + b * field.stride;
        float* y = out.data + b * out.stride;
        const Vector factor = hn::Set(d, beta[b]);
        ForEachDraw(field.cols, stream, b,
                    [&](std::size_t c, std::size_t count, const PanelWords& words, std::size_t place) HWY_ATTR {
                        const Vector slope = hn::Add(Load(x + c, count), Load(change.data() + c, count));
                        const Vector argument = hn::MulAdd(factor, slope, Load(base.data() + c, count));
                        Store(SampleLogistic(d, argument, Uniform(d, hn::Load(WordTag(), words.at + place))), y + c,
                              count);
                    });
    }
}

/// A row's sum.  softplus(x) = max(x, 0) + log(1 + exp(-|x|)): the logarithms become two products of factors of at most
/// 2, whose quotient takes one logarithm per chunk; where both arguments are positive the first terms differ by the
/// step alone.
double SoftplusChange(const float* field, const float* base, const float* change, float from, float to,
                      std::size_t cols) {
    constexpr std::size_t chunk = 32 * lanes;  // products stay below 2^32, and below 2^512 over all lanes
    const Vector low = hn::Set(d, from), step = hn::Set(d, to - from), zero = hn::Zero(d), one = hn::Set(d, 1.0F);
    const hn::Repartition<double, FloatTag> doubles;
    const hn::Half<FloatTag> half;
    double total = 0;
    for (std::size_t first = 0; first < cols; first += chunk) {
        const std::size_t length = std::min(chunk, cols - first);
        Vector after = one, before = one;
        auto sum = hn::Zero(doubles);
        const auto add = [&](Vector f, Vector start, Vector slope_change, auto keep) HWY_ATTR {
            const Vector slope = hn::Add(f, slope_change);
            const Vector x = hn::MulAdd(low, slope, start);
            const Vector moved = hn::Mul(step, slope);
            const Vector y = hn::Add(x, moved);
            const auto both = hn::And(hn::Gt(x, zero), hn::Gt(y, zero));
            const Vector positive = hn::IfThenElse(both, moved, hn::Sub(hn::Max(y, zero), hn::Max(x, zero)));
            const Vector kept = KeepNaN(y, positive);
            sum = hn::Add(sum, hn::Add(hn::PromoteTo(doubles, hn::LowerHalf(kept)),
                                       hn::PromoteTo(doubles, hn::UpperHalf(half, kept))));
            after = hn::MulAdd(after, keep(ExpOfMinusAbs(d, y)), after);
            before = hn::MulAdd(before, keep(ExpOfMinusAbs(d, x)), before);
        };
        const float *f = field + first, *s = base + first, *c = change + first;
        std::size_t n = 0;
        for (; n + lanes <= length; n += lanes)
            add(hn::LoadU(d, f + n), hn::LoadU(d, s + n), hn::LoadU(d, c + n), [](Vector e) HWY_ATTR { return e; });
        if (n < length) {
            const Part part{length - n};
            const auto mask = hn::FirstN(d, length - n);
            add(part.Load(f + n), part.Load(s + n), part.Load(c + n),
                [&](Vector e) HWY_ATTR { return hn::IfThenElseZero(mask, e); });
        }
        const auto quotient = [&](auto top, auto bottom) HWY_ATTR {
            return hn::Div(hn::PromoteTo(doubles, top), hn::PromoteTo(doubles, bottom));
        };
        HWY_ALIGN double each[lanes / 2 + 1];
        hn::Store(hn::Mul(quotient(hn::LowerHalf(after), hn::LowerHalf(before)),
                          quotient(hn::UpperHalf(half, after), hn::UpperHalf(half, before))),
                  doubles, each);
        double product = 1;
        for (std::size_t lane = 0; lane < lanes / 2; ++lane) product *= each[lane];
        total += hn::GetLane(hn::SumOfLanes(doubles, sum)) + std::log(product);
    }
    return total;
}

void AddSoftplusChanges(ConstView field, FloatSpan base, FloatSpan change, FloatSpan from, FloatSpan to,
                        std::span<double> out) {
    for (std::size_t b = 0; b < field.rows; ++b)
        out[b] += SoftplusChange(field.data + b * field.stride, base.data(), change.data(), from[b], to[b], field.cols);
}

#endif

}  // namespace
}  // namespace rbm::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rbm {
namespace {

HWY_EXPORT(SampleTempered);
HWY_EXPORT(AddSoftplusChanges);

}  // namespace

void vectorized::sample_tempered_logistic(ConstView field, Floats base, Floats change, Floats beta,
                                          const Stream& stream, View out) {
    HWY_DYNAMIC_DISPATCH(SampleTempered)(field, base, change, beta, stream, out);
}

void vectorized::add_softplus_changes(ConstView field, Floats base, Floats change, Floats from, Floats to, Sums out) {
    HWY_DYNAMIC_DISPATCH(AddSoftplusChanges)(field, base, change, from, to, out);
}

}  // namespace rbm
#endif  // HWY_ONCE
