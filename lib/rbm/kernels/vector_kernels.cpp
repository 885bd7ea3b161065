// SPDX-License-Identifier: MIT
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "rbm/kernels/vector_kernels.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h, once per target:
#include "rbm/kernels/vector_math-inl.h"

#include <cmath>
#include <numbers>

#include "rbm/kernels/reference.h"
#include "rbm/kernels/vector_kernels.h"

HWY_BEFORE_NAMESPACE();
namespace rbm::HWY_NAMESPACE {
namespace {

#if HWY_TARGET == HWY_SCALAR

// A CPU of before 2006 without SSSE3 runs the reference loops.
void LogisticRows(ConstView field, Floats bias, Floats beta, View out) { reference::logistic(field, bias, beta, out); }
void SampleLogisticRows(ConstView field, Floats bias, Floats beta, const Stream& stream, View out) {
    reference::sample_logistic(field, bias, beta, stream, out);
}
void AddSoftplusSums(ConstView field, Floats bias, Floats beta, Sums out) {
    reference::add_softplus_sums(field, bias, beta, out);
}
void SampleNormalRows(ConstView mean, Floats deviation, Floats beta, const Stream& stream, View out) {
    reference::sample_normal(mean, deviation, beta, stream, out);
}
void AddDots(double scale, ConstView a, Floats vector, Sums out) { reference::add_dots(scale, a, vector, out); }
void AddRowDots(double scale, ConstView a, ConstView c, Sums out) { reference::add_row_dots(scale, a, c, out); }
void AddWeightedSquares(double scale, ConstView a, Floats center, Floats precision, Sums out) {
    reference::add_weighted_squares(scale, a, center, precision, out);
}
void AddColumnSums(double scale, ConstView a, Floats row_weights, std::size_t first, std::span<float> out) {
    reference::add_column_sums(scale, ConstView(a.data + first, a.rows, out.size(), a.stride), row_weights, out);
}
void AddVector(ConstView a, Floats vector, View out) { reference::add_vector(a, vector, out); }
void ScaleColumns(ConstView a, Floats factors, View out) { reference::scale_columns(a, factors, out); }
void ScaleRows(ConstView a, Floats factors, View out) { reference::scale_rows(a, factors, out); }

void MultiplyEachRow(ConstView a, ConstView w, View out) { reference::multiply(a, w, out); }

#else

constexpr FloatTag d;
constexpr std::size_t lanes = HWY_LANES(float) < 16 ? HWY_LANES(float) : 16;

/// Calls body(first column, load, store) for each vector of a row; the last one loads zeros beyond the end and stores
/// only what there is.
template <class Body>
HWY_INLINE void ForEachVector(std::size_t cols, Body body) {
    std::size_t c = 0;
    for (; c + lanes <= cols; c += lanes)
        body(
            c, [](const float* from) HWY_ATTR { return hn::LoadU(d, from); },
            [](Vector value, float* to) HWY_ATTR { hn::StoreU(value, d, to); });
    if (c < cols) {
        const auto mask = hn::FirstN(d, cols - c);
        body(
            c, [mask](const float* from) HWY_ATTR { return hn::MaskedLoad(mask, d, from); },
            [mask](Vector value, float* to) HWY_ATTR { hn::BlendedStore(value, mask, d, to); });
    }
}

/// Calls body(first column, count, words) for each vector of columns with its random words.
template <class Body>
HWY_INLINE void ForEachDraw(std::size_t cols, const Stream& stream, std::size_t row, Body body) {
    const WordTag words;
    const auto absolute_row = static_cast<std::uint32_t>(stream.first_row + row);
    for (std::size_t panel = 0; panel * panel_columns < cols; ++panel)
        for (std::size_t lane = 0; lane < panel_blocks; lane += lanes) {
            const std::size_t column = panel * panel_columns + lane;
            if (column >= cols) return;
            Words w[4];
            Philox(words, static_cast<std::uint32_t>(panel * panel_blocks + lane), absolute_row, stream.call, stream.key,
                   w[0], w[1], w[2], w[3]);
            for (std::size_t word = 0; word < 4; ++word) {
                const std::size_t c = column + word * panel_blocks;
                if (c >= cols) break;
                body(c, std::min(lanes, cols - c), w, word);
            }
        }
}

HWY_INLINE Vector Load(const float* from, std::size_t count) {
    return count == lanes ? hn::LoadU(d, from) : hn::MaskedLoad(hn::FirstN(d, count), d, from);
}
HWY_INLINE void Store(Vector value, float* to, std::size_t count) {
    if (count == lanes)
        hn::StoreU(value, d, to);
    else
        hn::BlendedStore(value, hn::FirstN(d, count), d, to);
}

/// Sums of floats in double lanes.
struct DoubleSum {
    using Half = hn::Rebind<float, hn::Half<hn::Repartition<double, FloatTag>>>;
    using Doubles = hn::Repartition<double, FloatTag>;
    hn::Vec<Doubles> low, high;

