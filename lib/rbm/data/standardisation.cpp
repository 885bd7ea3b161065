// SPDX-License-Identifier: MIT
#include "rbm/data/standardisation.h"

#include <algorithm>
#include <cmath>

namespace rbm {

namespace {

struct Spread {
    double mean = 0, deviation = 0;
};

Spread dense_column(const Dataset& data, std::size_t col) {
    const std::size_t rows = data.rows();
    double sum = 0, known = 0;
    for (std::size_t row = 0; row < rows; ++row) {
        const double x = data.exact_value(row, col);
        if (data.has_missing() && std::isnan(x)) continue;
        sum += x;
        ++known;
    }
    const double mean = known == 0 ? 0 : sum / known;
    double squares = 0;
    for (std::size_t row = 0; row < rows; ++row) {
        const double x = data.exact_value(row, col);
        if (!data.has_missing() || !std::isnan(x)) squares += (x - mean) * (x - mean);
    }
    return {mean, std::sqrt(squares / std::max(known, 1.0))};
}

/// All columns at once; the zeros of a column are counted, not visited.
std::vector<Spread> sparse_columns(const SharedEntries& entries, std::size_t cols) {
    const double rows = static_cast<double>(std::max<std::size_t>(entries.rows(), 1));
    std::vector<Spread> columns(cols);
    std::vector<double> zeros(cols, static_cast<double>(entries.rows()));
    for (std::size_t row = 0; row < entries.rows(); ++row)
        entries.for_each(row, [&](std::size_t col, float x) { columns[col].mean += static_cast<double>(x); });
    for (Spread& column : columns) column.mean /= rows;
    for (std::size_t row = 0; row < entries.rows(); ++row)
        entries.for_each(row, [&](std::size_t col, float x) {
            const double distance = static_cast<double>(x) - columns[col].mean;
            columns[col].deviation += distance * distance;
            --zeros[col];
        });
    for (std::size_t col = 0; col < cols; ++col) {
        const double squares = columns[col].deviation + zeros[col] * columns[col].mean * columns[col].mean;
        columns[col].deviation = std::sqrt(squares / rows);
    }
    return columns;
}

}  // namespace

Standardisation standardise(const Dataset& data) {
    const std::size_t cols = data.cols();
    Standardisation result{std::vector<float>(cols), std::vector<float>(cols, 1.0F), {}};
    // Below this share of the mean, what looks like spread is the rounding of the numbers themselves.
    const double rounding = data.precise() ? 1e-14 : 1e-6;
    if (data.precise()) result.mean_rest.resize(cols);
    std::vector<Spread> sparse;
    if (data.sparse() != nullptr) sparse = sparse_columns(*data.sparse(), cols);
    for (std::size_t col = 0; col < cols; ++col) {
        const auto [mean, deviation] = sparse.empty() ? dense_column(data, col) : sparse[col];
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
