// SPDX-License-Identifier: MIT
// Vectors of floats that may be the short last one of a row, at any address, on every instruction set.
// Include only after hwy/foreach_target.h: the guard toggles per target, as Highway asks.
#if defined(RBM_KERNELS_VECTOR_PART_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RBM_KERNELS_VECTOR_PART_INL_H_
#undef RBM_KERNELS_VECTOR_PART_INL_H_
#else
#define RBM_KERNELS_VECTOR_PART_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstddef>

HWY_BEFORE_NAMESPACE();
namespace rbm::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// 16 float lanes at most: one Philox panel has 16 blocks.
using FloatTag = hn::CappedTag<float, 16>;
using Vector = hn::Vec<FloatTag>;
inline constexpr std::size_t lanes = HWY_LANES(float) < 16 ? HWY_LANES(float) : 16;

/// A whole vector.
struct Whole {
    HWY_INLINE std::size_t Missing() const { return 0; }  ///< lanes
    HWY_INLINE Vector Load(const float* from) const { return hn::LoadU(FloatTag(), from); }
    HWY_INLINE void Store(Vector value, float* to) const { hn::StoreU(value, FloatTag(), to); }
};

/// The first `count` lanes of one, the others 0; memory beyond them is not touched.
struct Part {
    std::size_t count;

    HWY_INLINE std::size_t Missing() const { return lanes - count; }
#if HWY_TARGET == HWY_AVX3_DL || HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX2
    HWY_INLINE Vector Load(const float* from) const {
        return hn::MaskedLoad(hn::FirstN(FloatTag(), count), FloatTag(), from);
    }
    HWY_INLINE void Store(Vector value, float* to) const {
        hn::BlendedStore(value, hn::FirstN(FloatTag(), count), FloatTag(), to);
    }
#else
    // Before AVX, Highway's masked loads and stores touch whole vectors, at aligned addresses only.
    HWY_INLINE Vector Load(const float* from) const {
        HWY_ALIGN float buffer[lanes] = {};
        std::copy(from, from + count, buffer);
        return hn::Load(FloatTag(), buffer);
    }
    HWY_INLINE void Store(Vector value, float* to) const {
        HWY_ALIGN float buffer[lanes];
        hn::Store(value, FloatTag(), buffer);
        std::copy(buffer, buffer + count, to);
    }
#endif
};

HWY_INLINE Vector Load(const float* from, std::size_t count) {
    return count == lanes ? Whole{}.Load(from) : Part{count}.Load(from);
}
HWY_INLINE void Store(Vector value, float* to, std::size_t count) {
    if (count == lanes)
        Whole{}.Store(value, to);
    else
        Part{count}.Store(value, to);
}

}  // namespace rbm::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