    HWY_INLINE DoubleSum() : low(hn::Zero(Doubles())), high(hn::Zero(Doubles())) {}
    static HWY_INLINE hn::Vec<Doubles> Lower(Vector x) { return hn::PromoteTo(Doubles(), hn::LowerHalf(x)); }
    static HWY_INLINE hn::Vec<Doubles> Upper(Vector x) {
        return hn::PromoteTo(Doubles(), hn::UpperHalf(hn::Half<FloatTag>(), x));
    }
    HWY_INLINE void Add(Vector x) {
        low = hn::Add(low, Lower(x));
        high = hn::Add(high, Upper(x));
    }
    HWY_INLINE void AddProduct(Vector x, Vector y) {
        low = hn::MulAdd(Lower(x), Lower(y), low);
        high = hn::MulAdd(Upper(x), Upper(y), high);
    }
    HWY_INLINE double Total() const {
        const Doubles doubles;
        return hn::GetLane(hn::SumOfLanes(doubles, hn::Add(low, high)));
    }
};

void LogisticRows(ConstView field, Floats bias, Floats beta, View out) {
    for (std::size_t b = 0; b < field.rows; ++b) {
        const float* x = field.data + b * field.stride;
        float* y = out.data + b * out.stride;
        const Vector factor = hn::Set(d, reference::row_value(beta, b));
        ForEachVector(field.cols, [&](std::size_t c, auto load, auto store) HWY_ATTR {
            store(Logistic(d, hn::Mul(factor, hn::Add(load(x + c), load(bias.data() + c)))), y + c);
        });
    }
}

void SampleLogisticRows(ConstView field, Floats bias, Floats beta, const Stream& stream, View out) {
    for (std::size_t b = 0; b < field.rows; ++b) {
        const float* x = field.data + b * field.stride;
        float* y = out.data + b * out.stride;
        const Vector factor = hn::Set(d, reference::row_value(beta, b));
        ForEachDraw(field.cols, stream, b, [&](std::size_t c, std::size_t count, const Words* w, std::size_t word) HWY_ATTR {
            const Vector argument = hn::Mul(factor, hn::Add(Load(x + c, count), Load(bias.data() + c, count)));
            Store(SampleLogistic(d, argument, Uniform(d, w[word])), y + c, count);
        });
    }
}

/// softplus(x) = max(x, 0) + log(1 + exp(-|x|)).  The logarithms of a row are one logarithm of a product, in double:
/// each factor is at most 2, so 512 of them stay far below the largest double.
double SoftplusSum(const float* x, const float* bias, float factor, std::size_t cols) {
    using Doubles = DoubleSum::Doubles;
    const Doubles doubles;
    const Vector scale = hn::Set(d, factor);
    double total = 0;
    constexpr std::size_t chunk = 512;
    for (std::size_t first = 0; first < cols; first += chunk) {
        const std::size_t length = std::min(chunk, cols - first);
        DoubleSum positive, tails;
        auto low = hn::Set(doubles, 1.0), high = low;
        const auto accumulate = [&](Vector argument, Vector e) HWY_ATTR {
            positive.Add(KeepNaN(argument, hn::Max(argument, hn::Zero(d))));
            tails.Add(e);
            low = hn::MulAdd(low, DoubleSum::Lower(e), low);
            high = hn::MulAdd(high, DoubleSum::Upper(e), high);
        };
        std::size_t c = 0;
        for (; c + lanes <= length; c += lanes) {
            const Vector argument = hn::Mul(scale, hn::Add(hn::LoadU(d, x + first + c), hn::LoadU(d, bias + first + c)));
            accumulate(argument, ExpOfMinusAbs(d, argument));
        }
        if (c < length) {
            const auto mask = hn::FirstN(d, length - c);
            const Vector argument = hn::Mul(scale, hn::Add(hn::MaskedLoad(mask, d, x + first + c),
                                                           hn::MaskedLoad(mask, d, bias + first + c)));
            accumulate(argument, hn::IfThenElseZero(mask, ExpOfMinusAbs(d, argument)));
        }
        // Where every term is tiny, log(1 + e) is e to 1e-8, which 1 + e would round away.
        const double sum_of_tails = tails.Total();
        if (sum_of_tails < 1e-8) {
            total += positive.Total() + sum_of_tails;
        } else {
            HWY_ALIGN double factors[lanes / 2 + 1];
            hn::Store(hn::Mul(low, high), doubles, factors);
            double product = 1;
            for (std::size_t lane = 0; lane < lanes / 2; ++lane) product *= factors[lane];
            total += positive.Total() + std::log(product);
        }
    }
    return total;
}

void AddSoftplusSums(ConstView field, Floats bias, Floats beta, Sums out) {
    for (std::size_t b = 0; b < field.rows; ++b)
        out[b] += SoftplusSum(field.data + b * field.stride, bias.data(), reference::row_value(beta, b), field.cols);
}

void SampleNormalRows(ConstView mean, Floats deviation, Floats beta, const Stream& stream, View out) {
    const Vector turn = hn::Set(d, 2.0F * std::numbers::pi_v<float>);
    for (std::size_t b = 0; b < mean.rows; ++b) {
        const float* x = mean.data + b * mean.stride;
        float* y = out.data + b * out.stride;
        const Vector shrink = hn::Set(d, 1 / std::sqrt(reference::row_value(beta, b)));
        ForEachDraw(mean.cols, stream, b, [&](std::size_t c, std::size_t count, const Words* w, std::size_t word) HWY_ATTR {
            const Vector first = hn::MulAdd(ToFloat(d, w[word & ~std::size_t{1}]), hn::Set(d, 0x1p-32F), hn::Set(d, 0x1p-33F));
            const Vector angle = hn::Mul(turn, hn::Mul(ToFloat(d, w[word | 1]), hn::Set(d, 0x1p-32F)));
            const Vector radius = hn::Sqrt(hn::Mul(hn::Set(d, -2.0F), hn::Log(d, first)));
            const Vector z = hn::Mul(radius, word % 2 == 0 ? hn::Cos(d, angle) : hn::Sin(d, angle));
            Store(hn::MulAdd(hn::Mul(Load(deviation.data() + c, count), shrink), z, Load(x + c, count)), y + c, count);
        });
    }
}

void AddDots(double scale, ConstView a, Floats vector, Sums out) {
    for (std::size_t b = 0; b < a.rows; ++b) {
        DoubleSum sum;
        const float* x = a.data + b * a.stride;
        ForEachVector(a.cols, [&](std::size_t c, auto load, auto) HWY_ATTR {
            sum.AddProduct(load(x + c), load(vector.data() + c));
        });
        out[b] += scale * sum.Total();
    }
}

void AddRowDots(double scale, ConstView a, ConstView other, Sums out) {
    for (std::size_t b = 0; b < a.rows; ++b) {
        DoubleSum sum;
        const float *x = a.data + b * a.stride, *y = other.data + b * other.stride;
        ForEachVector(a.cols, [&](std::size_t c, auto load, auto) HWY_ATTR { sum.AddProduct(load(x + c), load(y + c)); });
        out[b] += scale * sum.Total();
    }
}

void AddWeightedSquares(double scale, ConstView a, Floats center, Floats precision, Sums out) {
    for (std::size_t b = 0; b < a.rows; ++b) {
        DoubleSum sum;
        const float* x = a.data + b * a.stride;
        ForEachVector(a.cols, [&](std::size_t c, auto load, auto) HWY_ATTR {
            const Vector distance = hn::Sub(load(x + c), load(center.data() + c));
            sum.AddProduct(hn::Mul(distance, distance), load(precision.data() + c));
        });
        out[b] += scale * sum.Total();
    }
}

void AddColumnSums(double scale, ConstView a, Floats row_weights, std::size_t first, std::span<float> out) {
    using Doubles = DoubleSum::Doubles;
    ForEachVector(out.size(), [&](std::size_t c, auto load, auto store) HWY_ATTR {
        DoubleSum sum;
        for (std::size_t b = 0; b < a.rows; ++b)
            sum.AddProduct(load(a.data + b * a.stride + first + c), hn::Set(d, reference::row_value(row_weights, b)));
        const auto factor = hn::Set(Doubles(), scale);
        const hn::Half<FloatTag> half;
        const Vector total = hn::Combine(d, hn::DemoteTo(half, hn::Mul(factor, sum.high)),
                                         hn::DemoteTo(half, hn::Mul(factor, sum.low)));
        store(hn::Add(load(out.data() + c), total), out.data() + c);
    });
}

void AddVector(ConstView a, Floats vector, View out) {
    for (std::size_t b = 0; b < a.rows; ++b)
        ForEachVector(a.cols, [&](std::size_t c, auto load, auto store) HWY_ATTR {
            store(hn::Add(load(a.data + b * a.stride + c), load(vector.data() + c)), out.data + b * out.stride + c);
        });
}

void ScaleColumns(ConstView a, Floats factors, View out) {
    for (std::size_t b = 0; b < a.rows; ++b)
        ForEachVector(a.cols, [&](std::size_t c, auto load, auto store) HWY_ATTR {
            store(hn::Mul(load(a.data + b * a.stride + c), load(factors.data() + c)), out.data + b * out.stride + c);
        });
}

void ScaleRows(ConstView a, Floats factors, View out) {
    for (std::size_t b = 0; b < a.rows; ++b) {
        const Vector factor = hn::Set(d, factors[b]);
        ForEachVector(a.cols, [&](std::size_t c, auto load, auto store) HWY_ATTR {
            store(hn::Mul(load(a.data + b * a.stride + c), factor), out.data + b * out.stride + c);
        });
    }
}

/// Columns [c, c + count) of `rows` rows of the product.  Each element is one chain of multiply-adds along the inner
/// dimension, wherever it stands.
template <std::size_t rows, bool whole>
HWY_INLINE void MultiplyPanel(ConstView a, ConstView w, std::size_t c, std::size_t count, View out) {
    const std::size_t low = whole ? lanes : std::min(count, lanes), high = whole ? lanes : count - low;
    Vector left[rows], right[rows];
    HWY_UNROLL(4)
    for (std::size_t r = 0; r < rows; ++r) left[r] = right[r] = hn::Zero(d);
    for (std::size_t k = 0; k < a.cols; ++k) {
        const float* const from = w.data + k * w.stride + c;
        const Vector w_left = whole ? hn::LoadU(d, from) : Load(from, low);
        const Vector w_right = whole ? hn::LoadU(d, from + lanes) : high > 0 ? Load(from + low, high) : hn::Zero(d);
        HWY_UNROLL(4)
        for (std::size_t r = 0; r < rows; ++r) {
            const Vector x = hn::Set(d, a.data[r * a.stride + k]);
            left[r] = hn::MulAdd(x, w_left, left[r]);
            right[r] = hn::MulAdd(x, w_right, right[r]);
        }
    }
    HWY_UNROLL(4)
    for (std::size_t r = 0; r < rows; ++r) {
        float* const to = out.data + r * out.stride + c;
        Store(left[r], to, low);
        if (high > 0) Store(right[r], to + low, high);
    }
}

void MultiplyEachRow(ConstView a, ConstView w, View out) {
    constexpr std::size_t together = 4, panel = 2 * lanes;
    for (std::size_t c = 0; c < out.cols; c += panel) {
        const std::size_t count = std::min(panel, out.cols - c);
        for (std::size_t r = 0; r < a.rows;) {
            const std::size_t rows = a.rows - r < together ? 1 : together;
            const ConstView some = a.rows_from(r, rows);
            const View to = out.rows_from(r, rows);
            if (rows == together && count == panel)
                MultiplyPanel<together, true>(some, w, c, count, to);
            else if (rows == together)
                MultiplyPanel<together, false>(some, w, c, count, to);
            else
                MultiplyPanel<1, false>(some, w, c, count, to);
            r += rows;
        }
    }
}

#endif  // HWY_TARGET == HWY_SCALAR

}  // namespace
}  // namespace rbm::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rbm {
namespace {

HWY_EXPORT(LogisticRows);
HWY_EXPORT(SampleLogisticRows);
HWY_EXPORT(AddSoftplusSums);
HWY_EXPORT(SampleNormalRows);
HWY_EXPORT(AddDots);
HWY_EXPORT(AddRowDots);
HWY_EXPORT(AddWeightedSquares);
HWY_EXPORT(AddColumnSums);
HWY_EXPORT(AddVector);
HWY_EXPORT(ScaleColumns);
HWY_EXPORT(ScaleRows);
HWY_EXPORT(MultiplyEachRow);

}  // namespace

