// SPDX-License-Identifier: MIT
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "rbm/kernels/panel_products.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h, once per target:
#include <array>
#include <bit>
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
                                  : HWY_TARGET <= HWY_AVX2&& count <= 4 ? 3
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

/// `rows` rows at once: the plain register tile of a matrix product, k by k in order; grouped: four k at a time, whose
/// sum is then added.
template <bool grouped, std::size_t rows, std::size_t count, class Right, class Storer>
HWY_INLINE void MultiplyTile(const float* const* left, std::size_t step, std::size_t depth, const Right& right,
                             const Storer& storer, float* const* out) {
    Vector sums[rows][count];
    HWY_UNROLL(16)
    for (std::size_t r = 0; r < rows; ++r) HWY_UNROLL(16)
    for (std::size_t i = 0; i < count; ++i) sums[r][i] = hn::Zero(d);
    const float* row = right.data;
    const auto add = [&](std::size_t k, auto& to) HWY_ATTR {
        Vector columns[count];
        HWY_UNROLL(16)
        for (std::size_t i = 0; i < count; ++i) columns[i] = right.template Load<count>(row, i);
        HWY_UNROLL(16)
        for (std::size_t r = 0; r < rows; ++r) {
            const Vector factor = hn::Set(d, left[r][k * step]);
            HWY_UNROLL(16)
            for (std::size_t i = 0; i < count; ++i) to[r][i] = hn::MulAdd(factor, columns[i], to[r][i]);
        }
        row += right.Stride();
    };
    if constexpr (!grouped) {
        for (std::size_t k = 0; k < depth; ++k) add(k, sums);
    } else {
        for (std::size_t k = 0; k < depth;) {
            Vector four[rows][count];
            HWY_UNROLL(16)
            for (std::size_t r = 0; r < rows; ++r) HWY_UNROLL(16)
            for (std::size_t i = 0; i < count; ++i) four[r][i] = hn::Zero(d);
            for (const std::size_t end = std::min(k + 4, depth); k < end; ++k) add(k, four);
            HWY_UNROLL(16)
            for (std::size_t r = 0; r < rows; ++r) HWY_UNROLL(16)
            for (std::size_t i = 0; i < count; ++i) sums[r][i] = hn::Add(sums[r][i], four[r][i]);
        }
    }
    HWY_UNROLL(16)
    for (std::size_t r = 0; r < rows; ++r) {
        HWY_UNROLL(16)
        for (std::size_t i = 0; i + 1 < count; ++i) hn::StoreU(sums[r][i], d, out[r] + i * lanes);
        storer.Store(sums[r][count - 1], out[r] + (count - 1) * lanes);
    }
}

/// Sums of 16 columns at a time: a cache line.
constexpr std::size_t table_columns = 16, table_vectors = table_columns > lanes ? table_columns / lanes : 1;
constexpr std::size_t groups_of_word = 16;  ///< four bits each

/// The 16 sums of four rows of the right side, for each group of a word: [16 groups x 16 sums x 16 columns], 16 KB,
/// half of the first-level cache.
struct SumTables {
    alignas(64) float sums[groups_of_word][16][table_columns];

    /// Of rows [first, first + 64), those from `depth` on are 0; `columns` of them from `column` on.
    template <class Right>
    HWY_INLINE void Fill(const Right& right, std::size_t first, std::size_t depth, std::size_t column,
                         std::size_t columns) {
        for (std::size_t g = 0; g < groups_of_word; ++g) {
            float(*sum)[table_columns] = sums[g];
            HWY_UNROLL(16)
            for (std::size_t i = 0; i < table_vectors; ++i) hn::Store(hn::Zero(d), d, sum[0] + i * lanes);
            for (std::size_t bit = 0; bit < 4; ++bit) {
                const std::size_t k = first + 4 * g + bit, half = std::size_t{1} << bit;
                HWY_UNROLL(16)
                for (std::size_t i = 0; i < table_vectors; ++i) {
                    const std::size_t at = i * lanes, known = columns > at ? std::min(lanes, columns - at) : 0;
                    const Vector row = k < depth && known > 0 ? Load(right.Row(k) + column + at, known) : hn::Zero(d);
                    for (std::size_t n = 0; n < half; ++n)
                        hn::Store(hn::Add(hn::Load(d, sum[n] + at), row), d, sum[half + n] + at);
                }
            }
        }
    }
    /// to += the sums that the word chooses, group by group in order.
    HWY_INLINE void Add(std::uint64_t word, float* to) const {
        Vector total[table_vectors];
        HWY_UNROLL(16)
        for (std::size_t i = 0; i < table_vectors; ++i) total[i] = hn::Load(d, to + i * lanes);
        HWY_UNROLL(16)
        for (std::size_t g = 0; g < groups_of_word; ++g) {
            const float* sum = sums[g][(word >> (4 * g)) & 15];
            HWY_UNROLL(16)
            for (std::size_t i = 0; i < table_vectors; ++i) total[i] = hn::Add(total[i], hn::Load(d, sum + i * lanes));
        }
        HWY_UNROLL(16)
        for (std::size_t i = 0; i < table_vectors; ++i) hn::Store(total[i], d, to + i * lanes);
    }
};

