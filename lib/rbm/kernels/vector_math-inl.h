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

/// Philox4x32-10 of the counters {first_block + lane, row, call}: the four words of Lanes(d) blocks.
HWY_INLINE void Philox(WordTag d, std::uint32_t first_block, std::uint32_t row, std::uint64_t call, std::uint64_t key,
                       Words& w0, Words& w1, Words& w2, Words& w3) {
    w0 = hn::Iota(d, first_block);
    w1 = hn::Set(d, row);
    w2 = hn::Set(d, static_cast<std::uint32_t>(call));
    w3 = hn::Set(d, static_cast<std::uint32_t>(call >> 32));
    std::uint32_t k0 = static_cast<std::uint32_t>(key), k1 = static_cast<std::uint32_t>(key >> 32);
    const Words m0 = hn::Set(d, 0xD2511F53U), m1 = hn::Set(d, 0xCD9E8D57U);
    for (int round = 0; round < 10; ++round) {
        Words low0, high0, low1, high1;
        MultiplyWide(d, w0, m0, low0, high0);
        MultiplyWide(d, w2, m1, low1, high1);
        w0 = hn::Xor(hn::Xor(high1, w1), hn::Set(d, k0));
        w2 = hn::Xor(hn::Xor(high0, w3), hn::Set(d, k1));
        w1 = low1;
        w3 = low0;
        k0 += 0x9E3779B9U;
        k1 += 0xBB67AE85U;
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
