// SPDX-License-Identifier: MIT
#include "rbm/kernels/elementwise.h"

#include "rbm/kernels/reference.h"
#include "rbm/kernels/threads.h"

namespace rbm {
namespace {

template <class T>
bool without_gaps(MatrixView<T> view) {
    return view.stride == view.cols || view.rows <= 1;
}

/// Calls body(elements of out, those of each other, how many) for runs that together are the matrices.
template <class Body, class... Others>
void each_run(View out, const Body& body, const Others&... others) {
    if (without_gaps(out) && (without_gaps(others) && ...))
        parallel_blocks(out.rows * out.cols, std::size_t{1} << 14, [&](std::size_t first, std::size_t count) {
            body(out.data + first, (others.data + first)..., count);
        });
    else
        parallel_rows(out.rows, out.cols, [&](std::size_t first, std::size_t count) {
            for (std::size_t r = first; r < first + count; ++r)
                body(out.data + r * out.stride, (others.data + r * others.stride)..., out.cols);
        });
}

}  // namespace

void threaded::add(ConstView a, ConstView b, View out) {
    each_run(
        out,
        [](float* to, const float* x, const float* y, std::size_t count) {
            for (std::size_t i = 0; i < count; ++i) to[i] = x[i] + y[i];
        },
        a, b);
}

void threaded::approach(float rate, ConstView goal, View out) {
    each_run(
        out,
        [rate](float* to, const float* x, std::size_t count) {
            for (std::size_t i = 0; i < count; ++i) to[i] += rate * (x[i] - to[i]);
        },
        goal);
}

void threaded::scale_rows(float scale, Floats factors, View out) {
    const auto by = [](float* to, std::size_t count, float factor) {
        for (std::size_t i = 0; i < count; ++i) to[i] *= factor;
    };
    if (factors.empty()) return each_run(out, [&](float* to, std::size_t count) { by(to, count, scale); });
    parallel_rows(out.rows, out.cols, [&](std::size_t first, std::size_t count) {
        for (std::size_t r = first; r < first + count; ++r) by(out.row(r).data(), out.cols, scale * factors[r]);
    });
}

void threaded::add_group_sums(ConstView a, Floats row_weights, View out) {
    const std::size_t groups = out.rows, members = groups == 0 ? 0 : a.rows / groups;
    parallel_rows(groups, members * out.cols, [&](std::size_t first, std::size_t count) {
        for (std::size_t r = first; r < first + count; ++r)
            for (std::size_t member = 0; member < members; ++member) {
                const float weight = reference::row_value(row_weights, member * groups + r);
                const auto from = a.row(member * groups + r);
                const auto to = out.row(r);
                for (std::size_t n = 0; n < out.cols; ++n) to[n] += weight * from[n];
            }
    });
}

}  // namespace rbm
