// SPDX-License-Identifier: MIT
#include "rbm/estimate/spectrum.h"

#include <cblas.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "rbm/kernels/error.h"
#include "rbm/kernels/ops.h"
#include "rbm/kernels/single_threaded_blas.h"

// LAPACK has no header for C++ everywhere; the last argument is the length of the text, as Fortran passes it.
extern "C" void sgesdd_(const char* job, const blasint* rows, const blasint* cols, float* matrix, const blasint* stride,
                        float* values, float* left, const blasint* left_stride, float* right,
                        const blasint* right_stride, float* work, const blasint* work_size, blasint* integers,
                        blasint* info, std::size_t job_length);

namespace rbm {
namespace {

constexpr double faint_share = 0.01;
constexpr float same_cosine = 0.99F;

}  // namespace

std::vector<double> singular_values(ConstView matrix) {
    const std::size_t count = std::min(matrix.rows, matrix.cols);
    if (count == 0) return {};
    // Row by row is LAPACK's column by column of the transpose, which has the same singular values.
    std::vector<float> copy;
    copy.reserve(matrix.rows * matrix.cols);
    for (std::size_t r = 0; r < matrix.rows; ++r) copy.insert(copy.end(), matrix.row(r).begin(), matrix.row(r).end());
    const auto rows = static_cast<blasint>(matrix.cols), cols = static_cast<blasint>(matrix.rows);
    const blasint one = 1;
    std::vector<float> values(count);
    std::vector<blasint> integers(8 * count);
    const SingleThreadedBlas guard;
    float unused = 0, best_size = 0;
    blasint info = 0, work_size = -1;  // -1 asks for the best size
    sgesdd_("N", &rows, &cols, copy.data(), &rows, values.data(), &unused, &one, &unused, &one, &best_size, &work_size,
            integers.data(), &info, 1);
    // A float holds whole numbers up to 2^24; beyond, it may have been rounded down.
    std::vector<float> work(static_cast<std::size_t>(static_cast<double>(best_size) * (1 + 1e-6)) + 1);
    work_size = static_cast<blasint>(work.size());
    if (info == 0)
        sgesdd_("N", &rows, &cols, copy.data(), &rows, values.data(), &unused, &one, &unused, &one, work.data(),
                &work_size, integers.data(), &info, 1);
    if (info != 0)
        throw Error(ErrorCode::failed,
                    fmt::format("singular values of {} x {} weights: LAPACK's sgesdd failed with info {}", matrix.rows,
                                matrix.cols, info));
    return {values.begin(), values.end()};
}

double effective_rank(std::span<const double> values) {
    double sum = 0, entropy = 0;
    for (const double value : values) sum += value;
    if (!(sum > 0)) return 0;
    for (const double value : values)
        if (value > 0) entropy -= value / sum * std::log(value / sum);
    return std::exp(entropy);
}

FilterReport inspect_filters(ConstView weights, const Control& control) {
    FilterReport report;
    report.norms.resize(weights.cols);
    for (std::size_t i = 0; i < weights.rows; ++i)
        for (std::size_t j = 0; j < weights.cols; ++j) {
            const double weight = static_cast<double>(weights.row(i)[j]);
            report.norms[j] += weight * weight;
        }
    for (double& norm : report.norms) norm = std::sqrt(norm);
    if (report.norms.empty()) return report;
    std::vector<double> sorted = report.norms;
    const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
    std::nth_element(sorted.begin(), middle, sorted.end());
    const double least = faint_share * *middle;
    Matrix filters(weights.cols, weights.rows);  // of norm 1, one per row
    for (std::size_t j = 0; j < weights.cols; ++j) {
        const bool is_faint = report.norms[j] == 0 || report.norms[j] < least;
        if (is_faint) report.faint.push_back(j);
        const double factor = is_faint ? 0 : 1 / report.norms[j];
        for (std::size_t i = 0; i < weights.rows; ++i)
            filters(j, i) = static_cast<float>(factor * static_cast<double>(weights.row(i)[j]));
    }
    constexpr std::size_t block_rows = 256;
    Matrix cosines;
    Work work(control, "filters", filters.rows());
    for (std::size_t first = 0; first < filters.rows(); first += block_rows) {
        const std::size_t rows = std::min(block_rows, filters.rows() - first);
        cosines.resize(rows, filters.rows());
        multiply_transposed(filters.view().rows_from(first, rows), filters.view(), cosines.view());
        for (std::size_t r = 0; r < rows; ++r)
            for (std::size_t k = first + r + 1; k < filters.rows(); ++k)
                if (cosines(r, k) > same_cosine) report.duplicates.emplace_back(first + r, k);
        work.advance(rows);
    }
    return report;
}

}  // namespace rbm
