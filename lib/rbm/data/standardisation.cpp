// SPDX-License-Identifier: MIT
#include "rbm/data/standardisation.h"

#include <algorithm>
#include <cmath>

#include "rbm/data/column_moments.h"

namespace rbm {

namespace {

struct Spread {
    double mean = 0, deviation = 0;
};

using RowWeights = std::span<const float>;

double weight_of(RowWeights weights, std::size_t row) {
    return weights.empty() ? 1 : static_cast<double>(weights[row]);
}

Spread dense_column(const Dataset& data, RowWeights weights, std::size_t col) {
    const std::size_t rows = data.rows();
    double sum = 0, known = 0;
    for (std::size_t row = 0; row < rows; ++row) {
        const double x = data.exact_value(row, col);
        if (data.has_missing() && std::isnan(x)) continue;
        sum += weight_of(weights, row) * x;
        known += weight_of(weights, row);
    }
    if (known == 0) return {};
    const double mean = sum / known;
    double squares = 0;
    for (std::size_t row = 0; row < rows; ++row) {
        const double x = data.exact_value(row, col);
        if (!data.has_missing() || !std::isnan(x)) squares += weight_of(weights, row) * ((x - mean) * (x - mean));
    }
    return {mean, std::sqrt(squares / known)};
}

/// All columns at once; the zeros of a column are counted, not visited.
std::vector<Spread> sparse_columns(const SharedEntries& entries, RowWeights weights, std::size_t cols) {
    double total = 0;  // of the weights
    for (std::size_t row = 0; row < entries.rows(); ++row) total += weight_of(weights, row);
    if (total == 0) total = 1;
    std::vector<Spread> columns(cols);
    std::vector<double> zeros(cols, total);
    for (std::size_t row = 0; row < entries.rows(); ++row)
        entries.for_each(row, [&](std::size_t col, float x) {
            columns[col].mean += weight_of(weights, row) * static_cast<double>(x);
        });
    for (Spread& column : columns) column.mean /= total;
    for (std::size_t row = 0; row < entries.rows(); ++row)
        entries.for_each(row, [&](std::size_t col, float x) {
            const double distance = static_cast<double>(x) - columns[col].mean;
            columns[col].deviation += weight_of(weights, row) * (distance * distance);
            zeros[col] -= weight_of(weights, row);
        });
    for (std::size_t col = 0; col < cols; ++col) {
        const double squares =
            columns[col].deviation + std::max(zeros[col], 0.0) * columns[col].mean * columns[col].mean;
        columns[col].deviation = std::sqrt(squares / total);
    }
    return columns;
}

}  // namespace

Standardisation standardise(const Dataset& data, std::span<const float> row_weights) {
    check_row_weights(row_weights, data.rows());
    const std::size_t cols = data.cols();
    Standardisation result{std::vector<float>(cols), std::vector<float>(cols, 1.0F), {}};
    // Below this share of the mean, what looks like spread is the rounding of the numbers themselves.
    const double rounding = data.precise() ? 1e-14 : 1e-6;
    if (data.precise()) result.mean_rest.resize(cols);
    std::vector<Spread> sparse;
    if (data.sparse() != nullptr) sparse = sparse_columns(*data.sparse(), row_weights, cols);
    for (std::size_t col = 0; col < cols; ++col) {
        const auto [mean, deviation] = sparse.empty() ? dense_column(data, row_weights, col) : sparse[col];
        result.mean[col] = static_cast<float>(mean);
        if (data.precise()) result.mean_rest[col] = static_cast<float>(mean - static_cast<double>(result.mean[col]));
        if (deviation > rounding * std::abs(mean) && static_cast<float>(deviation) > 1e-30F)
            result.scale[col] = static_cast<float>(deviation);
        else
            result.constant.push_back(col);
    }
    return result;
}

}  // namespace rbm
