// SPDX-License-Identifier: MIT
#include "rbm/kernels/categorical.h"

#include <cmath>
#include <limits>

#include "rbm/kernels/closed_state.h"
#include "rbm/kernels/threads.h"

namespace rbm {
namespace {

/// Calls body(row) for each row, several to a thread.
template <class Body>
void each_row(std::size_t rows, std::size_t cols, const Body& body) {
    parallel_rows(rows, cols, [&](std::size_t first, std::size_t count) {
        for (std::size_t row = first; row < first + count; ++row) body(row);
    });
}

template <class Real>
Real logarithm(const CategoricalField<Real>& input, std::size_t row, std::size_t n) {
    if (closes(input.change[n])) return input.change[n];
    const Real beta = input.beta.empty() ? Real{1} : input.beta[row];
    const Real tilt = beta * (input.field.data[row * input.field.stride + n] + input.change[n]);
    return input.base.empty() ? tilt : input.base[n] + tilt;
}

/// out[first + k] = exp(x - the largest x of the site); returns their sum, NaN when one is NaN.
template <class Real>
Real exponentials(const CategoricalField<Real>& input, std::size_t row, std::size_t first, Real* out) {
    Real largest = -std::numeric_limits<Real>::infinity(), sum = 0;
    for (std::size_t n = first; n < first + input.states; ++n) {
        out[n] = logarithm(input, row, n);
        largest = std::max(largest, out[n]);  // a NaN is passed over here and is met below
    }
    for (std::size_t n = first; n < first + input.states; ++n) sum += out[n] = std::exp(out[n] - largest);
    return sum;
}

}  // namespace

template <class Real>
void threaded::softmax(const CategoricalField<Real>& input, MatrixView<Real> out) {
    each_row(out.rows, out.cols, [&](std::size_t row) {
        Real* values = out.data + row * out.stride;
        for (std::size_t first = 0; first < out.cols; first += input.states) {
            const Real factor = 1 / exponentials(input, row, first, values);
            for (std::size_t n = first; n < first + input.states; ++n) values[n] *= factor;
        }
    });
}

template <class Real>
void threaded::sample_softmax(const CategoricalField<Real>& input, const Stream& stream, MatrixView<Real> out) {
    each_row(out.rows, out.cols, [&](std::size_t row) {
        Real* values = out.data + row * out.stride;
        for (std::size_t first = 0; first < out.cols; first += input.states) {
            const Real sum = exponentials(input, row, first, values);
            const Real uniform = static_cast<Real>(uniform_from_bits(random_bits(stream, row, first / input.states)));
            const Real threshold = uniform * sum;
            Real below = 0;
            std::size_t chosen = first;
            // Rounding may leave the threshold above all partial sums: then the last state that can be.
            for (std::size_t n = first; n < first + input.states; ++n) {
                if (values[n] > 0) chosen = n;
                below += values[n];
                if (threshold < below) break;
            }
            for (std::size_t n = first; n < first + input.states; ++n)
                values[n] = std::isnan(sum) ? sum : static_cast<Real>(n == chosen);
        }
    });
}

template <class Real>
void threaded::add_log_sum_exps(double scale, const CategoricalField<Real>& input, std::span<double> out) {
    const auto wide = [](Real value) { return static_cast<double>(value); };
    each_row(input.field.rows, input.field.cols, [&](std::size_t row) {
        const double beta = input.beta.empty() ? 1 : wide(input.beta[row]);
        const Real* field = input.field.data + row * input.field.stride;
        const auto x = [&](std::size_t n) {
            if (closes(input.change[n])) return wide(input.change[n]);
            const double tilt = beta * (wide(field[n]) + wide(input.change[n]));
            return input.base.empty() ? tilt : wide(input.base[n]) + tilt;
        };
        double total = 0;
        for (std::size_t first = 0; first < input.field.cols; first += input.states) {
            double largest = x(first), sum = 0;
            for (std::size_t n = first + 1; n < first + input.states; ++n) largest = std::max(largest, x(n));
            for (std::size_t n = first; n < first + input.states; ++n) sum += std::exp(x(n) - largest);
            total += largest + std::log(sum);
        }
        out[row] += scale * total;
    });
}

#define RBM_INSTANTIATE(Real)                                                                               \
    template void threaded::softmax(const CategoricalField<Real>&, MatrixView<Real>);                       \
    template void threaded::sample_softmax(const CategoricalField<Real>&, const Stream&, MatrixView<Real>); \
    template void threaded::add_log_sum_exps(double, const CategoricalField<Real>&, std::span<double>);
RBM_INSTANTIATE(float)
RBM_INSTANTIATE(double)
#undef RBM_INSTANTIATE

}  // namespace rbm
