// SPDX-License-Identifier: MIT
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "rbm/kernels/panel_products.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h, once per target:
#include <array>
#include <utility>

#include "rbm/kernels/panel_products.h"
#include "rbm/kernels/vector_part-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rbm::HWY_NAMESPACE {
namespace {

constexpr FloatTag d;
constexpr std::size_t panel_vectors = panel_width / lanes;
// Rows of a register tile `count` vectors wide: as many as leave room for these vectors beside the sums.
template <std::size_t count>
constexpr std::size_t tile_rows = HWY_TARGET <= HWY_AVX3                ? (count > 2 ? 6 : 8)
                                  : HWY_TARGET <= HWY_AVX2&& count <= 4 ? 2
                                                                        : 1;

/// The left side of a product: element k of row r is data[r row_step + k element_step].
struct Left {
    const float* data;
    std::size_t row_step, element_step;
};

/// The right side: row k of a panel starts at data + k stride, where a stride known here saves a multiplication per
/// row.  `loader` reads its last vector.
template <class Loader, std::size_t known_stride = 0>
struct Right {
    const float* data;
    Loader loader;
    std::size_t given_stride = known_stride;

    HWY_INLINE std::size_t Stride() const { return known_stride != 0 ? known_stride : given_stride; }
    HWY_INLINE const float* Row(std::size_t k) const { return data + k * Stride(); }
    template <std::size_t count>
    HWY_INLINE Vector Load(const float* row, std::size_t i) const {
        return i + 1 < count ? hn::LoadU(d, row + i * lanes) : loader.Load(row + i * lanes);
    }
};

/// out = the sum of the listed rows, `count` vectors wide, each times its factor unless those are all 1.
template <bool ones, std::size_t count, class Right, class Storer>
HWY_INLINE void SumListed(const std::uint32_t* list, std::size_t length, const float* factors, std::size_t step,
                          const Right& right, const Storer& storer, float* out) {
    Vector sums[count];
    HWY_UNROLL(16)  // GCC at -O2 leaves loops over registers as loops over memory unless told
    for (std::size_t i = 0; i < count; ++i) sums[i] = hn::Zero(d);
    const std::uint32_t* const end = list + length;
    HWY_UNROLL(2)
    for (; list != end; ++list) {
        const std::size_t k = *list;
        const float* row = right.Row(k);
        if constexpr (ones) {
            HWY_UNROLL(16)
            for (std::size_t i = 0; i < count; ++i) sums[i] = hn::Add(sums[i], right.template Load<count>(row, i));
        } else {
            const Vector factor = hn::Set(d, factors[k * step]);
            HWY_UNROLL(16)
            for (std::size_t i = 0; i < count; ++i)
                sums[i] = hn::MulAdd(factor, right.template Load<count>(row, i), sums[i]);
        }
    }
    HWY_UNROLL(16)
    for (std::size_t i = 0; i + 1 < count; ++i) hn::StoreU(sums[i], d, out + i * lanes);
    storer.Store(sums[count - 1], out + (count - 1) * lanes);
}

/// `rows` rows at once: the plain register tile of a matrix product, k by k in order.
template <std::size_t rows, std::size_t count, class Right, class Storer>
HWY_INLINE void MultiplyTile(const float* const* left, std::size_t step, std::size_t depth, const Right& right,
                             const Storer& storer, float* const* out) {
    Vector sums[rows][count];
    HWY_UNROLL(16)
    for (std::size_t r = 0; r < rows; ++r) HWY_UNROLL(16)
    for (std::size_t i = 0; i < count; ++i) sums[r][i] = hn::Zero(d);
    const float* row = right.data;
    for (std::size_t k = 0; k < depth; ++k, row += right.Stride()) {
        Vector columns[count];
        HWY_UNROLL(16)
        for (std::size_t i = 0; i < count; ++i) columns[i] = right.template Load<count>(row, i);
        HWY_UNROLL(16)
        for (std::size_t r = 0; r < rows; ++r) {
            const Vector factor = hn::Set(d, left[r][k * step]);
            HWY_UNROLL(16)
            for (std::size_t i = 0; i < count; ++i) sums[r][i] = hn::MulAdd(factor, columns[i], sums[r][i]);
        }
    }
    HWY_UNROLL(16)
    for (std::size_t r = 0; r < rows; ++r) {
        HWY_UNROLL(16)
        for (std::size_t i = 0; i + 1 < count; ++i) hn::StoreU(sums[r][i], d, out[r] + i * lanes);
        storer.Store(sums[r][count - 1], out[r] + (count - 1) * lanes);
    }
}

/// One panel of the product for the rows [first, first + rows) of left, each as its list says.
template <std::size_t count, std::size_t tile = tile_rows<count>, class Right, class Storer>
HWY_INLINE void MultiplyPanel(const Left& left, std::size_t depth, const RowLists& lists, std::size_t first,
                              std::size_t rows, const Right& right, const Storer& storer, float* out,
                              std::size_t out_stride) {
    std::array<std::size_t, tile> waiting;
    std::size_t waiting_count = 0;
    const auto row_of = [&](std::size_t r) { return left.data + r * left.row_step; };
    const auto sum_listed = [&](std::size_t r) HWY_ATTR {
        SumListed<false, count>(lists.row(r), lists.length(r), row_of(r), left.element_step, right, storer,
                                out + r * out_stride);
    };
    const auto multiply_tile = [&]<std::size_t size>(const std::size_t* which) HWY_ATTR {
        std::array<const float*, size> from;
        std::array<float*, size> to;
        for (std::size_t i = 0; i < size; ++i) from[i] = row_of(which[i]), to[i] = out + which[i] * out_stride;
        MultiplyTile<size, count>(from.data(), left.element_step, depth, right, storer, to.data());
    };
    for (std::size_t r = first; r < first + rows; ++r) {
        if (lists.kind(r) == RowLists::Kind::ones) {
            SumListed<true, count>(lists.row(r), lists.length(r), nullptr, 0, right, storer, out + r * out_stride);
        } else if (lists.kind(r) == RowLists::Kind::sparse) {
            sum_listed(r);
        } else {
            waiting[waiting_count++] = r;
            if (waiting_count < tile) continue;
            multiply_tile.template operator()<tile>(waiting.data());
            waiting_count = 0;
        }
    }
    // Less than half a tile is slower than lists.
    std::size_t done = 0;
    if constexpr (tile > 4)
        if (waiting_count >= 4) multiply_tile.template operator()<4>(waiting.data()), done = 4;
    for (; done < waiting_count; ++done) sum_listed(waiting[done]);
}

/// Calls body.template operator()<vectors>(last vector: Whole or Part) for a panel of `width` columns.
template <class Body, std::size_t... before>
HWY_INLINE void WithVectors(std::size_t width, Body body, std::index_sequence<before...>) {
    const std::size_t count = (width + lanes - 1) / lanes, rest = width - (count - 1) * lanes;
    ((count == before + 1 ? (rest == lanes ? body.template operator()<before + 1>(Whole{})
                                           : body.template operator()<before + 1>(Part{rest}))
                          : void()),
     ...);
}

void MultiplyRows(ConstView a, const RowLists& lists, ConstView w, std::size_t first, std::size_t rows, View out) {
    const Left left{a.data, a.stride, 1};
    for (std::size_t column = 0; column < w.cols; column += panel_width)
        WithVectors(
            std::min(panel_width, w.cols - column),
            [&]<std::size_t count>(auto last) HWY_ATTR {
                MultiplyPanel<count>(left, a.cols, lists, first, rows,
                                     Right<decltype(last)>{w.data + column, last, w.stride}, last, out.data + column,
                                     out.stride);
            },
            std::make_index_sequence<panel_vectors>());
}

void MultiplyPacked(ConstView a, const RowLists& lists, const Panels& w, std::size_t panel, std::size_t first,
                    std::size_t rows, View out) {
    const Left left{a.data, a.stride, 1};
    const Right<Whole, panel_width> right{w.panel(panel), Whole{}};
    const std::size_t column = panel * panel_width;
    WithVectors(
        std::min(panel_width, w.columns() - column),
        [&]<std::size_t count>(auto last) HWY_ATTR {
            MultiplyPanel<count>(left, a.cols, lists, first, rows, right, last, out.data + column, out.stride);
        },
        std::make_index_sequence<panel_vectors>());
}

template <std::size_t vectors>
HWY_INLINE void MultiplyOuterBy(const Left& left, std::size_t depth, const RowLists& columns, std::size_t count,
                                const float* right, View out) {
    for (std::size_t column = 0; column < outer_panel_width; column += vectors * lanes)
        MultiplyPanel<vectors, lanes == 16 ? (vectors > 2 ? 4 : 8) : tile_rows<vectors>>(
            left, depth, columns, 0, count, Right<Whole, outer_panel_width>{right + column, Whole{}}, Whole{},
            out.data + column, out.stride);
}

void MultiplyOuter(ConstView a, const RowLists& columns, std::size_t first, std::size_t count, const Panels& b,
                   std::size_t panel, View out) {
    const Left left{a.data + first, 1, a.stride};
    std::size_t dense = 0;
    for (std::size_t i = 0; i < count; ++i) dense += columns.kind(i) == RowLists::Kind::dense ? 1 : 0;
    // Lists of pixels are short: the wider the sums, the less their beginning and end weigh.
    if (2 * dense < count)
        MultiplyOuterBy<(lanes == 16  ? 4
                         : lanes == 1 ? panel_width
                                      : 8)>(left, a.rows, columns, count, b.panel(panel), out);
    else
        MultiplyOuterBy<panel_vectors>(left, a.rows, columns, count, b.panel(panel), out);
}

RowLists::Kind KindOf(std::size_t nonzero, std::size_t of, bool only_ones) {
    // From two fifths on the register tile is faster (784-500: 350 us a hundred rows, listed ones 840 us times
    // density).
    return 5 * nonzero > 2 * of ? RowLists::Kind::dense : only_ones ? RowLists::Kind::ones : RowLists::Kind::sparse;
}

#if HWY_TARGET != HWY_SCALAR

/// The bits of the elements that are not 0; clears only_ones where one of them is not 1 either.
HWY_INLINE auto Nonzero(Vector x, bool& only_ones) {
    const auto nonzero = hn::Not(hn::Eq(x, hn::Zero(d)));  // hn::Ne is false for NaN
    only_ones = only_ones && hn::AllTrue(d, hn::Or(hn::Not(nonzero), hn::Eq(x, hn::Set(d, 1.0F))));
    return nonzero;
}

void ListRows(ConstView a, std::size_t first, std::size_t rows, RowLists& lists) {
    const hn::RebindToUnsigned<FloatTag> words;
    for (std::size_t b = first; b < first + rows; ++b) {
        const float* x = a.data + b * a.stride;
        std::uint32_t* list = lists.row(b);
        std::size_t length = 0;
        bool only_ones = true;
        const auto add = [&](std::size_t c, auto vector) HWY_ATTR {
            const auto nonzero = hn::RebindMask(words, Nonzero(vector.Load(x + c), only_ones));
            const auto columns = hn::Iota(words, static_cast<std::uint32_t>(c));
            hn::StoreU(hn::Compress(columns, nonzero), words, list + length);
            length += hn::CountTrue(words, nonzero);
        };
        std::size_t c = 0;
        for (; c + lanes <= a.cols; c += lanes) add(c, Whole{});
        if (c < a.cols) add(c, Part{a.cols - c});
        lists.set(b, length, KindOf(length, a.cols, only_ones));
    }
}

/// One word per row of a: the elements [first, first + count) that are not 0.
HWY_INLINE std::uint32_t NonzeroBits(const float* x, std::size_t count, bool& only_ones) {
    std::uint32_t bits = 0;
    const auto add = [&](std::size_t c, auto vector) HWY_ATTR {
        std::uint8_t mask[8] = {};
        hn::StoreMaskBits(d, Nonzero(vector.Load(x + c), only_ones), mask);
        std::uint32_t packed = mask[0];
        if constexpr (lanes == 16) packed |= std::uint32_t{mask[1]} << 8;
        bits |= packed << c;
    };
    std::size_t c = 0;
    for (; c + lanes <= count; c += lanes) add(c, Whole{});
    if (c < count) add(c, Part{count - c});
    return bits;
}

void ListColumns(ConstView a, std::size_t first, std::size_t count, RowLists& columns) {
    const hn::RebindToUnsigned<FloatTag> words;
    std::array<std::size_t, panel_width> lengths{};
    bool only_ones = true;
    for (std::size_t b = 0; b < a.rows; b += lanes) {
        HWY_ALIGN std::uint32_t bits[lanes] = {};
        for (std::size_t r = 0; r < std::min(lanes, a.rows - b); ++r)
            bits[r] = NonzeroBits(a.data + (b + r) * a.stride + first, count, only_ones);
        const auto of_rows = hn::Load(words, bits), rows = hn::Iota(words, static_cast<std::uint32_t>(b));
        for (std::size_t i = 0; i < count; ++i) {
            const auto nonzero = hn::TestBit(of_rows, hn::Set(words, std::uint32_t{1} << i));
            hn::StoreU(hn::Compress(rows, nonzero), words, columns.row(i) + lengths[i]);
            lengths[i] += hn::CountTrue(words, nonzero);
        }
    }
    for (std::size_t i = 0; i < count; ++i) columns.set(i, lengths[i], KindOf(lengths[i], a.rows, only_ones));
}

/// Four floats of each fourth row: lanes 4 m to 4 m + 3 come from x + 4 m rows.
template <class D>
HWY_INLINE hn::Vec<D> LoadFours(D tag, const float* x) {
    constexpr std::size_t count = hn::MaxLanes(D());
    if constexpr (count == 4) {
        return hn::Load(tag, x);
    } else {
        const hn::Half<D> half;
        return hn::Combine(tag, LoadFours(half, x + count / 2 * panel_width), LoadFours(half, x));
    }
}

void TransposeSquare(const float* from, float* to) {
    const hn::Repartition<double, FloatTag> pairs;
    for (std::size_t r = 0; r < panel_width; r += lanes)
        for (std::size_t c = 0; c < panel_width; c += 4) {
            // Rows r, r + 4, ... in one register, r + 1, r + 5, ... in the next: 4 x 4 transposes give whole columns.
            const float* x = from + r * panel_width + c;
            const Vector x0 = LoadFours(d, x), x1 = LoadFours(d, x + panel_width);
            const Vector x2 = LoadFours(d, x + 2 * panel_width), x3 = LoadFours(d, x + 3 * panel_width);
            const auto low01 = hn::BitCast(pairs, hn::InterleaveLower(d, x0, x1));
            const auto low23 = hn::BitCast(pairs, hn::InterleaveLower(d, x2, x3));
            const auto high01 = hn::BitCast(pairs, hn::InterleaveUpper(d, x0, x1));
            const auto high23 = hn::BitCast(pairs, hn::InterleaveUpper(d, x2, x3));
            float* y = to + c * panel_width + r;
            hn::Store(hn::BitCast(d, hn::InterleaveLower(pairs, low01, low23)), d, y);
            hn::Store(hn::BitCast(d, hn::InterleaveUpper(pairs, low01, low23)), d, y + panel_width);
            hn::Store(hn::BitCast(d, hn::InterleaveLower(pairs, high01, high23)), d, y + 2 * panel_width);
            hn::Store(hn::BitCast(d, hn::InterleaveUpper(pairs, high01, high23)), d, y + 3 * panel_width);
        }
}

#else

void List(const Left& left, std::size_t row, std::size_t depth, std::size_t at, RowLists& lists) {
    std::size_t length = 0;
    bool only_ones = true;
    for (std::size_t k = 0; k < depth; ++k) {
        const float x = left.data[row * left.row_step + k * left.element_step];
        if (x != 0) lists.row(at)[length++] = static_cast<std::uint32_t>(k);
        only_ones = only_ones && (x == 0 || x == 1);
    }
    lists.set(at, length, KindOf(length, depth, only_ones));
}

void ListRows(ConstView a, std::size_t first, std::size_t rows, RowLists& lists) {
    for (std::size_t b = first; b < first + rows; ++b) List({a.data, a.stride, 1}, b, a.cols, b, lists);
}

void ListColumns(ConstView a, std::size_t first, std::size_t count, RowLists& columns) {
    for (std::size_t i = 0; i < count; ++i) List({a.data, 1, a.stride}, first + i, a.rows, i, columns);
}

void TransposeSquare(const float* from, float* to) {
    for (std::size_t r = 0; r < panel_width; ++r)
        for (std::size_t c = 0; c < panel_width; ++c) to[c * panel_width + r] = from[r * panel_width + c];
}

#endif

void Pack(ConstView w, Floats row_factors, float scale, std::size_t first, std::size_t rows, Panels& panels) {
    for (std::size_t k = first; k < first + rows; ++k) {
        const float* from = w.data + k * w.stride;
        const Vector factor = hn::Set(d, row_factors.empty() ? scale : scale * row_factors[k]);
        for (std::size_t column = 0; column < w.cols; column += lanes) {
            float* to = panels.panel(column / panels.width()) + k * panels.width() + column % panels.width();
            const Vector x = Load(from + column, std::min(lanes, w.cols - column));
            hn::Store(hn::Mul(factor, x), d, to);
        }
    }
}

void Add(ConstView a, View out) {
    for (std::size_t r = 0; r < a.rows; ++r) {
        const float* from = a.data + r * a.stride;
        float* to = out.data + r * out.stride;
        for (std::size_t c = 0; c < a.cols; c += lanes) {
            const std::size_t count = std::min(lanes, a.cols - c);
            Store(hn::Add(Load(from + c, count), Load(to + c, count)), to + c, count);
        }
    }
}

}  // namespace
}  // namespace rbm::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rbm {
namespace {

HWY_EXPORT(ListRows);
HWY_EXPORT(ListColumns);
HWY_EXPORT(MultiplyRows);
HWY_EXPORT(MultiplyPacked);
HWY_EXPORT(MultiplyOuter);
HWY_EXPORT(Pack);
HWY_EXPORT(Add);
HWY_EXPORT(TransposeSquare);

}  // namespace