namespace vectorized {

void logistic(ConstView field, Floats bias, Floats beta, View out) {
    HWY_DYNAMIC_DISPATCH(LogisticRows)(field, bias, beta, out);
}
void sample_logistic(ConstView field, Floats bias, Floats beta, const Stream& stream, View out) {
    HWY_DYNAMIC_DISPATCH(SampleLogisticRows)(field, bias, beta, stream, out);
}
void add_softplus_sums(ConstView field, Floats bias, Floats beta, Sums out) {
    HWY_DYNAMIC_DISPATCH(AddSoftplusSums)(field, bias, beta, out);
}
void sample_normal(ConstView mean, Floats deviation, Floats beta, const Stream& stream, View out) {
    HWY_DYNAMIC_DISPATCH(SampleNormalRows)(mean, deviation, beta, stream, out);
}
void add_dots(double scale, ConstView a, Floats vector, Sums out) { HWY_DYNAMIC_DISPATCH(AddDots)(scale, a, vector, out); }
void add_row_dots(double scale, ConstView a, ConstView c, Sums out) {
    HWY_DYNAMIC_DISPATCH(AddRowDots)(scale, a, c, out);
}
void add_weighted_squares(double scale, ConstView a, Floats center, Floats precision, Sums out) {
    HWY_DYNAMIC_DISPATCH(AddWeightedSquares)(scale, a, center, precision, out);
}
void add_column_sums(double scale, ConstView a, Floats row_weights, std::size_t first, std::span<float> out) {
    HWY_DYNAMIC_DISPATCH(AddColumnSums)(scale, a, row_weights, first, out);
}
void add_vector(ConstView a, Floats vector, View out) { HWY_DYNAMIC_DISPATCH(AddVector)(a, vector, out); }
void scale_columns(ConstView a, Floats factors, View out) { HWY_DYNAMIC_DISPATCH(ScaleColumns)(a, factors, out); }
void scale_rows(ConstView a, Floats factors, View out) { HWY_DYNAMIC_DISPATCH(ScaleRows)(a, factors, out); }
void multiply_each_row(ConstView a, ConstView w, View out) { HWY_DYNAMIC_DISPATCH(MultiplyEachRow)(a, w, out); }

std::string target_name() {
    const auto targets = hwy::SupportedTargets() & HWY_TARGETS;
    return hwy::TargetName(targets & -targets);  // the lowest bit is the best
}

}  // namespace vectorized
}  // namespace rbm
#endif  // HWY_ONCE
