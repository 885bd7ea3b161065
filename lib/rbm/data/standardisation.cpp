// SPDX-License-Identifier: MIT
#include "rbm/data/standardisation.h"

#include <algorithm>
#include <cmath>

namespace rbm {

Standardisation standardise(const Dataset& data) {
    const std::size_t rows = data.rows(), cols = data.cols();
    Standardisation result{std::vector<float>(cols), std::vector<float>(cols, 1.0F), {}};
    for (std::size_t col = 0; col < cols; ++col) {
        double sum = 0, known = 0;
        for (std::size_t row = 0; row < rows; ++row) {
            const double x = static_cast<double>(data.value(row, col));
            if (data.has_missing() && std::isnan(x)) continue;
            sum += x;
            ++known;
        }
        const double mean = known == 0 ? 0 : sum / known;
        double squares = 0;
        for (std::size_t row = 0; row < rows; ++row) {
            const double x = static_cast<double>(data.value(row, col));
            if (!data.has_missing() || !std::isnan(x)) squares += (x - mean) * (x - mean);
        }
        const double deviation = std::sqrt(squares / std::max(known, 1.0));
        result.mean[col] = static_cast<float>(mean);
        // Below 1e-6 of the mean, what looks like spread is the rounding of the floats themselves.
        if (deviation > 1e-6 * std::abs(mean) && static_cast<float>(deviation) > 1e-30F)
            result.scale[col] = static_cast<float>(deviation);
        else
            result.constant.push_back(col);
    }
    return result;
}

}  // namespace rbm
