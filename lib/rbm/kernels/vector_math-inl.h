// SPDX-License-Identifier: MIT
// Vector forms of scalar.h's functions and of Philox4x32-10, compiled once per instruction set.
// Include only after hwy/foreach_target.h: the guard toggles per target, as Highway asks.
#if defined(RBM_KERNELS_VECTOR_MATH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RBM_KERNELS_VECTOR_MATH_INL_H_
#undef RBM_KERNELS_VECTOR_MATH_INL_H_
#else
#define RBM_KERNELS_VECTOR_MATH_INL_H_
#endif

#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

#include <cstdint>

#include "rbm/kernels/random.h"
#include "rbm/kernels/vector_part-inl.h"

#if HWY_TARGET != HWY_SCALAR
HWY_BEFORE_NAMESPACE();
namespace rbm::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using WordTag = hn::Rebind<std::uint32_t, FloatTag>;
using Words = hn::Vec<WordTag>;

/// exp(-|x|), at most 1.
HWY_INLINE Vector ExpOfMinusAbs(FloatTag d, Vector x) { return hn::Exp(d, hn::Neg(hn::Abs(x))); }

/// Highway's Exp, Min and Max turn NaN into a number; a diverged machine must not look healthy.
HWY_INLINE Vector KeepNaN(Vector x, Vector result) { return hn::IfThenElse(hn::IsNaN(x), x, result); }

HWY_INLINE Vector Logistic(FloatTag d, Vector x) {
    const Vector one = hn::Set(d, 1.0F);
    const Vector e = ExpOfMinusAbs(d, x);
    const Vector numerator = hn::IfThenElse(hn::Lt(x, hn::Zero(d)), e, one);
    return KeepNaN(x, hn::Div(numerator, hn::Add(one, e)));
}

/// 1 where uniform < logistic(x), else 0: uniform (1 + e) < numerator needs no division.
HWY_INLINE Vector SampleLogistic(FloatTag d, Vector x, Vector uniform) {
    const Vector one = hn::Set(d, 1.0F);
    const Vector e = ExpOfMinusAbs(d, x);
    const Vector numerator = hn::IfThenElse(hn::Lt(x, hn::Zero(d)), e, one);
    return KeepNaN(x, hn::IfThenElseZero(hn::Lt(hn::MulAdd(uniform, e, uniform), numerator), one));
}

HWY_INLINE void MultiplyWide(WordTag d, Words a, Words b, Words& low, Words& high) {
    const hn::Repartition<std::uint64_t, WordTag> wide;
    const auto even = hn::MulEven(a, b);
    const auto odd = hn::MulEven(hn::BitCast(d, hn::ShiftRight<32>(hn::BitCast(wide, a))), b);
    low = hn::OddEven(hn::BitCast(d, hn::ShiftLeft<32>(odd)), hn::BitCast(d, even));
    high = hn::OddEven(hn::BitCast(d, odd), hn::BitCast(d, hn::ShiftRight<32>(even)));
}

/// The words of a panel's 64 columns, in their order.  The blocks of two vectors go side by side through the ten
/// rounds: one round waits for the other, and half of the time nothing would happen.
struct PanelWords {
    HWY_ALIGN std::uint32_t at[panel_columns];

    /// Of Philox4x32-10 at the counters {panel 16 + lane, row, call}; `wanted` columns of it.
    HWY_INLINE void Draw(const Stream& stream, std::uint32_t row, std::size_t panel, std::size_t wanted) {
        constexpr std::size_t together = 2 * lanes <= panel_blocks ? 2 : 1;
        const WordTag d;
        const Words m0 = hn::Set(d, 0xD2511F53U), m1 = hn::Set(d, 0xCD9E8D57U);
        for (std::size_t lane = 0; lane < std::min(panel_blocks, wanted); lane += together * lanes) {
            Words w[together][4];
            HWY_UNROLL(2)
            for (std::size_t i = 0; i < together; ++i) {
                w[i][0] = hn::Iota(d, static_cast<std::uint32_t>(panel * panel_blocks + lane + i * lanes));
                w[i][1] = hn::Set(d, row);
                w[i][2] = hn::Set(d, static_cast<std::uint32_t>(stream.call));
                w[i][3] = hn::Set(d, static_cast<std::uint32_t>(stream.call >> 32));
            }
            auto k0 = static_cast<std::uint32_t>(stream.key), k1 = static_cast<std::uint32_t>(stream.key >> 32);
            for (int round = 0; round < 10; ++round) {
                const Words key0 = hn::Set(d, k0), key1 = hn::Set(d, k1);
                HWY_UNROLL(2)
                for (std::size_t i = 0; i < together; ++i) {
                    Words low0, high0, low1, high1;
                    MultiplyWide(d, w[i][0], m0, low0, high0);
                    MultiplyWide(d, w[i][2], m1, low1, high1);
                    w[i][0] = hn::Xor(hn::Xor(high1, w[i][1]), key0);
                    w[i][2] = hn::Xor(hn::Xor(high0, w[i][3]), key1);
                    w[i][1] = low1;
                    w[i][3] = low0;
                }
                k0 += 0x9E3779B9U;
                k1 += 0xBB67AE85U;
            }
            HWY_UNROLL(2)
            for (std::size_t i = 0; i < together; ++i)
                for (std::size_t word = 0; word < 4; ++word)
                    hn::Store(w[i][word], d, at + word * panel_blocks + lane + i * lanes);
        }
    }
};

/// Calls body(first column, count, words, place) for each vector of columns: its random words are those of `words` from
/// `place` on.
template <class Body>
HWY_INLINE void ForEachDraw(std::size_t cols, const Stream& stream, std::size_t row, Body body) {
    const auto absolute_row = static_cast<std::uint32_t>(stream.first_row + row);
    PanelWords words;
    for (std::size_t first = 0; first < cols; first += panel_columns) {
        const std::size_t width = std::min(panel_columns, cols - first);
        words.Draw(stream, absolute_row, first / panel_columns, width);
        for (std::size_t c = 0; c < width; c += lanes) body(first + c, std::min(lanes, width - c), words, c);
    }
}

/// {0, ..., 2^24 - 1} / 2^24, as uniform_from_bits().
HWY_INLINE Vector Uniform(FloatTag d, Words bits) {
    const hn::Rebind<std::int32_t, FloatTag> integers;
    return hn::Mul(hn::ConvertTo(d, hn::BitCast(integers, hn::ShiftRight<8>(bits))), hn::Set(d, 0x1p-24F));
}

/// Unsigned 32-bit words to floats, rounded once as a scalar conversion would: high half exact, low half exact.
HWY_INLINE Vector ToFloat(FloatTag d, Words bits) {
    const hn::Rebind<std::int32_t, FloatTag> integers;
    const Vector high = hn::ConvertTo(d, hn::BitCast(integers, hn::ShiftRight<16>(bits)));
    const Vector low =
        hn::ConvertTo(d, hn::BitCast(integers, hn::And(bits, hn::Set(hn::RebindToUnsigned<FloatTag>(), 0xFFFFU))));
    return hn::MulAdd(high, hn::Set(d, 65536.0F), low);
}

}  // namespace rbm::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // HWY_TARGET != HWY_SCALAR

#endif  // per-target guard