namespace vectorized {

void list_rows(ConstView a, std::size_t first, std::size_t rows, RowLists& lists) {
    HWY_DYNAMIC_DISPATCH(ListRows)(a, first, rows, lists);
}
void list_columns(ConstView a, std::size_t first, std::size_t count, RowLists& columns) {
    HWY_DYNAMIC_DISPATCH(ListColumns)(a, first, count, columns);
}
void multiply_rows(ConstView a, const RowLists& lists, ConstView w, std::size_t first, std::size_t rows, View out) {
    HWY_DYNAMIC_DISPATCH(MultiplyRows)(a, lists, w, first, rows, out);
}
void multiply_panel(ConstView a, const RowLists& lists, const Panels& w, std::size_t panel, std::size_t first,
                    std::size_t rows, View out) {
    HWY_DYNAMIC_DISPATCH(MultiplyPacked)(a, lists, w, panel, first, rows, out);
}
void multiply_outer(ConstView a, const RowLists& columns, std::size_t first, std::size_t count, const Panels& b,
                    std::size_t panel, View out) {
    HWY_DYNAMIC_DISPATCH(MultiplyOuter)(a, columns, first, count, b, panel, out);
}
void pack(ConstView w, Floats row_factors, float scale, std::size_t first, std::size_t rows, Panels& panels) {
    HWY_DYNAMIC_DISPATCH(Pack)(w, row_factors, scale, first, rows, panels);
}
void add(ConstView a, View out) { HWY_DYNAMIC_DISPATCH(Add)(a, out); }
void transpose_square(const float* from, float* to) { HWY_DYNAMIC_DISPATCH(TransposeSquare)(from, to); }

}  // namespace vectorized
}  // namespace rbm
#endif  // HWY_ONCE
