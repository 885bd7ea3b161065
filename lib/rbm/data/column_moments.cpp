// SPDX-License-Identifier: MIT
#include "rbm/data/column_moments.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "rbm/kernels/error.h"

namespace rbm {

void check_row_weights(std::span<const float> weights, std::size_t rows) {
    if (weights.empty()) return;
    if (weights.size() != rows)
        throw InvalidArgument(fmt::format("{} sample weights for {} rows of data", weights.size(), rows));
    for (std::size_t row = 0; row < rows; ++row)
        if (!(weights[row] >= 0) || !std::isfinite(weights[row]))
            throw InvalidArgument(
                fmt::format("sample weight {} is {}, expected a finite number of at least 0", row + 1, weights[row]));
    if (std::all_of(weights.begin(), weights.end(), [](float weight) { return weight == 0; }))
        throw InvalidArgument("all sample weights are 0, expected some above");
}

namespace {

double weight_of(std::span<const float> row_weights, std::size_t row) {
    return row_weights.empty() ? 1.0 : static_cast<double>(row_weights[row]);
}

/// The entries where a machine sees them and zeros as they are, else nothing.
const SharedEntries* entries_seen(const Dataset& data) { return data.as_stored() ? data.sparse() : nullptr; }

/// Zeros add nothing, so these are the same sums.
std::vector<double> sparse_means(const SharedEntries& entries, std::size_t cols, std::span<const float> row_weights) {
    std::vector<double> sums(cols);
    double total = 0;
    for (std::size_t row = 0; row < entries.rows(); ++row) {
        const double weight = weight_of(row_weights, row);
        total += weight;
        entries.for_each(row, [&](std::size_t col, float x) { sums[col] += weight * static_cast<double>(x); });
    }
    for (double& sum : sums) sum = total > 0 ? sum / total : 0.5;
    return sums;
}

ColumnMoments sparse_moments(const SharedEntries& entries, std::size_t cols, std::span<const float> row_weights) {
    ColumnMoments result{sparse_means(entries, cols, row_weights), std::vector<double>(cols), 0};
    std::vector<double> totals(cols);  // of the rows with an entry
    double total = 0;
    for (std::size_t row = 0; row < entries.rows(); ++row) {
        const double weight = weight_of(row_weights, row);
        if (weight == 0) continue;
        ++result.rows;
        total += weight;
        entries.for_each(row, [&](std::size_t col, float x) {
            const double distance = static_cast<double>(x) - result.mean[col];
            totals[col] += weight;
            result.variance[col] += weight * distance * distance;
        });
    }
    for (std::size_t col = 0; col < cols; ++col) {
        result.variance[col] += (total - totals[col]) * result.mean[col] * result.mean[col];
        result.variance[col] /= total > 0 ? total : 1;
    }
    return result;
}

}  // namespace

std::vector<double> column_means(const Dataset& data, std::span<const float> row_weights) {
    check_row_weights(row_weights, data.rows());
    if (const SharedEntries* entries = entries_seen(data)) return sparse_means(*entries, data.cols(), row_weights);
    std::vector<double> sums(data.cols()), totals(data.cols());
    Matrix block;
    constexpr std::size_t block_rows = 256;
    for (std::size_t first = 0; first < data.rows(); first += block_rows) {
        block.resize(std::min(block_rows, data.rows() - first), data.cols());
        data.fill(first, Stream{}, block);
        for (std::size_t row = 0; row < block.rows(); ++row) {
            const double weight = weight_of(row_weights, first + row);
            for (std::size_t col = 0; col < data.cols(); ++col) {
                const double x = static_cast<double>(block(row, col));
                if (data.has_missing() && std::isnan(x)) continue;
                totals[col] += weight;
                sums[col] += weight * x;
            }
        }
    }
    for (std::size_t col = 0; col < sums.size(); ++col) sums[col] = totals[col] > 0 ? sums[col] / totals[col] : 0.5;
    return sums;
}

ColumnMoments column_moments(const Dataset& data, std::span<const float> row_weights) {
    check_row_weights(row_weights, data.rows());
    if (const SharedEntries* entries = entries_seen(data)) return sparse_moments(*entries, data.cols(), row_weights);
    ColumnMoments result{column_means(data, row_weights), std::vector<double>(data.cols()), 0};
    std::vector<double> totals(data.cols());
    Matrix row(1, data.cols());
    for (std::size_t r = 0; r < data.rows(); ++r) {
        const double weight = weight_of(row_weights, r);
        if (weight == 0) continue;
        ++result.rows;
        data.fill(r, Stream{}, row);
        for (std::size_t col = 0; col < data.cols(); ++col) {
            const double distance = static_cast<double>(row(0, col)) - result.mean[col];
            if (data.has_missing() && std::isnan(distance)) continue;
            totals[col] += weight;
            result.variance[col] += weight * distance * distance;
        }
    }
    for (std::size_t col = 0; col < totals.size(); ++col) result.variance[col] /= totals[col] > 0 ? totals[col] : 1;
    return result;
}

}  // namespace rbm
