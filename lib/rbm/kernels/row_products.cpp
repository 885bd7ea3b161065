// SPDX-License-Identifier: MIT
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "rbm/kernels/row_products.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h, once per target:
#include <array>
#include <cmath>

#include "rbm/kernels/row_products.h"
#include "rbm/kernels/vector_part-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rbm::HWY_NAMESPACE {
namespace {

constexpr FloatTag d;

// Accumulators that fit the registers: 32 with AVX-512, else 16.
#if HWY_TARGET <= HWY_AVX3
constexpr std::size_t tile_rows = 6, tile_vectors = 4;
#else
constexpr std::size_t tile_rows = 4, tile_vectors = 2;
#endif
// Panels of 8 vectors: 784 rows of weights take 400 KB with AVX-512, which stays in the second-level cache.
constexpr std::size_t sum_vectors = 8;

void FindNonzero(ConstView a, BitMatrix& bits, std::vector<std::uint8_t>& ones) {
    for (std::size_t b = 0; b < a.rows; ++b) {
        const float* x = a.data + b * a.stride;
        bool only_ones = true;
        for (std::size_t w = 0; w < bits.words(); ++w) {
            const std::size_t begin = w * 64, end = std::min(a.cols, begin + 64);
            std::uint64_t word = 0;
            std::size_t c = begin;
#if HWY_TARGET != HWY_SCALAR
            for (; c + lanes <= end; c += lanes) {
                const Vector v = hn::LoadU(d, x + c);
                const auto nonzero = hn::Ne(v, hn::Zero(d));
                only_ones = only_ones && hn::AllTrue(d, hn::Or(hn::Not(nonzero), hn::Eq(v, hn::Set(d, 1.0F))));
                std::uint8_t mask[8] = {};
                hn::StoreMaskBits(d, nonzero, mask);
                std::uint64_t packed = mask[0];
                if constexpr (lanes == 16) packed |= std::uint64_t{mask[1]} << 8;
                word |= packed << (c - begin);
            }
#endif
            for (; c < end; ++c) {
                if (x[c] != 0) word |= std::uint64_t{1} << (c - begin);
                only_ones = only_ones && (x[c] == 0 || x[c] == 1);
            }
            bits.row(b)[w] = word;
        }
        ones[b] = only_ones ? 1 : 0;
    }
}

/// Sums of rows of w over the listed indices, `count` vectors of columns wide, the last of them through `last`.
/// Weights: of each listed row; null for 1.  finish(vector number, sum, its loader) takes the result.
template <std::size_t count, class Last, class Finish>
HWY_INLINE void SumListed(const std::uint32_t* list, std::size_t length, const float* weights,
                          std::size_t weight_stride, const float* w, std::size_t stride, Last last, Finish finish) {
    Vector sums[count];
    HWY_UNROLL(16)  // GCC at -O2 leaves loops over registers as loops over memory unless told
    for (std::size_t i = 0; i < count; ++i) sums[i] = hn::Zero(d);
    if (weights == nullptr) {
        for (std::size_t t = 0; t < length; ++t) {
            const float* row = w + list[t] * stride;
            HWY_UNROLL(16)
            for (std::size_t i = 0; i + 1 < count; ++i) sums[i] = hn::Add(sums[i], hn::LoadU(d, row + i * lanes));
            sums[count - 1] = hn::Add(sums[count - 1], last.Load(row + (count - 1) * lanes));
        }
    } else {
        for (std::size_t t = 0; t < length; ++t) {
            const float* row = w + list[t] * stride;
            const Vector factor = hn::Set(d, weights[list[t] * weight_stride]);
            HWY_UNROLL(16)
            for (std::size_t i = 0; i + 1 < count; ++i)
                sums[i] = hn::MulAdd(factor, hn::LoadU(d, row + i * lanes), sums[i]);
            sums[count - 1] = hn::MulAdd(factor, last.Load(row + (count - 1) * lanes), sums[count - 1]);
        }
    }
    HWY_UNROLL(16)
    for (std::size_t i = 0; i + 1 < count; ++i) finish(i, sums[i], Whole{});
    finish(count - 1, sums[count - 1], last);
}

/// Calls body.template operator()<count>(first column, last's loader) for panels of at most `most` vectors, of nearly
/// the same width: a narrow last panel would leave the adders waiting for one another.
template <std::size_t most, class Body, std::size_t... counts>
HWY_INLINE void ForEachPanel(std::size_t cols, Body body, std::index_sequence<counts...>) {
    const std::size_t vectors = (cols + lanes - 1) / lanes;
    std::size_t panels = (vectors + most - 1) / most;
    std::size_t done = 0;
    for (; panels > 0; --panels) {
        const std::size_t count = (vectors - done + panels - 1) / panels;
        const std::size_t column = done * lanes, width = std::min(cols - column, count * lanes);
        const std::size_t rest = width - (count - 1) * lanes;
        ((count == counts + 1 ? (rest == lanes ? body.template operator()<counts + 1>(column, Whole{})
                                               : body.template operator()<counts + 1>(column, Part{rest}))
                              : void()),
         ...);
        done += count;
    }
}

/// Rows of a, `count` vectors of w's columns: the plain register tile of a matrix product, k by k in order.
template <std::size_t rows, std::size_t count, class Last>
HWY_INLINE void MultiplyTile(const float* const* a, std::size_t depth, const float* w, std::size_t stride, Last last,
                             float* const* out) {
    Vector sums[rows][count];
    HWY_UNROLL(16)
    for (std::size_t r = 0; r < rows; ++r) HWY_UNROLL(16)
    for (std::size_t i = 0; i < count; ++i) sums[r][i] = hn::Zero(d);
    for (std::size_t k = 0; k < depth; ++k, w += stride) {
        Vector columns[count];
        HWY_UNROLL(16)
        for (std::size_t i = 0; i + 1 < count; ++i) columns[i] = hn::LoadU(d, w + i * lanes);
        columns[count - 1] = last.Load(w + (count - 1) * lanes);
        HWY_UNROLL(16)
        for (std::size_t r = 0; r < rows; ++r) {
            const Vector factor = hn::Set(d, a[r][k]);
            HWY_UNROLL(16)
            for (std::size_t i = 0; i < count; ++i) sums[r][i] = hn::MulAdd(factor, columns[i], sums[r][i]);
        }
    }
    HWY_UNROLL(16)
    for (std::size_t r = 0; r < rows; ++r) {
        HWY_UNROLL(16)
        for (std::size_t i = 0; i + 1 < count; ++i) hn::StoreU(sums[r][i], d, out[r] + i * lanes);
        last.Store(sums[r][count - 1], out[r] + (count - 1) * lanes);
    }
}

template <std::size_t rows>
void MultiplyDense(const float* const* a, std::size_t depth, const float* w, std::size_t stride, std::size_t cols,
                   float* const* out) {
    ForEachPanel<tile_vectors>(
        cols,
        [&]<std::size_t count>(std::size_t column, auto last) HWY_ATTR {
            float* shifted[rows];
            HWY_UNROLL(16)
            for (std::size_t r = 0; r < rows; ++r) shifted[r] = out[r] + column;
            MultiplyTile<rows, count>(a, depth, w + column, stride, last, shifted);
        },
        std::make_index_sequence<tile_vectors>());
}

void MultiplyRows(ConstView a, const BitMatrix& bits, const std::vector<std::uint8_t>& ones, ConstView w,
                  std::size_t first, std::size_t rows, View out) {
    struct Listed {
        std::size_t row, begin, length;
    };
    static thread_local std::vector<std::uint32_t> lists;
    static thread_local std::vector<Listed> listed;
    listed.clear();
    lists.resize(rows * a.cols);
    std::size_t filled = 0;
    std::array<const float*, tile_rows> dense_rows;
    std::array<float*, tile_rows> dense_out;
    std::size_t dense = 0;
    for (std::size_t b = first; b < first + rows; ++b) {
        // Beyond a third of ones the register tile is faster than adding row by row.
        if (3 * bits.count(b) <= a.cols) {
            const std::size_t length = bits.list(b, lists.data() + filled);
            listed.push_back({b, filled, length});
            filled += length;
            continue;
        }
        dense_rows[dense] = a.data + b * a.stride;
        dense_out[dense++] = out.data + b * out.stride;
        if (dense == tile_rows) {
            MultiplyDense<tile_rows>(dense_rows.data(), a.cols, w.data, w.stride, w.cols, dense_out.data());
            dense = 0;
        }
    }
    for (std::size_t i = 0; i < dense; ++i)
        MultiplyDense<1>(dense_rows.data() + i, a.cols, w.data, w.stride, w.cols, dense_out.data() + i);
    // All rows by one panel of weights, then by the next.
    ForEachPanel<sum_vectors>(
        w.cols,
        [&]<std::size_t count>(std::size_t column, auto last) HWY_ATTR {
            for (const Listed& one : listed) {
                const float* values = ones[one.row] != 0 ? nullptr : a.data + one.row * a.stride;
                float* to = out.data + one.row * out.stride + column;
                SumListed<count>(lists.data() + one.begin, one.length, values, 1, w.data + column, w.stride, last,
                                 [&](std::size_t i, Vector sum, auto vector)
                                     HWY_ATTR { vector.Store(sum, to + i * lanes); });
            }
        },
        std::make_index_sequence<sum_vectors>());
}

void AddOuterRows(float scale, ConstView a, const BitMatrix& transposed, bool all_ones, ConstView b, std::size_t first,
                  std::size_t rows, View out) {
    static thread_local std::vector<std::uint32_t> list;
    list.resize(transposed.cols());
    const Vector factor = hn::Set(d, scale);
    for (std::size_t m = first; m < first + rows; ++m) {
        const std::size_t length = transposed.list(m, list.data());
        if (length == 0) continue;
        float* y = out.data + m * out.stride;
        ForEachPanel<sum_vectors>(
            b.cols,
            [&]<std::size_t count>(std::size_t column, auto last) HWY_ATTR {
                SumListed<count>(list.data(), length, all_ones ? nullptr : a.data + m, a.stride, b.data + column,
                                 b.stride, last, [&](std::size_t i, Vector sum, auto vector) HWY_ATTR {
                                     float* to = y + column + i * lanes;
                                     vector.Store(hn::MulAdd(factor, sum, vector.Load(to)), to);
                                 });
            },
            std::make_index_sequence<sum_vectors>());
    }
}

}  // namespace
}  // namespace rbm::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rbm {
namespace {

HWY_EXPORT(FindNonzero);
HWY_EXPORT(MultiplyRows);
HWY_EXPORT(AddOuterRows);

}  // namespace

namespace vectorized {

void find_nonzero(ConstView a, BitMatrix& bits, std::vector<std::uint8_t>& ones) {
    bits.resize(a.rows, a.cols);
    ones.resize(a.rows);
    HWY_DYNAMIC_DISPATCH(FindNonzero)(a, bits, ones);
}
void multiply_rows(ConstView a, const BitMatrix& bits, const std::vector<std::uint8_t>& ones, ConstView w,
                   std::size_t first, std::size_t rows, View out) {
    HWY_DYNAMIC_DISPATCH(MultiplyRows)(a, bits, ones, w, first, rows, out);
}
void add_outer_rows(float scale, ConstView a, const BitMatrix& transposed, bool all_ones, ConstView b,
                    std::size_t first, std::size_t rows, View out) {
    HWY_DYNAMIC_DISPATCH(AddOuterRows)(scale, a, transposed, all_ones, b, first, rows, out);
}

}  // namespace vectorized
}  // namespace rbm
#endif  // HWY_ONCE
