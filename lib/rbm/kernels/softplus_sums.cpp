// SPDX-License-Identifier: MIT
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "rbm/kernels/softplus_sums.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h, once per target:
#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

#include "rbm/kernels/reference.h"
#include "rbm/kernels/softplus_sums.h"

HWY_BEFORE_NAMESPACE();
namespace rbm::HWY_NAMESPACE {
namespace {

using Doubles = std::span<const double>;

#if HWY_TARGET == HWY_SCALAR

void AddPreciseSoftplusSums(MatrixView<const double> field, Doubles bias, Doubles beta, std::span<double> out) {
    reference::add_softplus_sums(field, bias, beta, out);
}

void PreciseLogistic(MatrixView<const double> field, Doubles bias, Doubles beta, MatrixView<double> out) {
    reference::logistic(field, bias, beta, out);
}

#else

namespace hn = hwy::HWY_NAMESPACE;

/// Each factor is 2 at most: their product over all lanes stays below 2^960 and needs no scaling.
constexpr std::size_t units_per_log = 960;

/// log of the product of 1 + exp(x) over `count` units.
double LogOfProduct(const double* field, const double* bias, double beta, std::size_t count) {
    const hn::ScalableTag<double> d;
    const std::size_t lanes = hn::Lanes(d);
    const auto one = hn::Set(d, 1.0);
    auto positive = hn::Zero(d), tails = hn::Zero(d), product = one, check = hn::Zero(d);
    const auto argument = [&](auto f, auto b) HWY_ATTR { return hn::Mul(hn::Set(d, beta), hn::Add(f, b)); };
    const auto add = [&](auto x) HWY_ATTR {
        const auto tail = hn::Exp(d, hn::Neg(hn::Abs(x)));
        positive = hn::Add(positive, hn::Max(x, hn::Zero(d)));
        tails = hn::Add(tails, tail);
        product = hn::MulAdd(product, tail, product);
        check = hn::Add(check, hn::IfThenElseZero(hn::IsNaN(x), x));  // Exp and Max turn NaN into a number
    };
    std::size_t n = 0;
    for (; n + lanes <= count; n += lanes) add(argument(hn::LoadU(d, field + n), hn::LoadU(d, bias + n)));
    if (n < count) {
        const auto mask = hn::FirstN(d, count - n);
        const auto nothing = hn::Set(d, -1e4);  // exp is 0, and so is what is positive
        add(hn::IfThenElse(mask, argument(hn::MaskedLoad(mask, d, field + n), hn::MaskedLoad(mask, d, bias + n)),
                           nothing));
    }
    HWY_ALIGN double each[HWY_MAX_BYTES / sizeof(double)];
    hn::Store(product, d, each);
    double total = 1;
    for (std::size_t lane = 0; lane < lanes; ++lane) total *= each[lane];
    const double sum = hn::GetLane(hn::SumOfLanes(d, positive)) + hn::GetLane(hn::SumOfLanes(d, check));
    // Where no unit is undecided, the 1 in each factor swallows digits of a tail that the sum still has.
    if (hn::GetLane(hn::SumOfLanes(d, tails)) > 1e-3) return sum + std::log(total);
    double rest = 0;
    for (n = 0; n < count; ++n) rest += std::log1p(std::exp(-std::abs(beta * (field[n] + bias[n]))));
    return sum + rest;
}

void AddPreciseSoftplusSums(MatrixView<const double> field, Doubles bias, Doubles beta, std::span<double> out) {
    for (std::size_t b = 0; b < field.rows; ++b)
        for (std::size_t first = 0; first < field.cols; first += units_per_log)
            out[b] += LogOfProduct(field.row(b).data() + first, bias.data() + first, reference::row_value(beta, b),
                                   std::min(units_per_log, field.cols - first));
}

void PreciseLogistic(MatrixView<const double> field, Doubles bias, Doubles beta, MatrixView<double> out) {
    const hn::ScalableTag<double> d;
    const std::size_t lanes = hn::Lanes(d);
    const auto one = hn::Set(d, 1.0);
    for (std::size_t b = 0; b < field.rows; ++b) {
        const double inverse_temperature = reference::row_value(beta, b);
        const double* row = field.row(b).data();
        double* result = out.row(b).data();
        const auto factor = hn::Set(d, inverse_temperature);
        std::size_t n = 0;
        for (; n + lanes <= field.cols; n += lanes) {
            const auto x = hn::Mul(factor, hn::Add(hn::LoadU(d, row + n), hn::LoadU(d, bias.data() + n)));
            const auto tail = hn::Exp(d, hn::Neg(hn::Abs(x)));
            const auto value = hn::Div(hn::IfThenElse(hn::Lt(x, hn::Zero(d)), tail, one), hn::Add(one, tail));
            hn::StoreU(hn::IfThenElse(hn::IsNaN(x), x, value), d, result + n);
        }
        for (; n < field.cols; ++n) result[n] = logistic(inverse_temperature * (row[n] + bias[n]));
    }
}

#endif

}  // namespace
}  // namespace rbm::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rbm {
namespace {
HWY_EXPORT(AddPreciseSoftplusSums);
HWY_EXPORT(PreciseLogistic);
}  // namespace

void vectorized::add_softplus_sums(MatrixView<const double> field, std::span<const double> bias,
                                   std::span<const double> beta, std::span<double> out) {
    HWY_DYNAMIC_DISPATCH(AddPreciseSoftplusSums)(field, bias, beta, out);
}

void vectorized::logistic(MatrixView<const double> field, std::span<const double> bias, std::span<const double> beta,
                          MatrixView<double> out) {
    HWY_DYNAMIC_DISPATCH(PreciseLogistic)(field, bias, beta, out);
}

}  // namespace rbm
#endif  // HWY_ONCE
