// SPDX-License-Identifier: MIT
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "rbm/kernels/vector_kernels.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h, once per target:
#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "rbm/kernels/error.h"
#include "rbm/kernels/reference.h"
#include "rbm/kernels/vector_kernels.h"
#include "rbm/kernels/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rbm::HWY_NAMESPACE {
namespace {

// Asked through the kernels' own dispatch: hwy::SupportedTargets() would lift the limit of limit_instructions().
const char* TargetName() { return hwy::TargetName(HWY_TARGET); }

#if HWY_TARGET == HWY_SCALAR

// A CPU of before 2010, without SSE4.2 and AES, runs the reference loops.
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
void AddColumnMoments(ConstView a, Floats center, Floats row_weights, std::size_t begin, std::size_t count, Sums first,
                      Sums second) {
    reference::add_column_moments(ConstView(a.data + begin, a.rows, count, a.stride), center.subspan(begin, count),
                                  row_weights, first.subspan(begin, count), second.subspan(begin, count));
}
void AddVector(ConstView a, Floats vector, View out) { reference::add_vector(a, vector, out); }
void ScaleColumns(ConstView a, Floats factors, View out) { reference::scale_columns(a, factors, out); }

#else

constexpr FloatTag d;

/// Calls body(first column, its vector: Whole or, at the end, Part).
template <class Body>
HWY_INLINE void ForEachVector(std::size_t cols, Body body) {
    std::size_t c = 0;
    for (; c + lanes <= cols; c += lanes) body(c, Whole{});
    if (c < cols) body(c, Part{cols - c});
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
    /// out[i] += sum of lane i, for the first `count` of them.
    HWY_INLINE void AddTo(double* out, std::size_t count) const {
        HWY_ALIGN double values[lanes];
        hn::Store(low, Doubles(), values);
        hn::Store(high, Doubles(), values + lanes / 2);
        for (std::size_t i = 0; i < count; ++i) out[i] += values[i];
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
        ForEachVector(field.cols, [&](std::size_t c, auto v) HWY_ATTR {
            v.Store(Logistic(d, hn::Mul(factor, hn::Add(v.Load(x + c), v.Load(bias.data() + c)))), y + c);
        });
    }
}

void SampleLogisticRows(ConstView field, Floats bias, Floats beta, const Stream& stream, View out) {
    for (std::size_t b = 0; b < field.rows; ++b) {
        const float* x = field.data + b * field.stride;
        float* y = out.data + b * out.stride;
        const Vector factor = hn::Set(d, reference::row_value(beta, b));
        ForEachDraw(
            field.cols, stream, b,
            [&](std::size_t c, std::size_t count, const PanelWords& words, std::size_t place) HWY_ATTR {
                const Vector argument = hn::Mul(factor, hn::Add(Load(x + c, count), Load(bias.data() + c, count)));
                Store(SampleLogistic(d, argument, Uniform(d, hn::Load(WordTag(), words.at + place))), y + c, count);
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
            const Vector argument =
                hn::Mul(scale, hn::Add(hn::LoadU(d, x + first + c), hn::LoadU(d, bias + first + c)));
            accumulate(argument, ExpOfMinusAbs(d, argument));
        }
        if (c < length) {
            const Part part{length - c};
            const Vector argument = hn::Mul(scale, hn::Add(part.Load(x + first + c), part.Load(bias + first + c)));
            accumulate(argument, hn::IfThenElseZero(hn::FirstN(d, length - c), ExpOfMinusAbs(d, argument)));
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
        ForEachDraw(mean.cols, stream, b,
                    [&](std::size_t c, std::size_t count, const PanelWords& words, std::size_t place) HWY_ATTR {
                        const std::size_t word = place / panel_blocks, lane = place % panel_blocks;
                        const auto of = [&](std::size_t which) HWY_ATTR {
                            return ToFloat(d, hn::Load(WordTag(), words.at + which * panel_blocks + lane));
                        };
                        const Vector first =
                            hn::MulAdd(of(word & ~std::size_t{1}), hn::Set(d, 0x1p-32F), hn::Set(d, 0x1p-33F));
                        const Vector angle = hn::Mul(turn, hn::Mul(of(word | 1), hn::Set(d, 0x1p-32F)));
                        const Vector radius = hn::Sqrt(hn::Mul(hn::Set(d, -2.0F), hn::Log(d, first)));
                        const Vector z = hn::Mul(radius, word % 2 == 0 ? hn::Cos(d, angle) : hn::Sin(d, angle));
                        Store(hn::MulAdd(hn::Mul(Load(deviation.data() + c, count), shrink), z, Load(x + c, count)),
                              y + c, count);
                    });
    }
}

void AddDots(double scale, ConstView a, Floats vector, Sums out) {
    for (std::size_t b = 0; b < a.rows; ++b) {
        DoubleSum sum;
        const float* x = a.data + b * a.stride;
        ForEachVector(
            a.cols, [&](std::size_t c, auto v) HWY_ATTR { sum.AddProduct(v.Load(x + c), v.Load(vector.data() + c)); });
        out[b] += scale * sum.Total();
    }
}

void AddRowDots(double scale, ConstView a, ConstView other, Sums out) {
    for (std::size_t b = 0; b < a.rows; ++b) {
        DoubleSum sum;
        const float *x = a.data + b * a.stride, *y = other.data + b * other.stride;
        ForEachVector(a.cols, [&](std::size_t c, auto v) HWY_ATTR { sum.AddProduct(v.Load(x + c), v.Load(y + c)); });
        out[b] += scale * sum.Total();
    }
}

void AddWeightedSquares(double scale, ConstView a, Floats center, Floats precision, Sums out) {
    for (std::size_t b = 0; b < a.rows; ++b) {
        DoubleSum sum;
        const float* x = a.data + b * a.stride;
        ForEachVector(a.cols, [&](std::size_t c, auto v) HWY_ATTR {
            const Vector distance = hn::Sub(v.Load(x + c), v.Load(center.data() + c));
            sum.AddProduct(hn::Mul(distance, distance), v.Load(precision.data() + c));
        });
        out[b] += scale * sum.Total();
    }
}

void AddColumnSums(double scale, ConstView a, Floats row_weights, std::size_t first, std::span<float> out) {
    using Doubles = DoubleSum::Doubles;
    ForEachVector(out.size(), [&](std::size_t c, auto v) HWY_ATTR {
        DoubleSum sum;
        for (std::size_t b = 0; b < a.rows; ++b)
            sum.AddProduct(v.Load(a.data + b * a.stride + first + c), hn::Set(d, reference::row_value(row_weights, b)));
        const auto factor = hn::Set(Doubles(), scale);
        const hn::Half<FloatTag> half;
        const Vector total =
            hn::Combine(d, hn::DemoteTo(half, hn::Mul(factor, sum.high)), hn::DemoteTo(half, hn::Mul(factor, sum.low)));
        v.Store(hn::Add(v.Load(out.data() + c), total), out.data() + c);
    });
}

void AddColumnMoments(ConstView a, Floats center, Floats row_weights, std::size_t begin, std::size_t count, Sums first,
                      Sums second) {
    ForEachVector(count, [&](std::size_t c, auto v) HWY_ATTR {
        const std::size_t column = begin + c, width = std::min(lanes, count - c);
        const Vector middle = v.Load(center.data() + column);
        DoubleSum sum, squares;
        for (std::size_t b = 0; b < a.rows; ++b) {
            const Vector x = v.Load(a.data + b * a.stride + column);
            const auto weight =
                hn::Set(DoubleSum::Doubles(), static_cast<double>(reference::row_value(row_weights, b)));
            const auto low = hn::Sub(DoubleSum::Lower(x), DoubleSum::Lower(middle));
            const auto high = hn::Sub(DoubleSum::Upper(x), DoubleSum::Upper(middle));
            const auto weighted_low = hn::Mul(weight, low), weighted_high = hn::Mul(weight, high);
            sum.low = hn::Add(sum.low, weighted_low), sum.high = hn::Add(sum.high, weighted_high);
            squares.low = hn::MulAdd(weighted_low, low, squares.low);
            squares.high = hn::MulAdd(weighted_high, high, squares.high);
        }
        sum.AddTo(first.data() + column, width);
        squares.AddTo(second.data() + column, width);
    });
}

void AddVector(ConstView a, Floats vector, View out) {
    for (std::size_t b = 0; b < a.rows; ++b)
        ForEachVector(a.cols, [&](std::size_t c, auto v) HWY_ATTR {
            v.Store(hn::Add(v.Load(a.data + b * a.stride + c), v.Load(vector.data() + c)),
                    out.data + b * out.stride + c);
        });
}

void ScaleColumns(ConstView a, Floats factors, View out) {
    for (std::size_t b = 0; b < a.rows; ++b)
        ForEachVector(a.cols, [&](std::size_t c, auto v) HWY_ATTR {
            v.Store(hn::Mul(v.Load(a.data + b * a.stride + c), v.Load(factors.data() + c)),
                    out.data + b * out.stride + c);
        });
}

#endif  // HWY_TARGET == HWY_SCALAR

}  // namespace
}  // namespace rbm::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rbm {
namespace {

HWY_EXPORT(TargetName);
HWY_EXPORT(LogisticRows);
HWY_EXPORT(SampleLogisticRows);
HWY_EXPORT(AddSoftplusSums);
HWY_EXPORT(SampleNormalRows);
HWY_EXPORT(AddDots);
HWY_EXPORT(AddRowDots);
HWY_EXPORT(AddWeightedSquares);
HWY_EXPORT(AddColumnSums);
HWY_EXPORT(AddColumnMoments);
HWY_EXPORT(AddVector);
HWY_EXPORT(ScaleColumns);

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
void add_dots(double scale, ConstView a, Floats vector, Sums out) {
    HWY_DYNAMIC_DISPATCH(AddDots)(scale, a, vector, out);
}
void add_row_dots(double scale, ConstView a, ConstView c, Sums out) {
    HWY_DYNAMIC_DISPATCH(AddRowDots)(scale, a, c, out);
}
void add_weighted_squares(double scale, ConstView a, Floats center, Floats precision, Sums out) {
    HWY_DYNAMIC_DISPATCH(AddWeightedSquares)(scale, a, center, precision, out);
}
void add_column_sums(double scale, ConstView a, Floats row_weights, std::size_t first, std::span<float> out) {
    HWY_DYNAMIC_DISPATCH(AddColumnSums)(scale, a, row_weights, first, out);
}
void add_column_moments(ConstView a, Floats center, Floats row_weights, std::size_t begin, std::size_t count,
                        Sums first, Sums second) {
    HWY_DYNAMIC_DISPATCH(AddColumnMoments)(a, center, row_weights, begin, count, first, second);
}
void add_vector(ConstView a, Floats vector, View out) { HWY_DYNAMIC_DISPATCH(AddVector)(a, vector, out); }
void scale_columns(ConstView a, Floats factors, View out) { HWY_DYNAMIC_DISPATCH(ScaleColumns)(a, factors, out); }

std::string target_name() { return HWY_DYNAMIC_DISPATCH(TargetName)(); }

void limit_instructions(std::string_view name) {
    std::int64_t better = HWY_AVX3_DL;
    for (const auto& [target, bit] : {std::pair{"AVX3", HWY_AVX3}, {"AVX2", HWY_AVX2}, {"SSE4", HWY_SSE4}}) {
        if (name == target) {
            hwy::DisableTargets(better);
            hwy::GetChosenTarget().DeInit();  // forget an earlier choice
            return;
        }
        better |= bit;
    }
    throw InvalidArgument(fmt::format("instructions '{}': expected AVX3, AVX2 or SSE4", name));
}

}  // namespace vectorized
}  // namespace rbm
#endif  // HWY_ONCE