constexpr std::size_t most_grouped = 128;  ///< rows at once: their sums are 8 KB
/// From so many rows on tables pay.
constexpr std::size_t fewest_for_tables = 16;

/// Grouped rows of a panel of `columns`, by tables.
template <class Right>
HWY_NOINLINE void SumGrouped(const std::uint32_t* which, std::size_t rows, const RowLists& lists, std::size_t depth,
                             const Right& right, std::size_t columns, float* out, std::size_t out_stride) {
    SumTables tables;
    alignas(64) float sums[most_grouped][table_columns];
    for (std::size_t column = 0; column < columns; column += table_columns) {
        const std::size_t width = std::min(table_columns, columns - column);
        std::fill_n(&sums[0][0], rows * table_columns, 0.0F);
        for (std::size_t word = 0; word < lists.words(); ++word) {
            tables.Fill(right, 64 * word, depth, column, width);
            for (std::size_t r = 0; r < rows; ++r) tables.Add(lists.bits(which[r])[word], sums[r]);
        }
        for (std::size_t r = 0; r < rows; ++r)
            for (std::size_t c = 0; c < width; c += lanes)
                Store(hn::Load(d, sums[r] + c), out + which[r] * out_stride + column + c, std::min(lanes, width - c));
    }
}

/// One panel of the product for the rows [first, first + rows) of left, each as its list says.
template <std::size_t count, std::size_t tile = tile_rows<count>, class Right, class Storer>
HWY_INLINE void MultiplyPanel(const Left& left, std::size_t depth, const RowLists& lists, std::size_t first,
                              std::size_t rows, const Right& right, const Storer& storer, float* out,
                              std::size_t out_stride) {
    const auto row_of = [&](std::size_t r) { return left.data + r * left.row_step; };
    const auto multiply_tile = [&]<bool grouped, std::size_t size>(const std::uint32_t* which) HWY_ATTR {
        std::array<const float*, size> from;
        std::array<float*, size> to;
        for (std::size_t i = 0; i < size; ++i) from[i] = row_of(which[i]), to[i] = out + which[i] * out_stride;
        MultiplyTile<grouped, size, count>(from.data(), left.element_step, depth, right, storer, to.data());
    };
    const auto multiply_tiles = [&]<bool grouped>(const std::uint32_t* which, std::size_t waiting) HWY_ATTR {
        for (; waiting >= tile; waiting -= tile, which += tile) multiply_tile.template operator()<grouped, tile>(which);
        if constexpr (tile > 4)
            if (waiting >= 4) multiply_tile.template operator()<grouped, 4>(which), waiting -= 4, which += 4;
        for (; waiting > 0; --waiting, ++which) multiply_tile.template operator()<grouped, 1>(which);
    };
    std::array<std::uint32_t, most_grouped> dense, grouped;
    std::size_t dense_count = 0, grouped_count = 0;
    const auto finish_dense = [&] {
        multiply_tiles.template operator()<false>(dense.data(), dense_count);
        dense_count = 0;
    };
    const auto finish_grouped = [&] {
        if (grouped_count >= fewest_for_tables)
            SumGrouped(grouped.data(), grouped_count, lists, depth, right, count * lanes - storer.Missing(), out,
                       out_stride);
        else
            multiply_tiles.template operator()<true>(grouped.data(), grouped_count);
        grouped_count = 0;
    };
    for (std::size_t r = first; r < first + rows; ++r) {
        switch (lists.kind(r)) {
            case RowLists::Kind::ones:
                SumListed<true, count>(lists.row(r), lists.length(r), nullptr, 0, right, storer, out + r * out_stride);
                break;
            case RowLists::Kind::sparse:
                SumListed<false, count>(lists.row(r), lists.length(r), row_of(r), left.element_step, right, storer,
                                        out + r * out_stride);
                break;
            case RowLists::Kind::grouped:
                grouped[grouped_count++] = static_cast<std::uint32_t>(r);
                if (grouped_count == most_grouped) finish_grouped();
                break;
            case RowLists::Kind::dense:
                dense[dense_count++] = static_cast<std::uint32_t>(r);
                if (dense_count == most_grouped) finish_dense();
                break;
        }
    }
    finish_dense();
    finish_grouped();
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
RowLists::Kind KindOfRow(std::size_t nonzero, std::size_t of, bool only_ones) {
    // Tables are faster than lists from a quarter on.
    return only_ones && 4 * nonzero > of ? RowLists::Kind::grouped : KindOf(nonzero, of, only_ones);
}

/// Writes first + the place of each bit, rising, and returns the end.
HWY_INLINE std::uint32_t* ListBits(std::uint64_t bits, std::uint32_t first, std::uint32_t* to) {
    for (; bits != 0; bits &= bits - 1) *to++ = first + static_cast<std::uint32_t>(std::countr_zero(bits));
    return to;
}

/// A bit for each of `count` elements, at most 64, that is not 0.  `odd` becomes other than 0 where one is not 1
/// either.
HWY_INLINE std::uint64_t NonzeroBits(const float* x, std::size_t count, Vector& odd) {
    std::uint64_t bits = 0;
    const auto add = [&](std::size_t c, Vector values) HWY_ATTR {
        odd = hn::Or(odd, hn::NegMulAdd(values, values, values));  // x - x^2; NaN stays
        std::uint8_t mask[8] = {};
        hn::StoreMaskBits(d, hn::Not(hn::Eq(values, hn::Zero(d))), mask);  // hn::Ne is false for NaN
        std::uint64_t packed = mask[0];
        if constexpr (lanes == 16) packed |= std::uint64_t{mask[1]} << 8;
        bits |= packed << c;
    };
    std::size_t c = 0;
    for (; c + lanes <= count; c += lanes) add(c, Whole{}.Load(x + c));
    if (c < count) add(c, Part{count - c}.Load(x + c));
    return bits;
}

void ListRows(ConstView a, std::size_t first, std::size_t rows, RowLists& lists) {
    for (std::size_t b = first; b < first + rows; ++b) {
        const float* x = a.data + b * a.stride;
        std::uint64_t* words = lists.bits(b);
        std::size_t nonzero = 0;
        Vector odd = hn::Zero(d);
        for (std::size_t w = 0; w < lists.words(); ++w) {
            words[w] = NonzeroBits(x + 64 * w, std::min<std::size_t>(64, a.cols - 64 * w), odd);
            nonzero += static_cast<std::size_t>(std::popcount(words[w]));
        }
        const RowLists::Kind kind = KindOfRow(nonzero, a.cols, hn::AllTrue(d, hn::Eq(odd, hn::Zero(d))));
        lists.set(b, nonzero, kind);
        if (kind == RowLists::Kind::grouped || kind == RowLists::Kind::dense) continue;
        std::uint32_t* to = lists.row(b);
        for (std::size_t w = 0; w < lists.words(); ++w) to = ListBits(words[w], static_cast<std::uint32_t>(64 * w), to);
    }
}

void ListColumns(ConstView a, std::size_t first, std::size_t count, RowLists& columns) {
    std::array<std::uint32_t*, panel_width> ends;
    for (std::size_t i = 0; i < count; ++i) ends[i] = columns.row(i);
    Vector odd = hn::Zero(d);
    // Real numbers are hardly ever 0: their first rows tell it, and listing them all would take a twentieth of an
    // update.
    constexpr std::size_t rows_that_tell = 8;
    std::size_t nonzero = 0;
    for (std::size_t b = 0; b < std::min(rows_that_tell, a.rows); ++b)
        nonzero += static_cast<std::size_t>(std::popcount(NonzeroBits(a.data + b * a.stride + first, count, odd)));
    if (a.rows > rows_that_tell && 4 * nonzero > 3 * rows_that_tell * count) {
        for (std::size_t i = 0; i < count; ++i) columns.set(i, a.rows, RowLists::Kind::dense);
        return;
    }
    for (std::size_t b = 0; b < a.rows; ++b)
        for (std::uint64_t bits = NonzeroBits(a.data + b * a.stride + first, count, odd); bits != 0; bits &= bits - 1)
            *ends[static_cast<std::size_t>(std::countr_zero(bits))]++ = static_cast<std::uint32_t>(b);
    const bool ones = hn::AllTrue(d, hn::Eq(odd, hn::Zero(d)));
    for (std::size_t i = 0; i < count; ++i) {
        const auto length = static_cast<std::size_t>(ends[i] - columns.row(i));
        columns.set(i, length, KindOf(length, a.rows, ones));
    }
}

#if HWY_TARGET != HWY_SCALAR

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
