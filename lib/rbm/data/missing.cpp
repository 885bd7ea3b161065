// SPDX-License-Identifier: MIT
// What a data set does about values that nobody knows.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "rbm/data/dataset.h"
#include "rbm/kernels/error.h"

namespace rbm {

void Dataset::allow_missing() {
    allows_missing_ = true;
    const auto* floats = std::get_if<FloatRows>(&storage_);
    missing_ = floats != nullptr && std::ranges::any_of(floats->rows.values(), [](float x) { return std::isnan(x); });
}

Dataset Dataset::without_missing(std::span<const float> filling) const {
    if (filling.size() != cols_)
        throw InvalidArgument(fmt::format("Dataset::without_missing: {} values for {} columns", filling.size(), cols_));
    if (!missing_) return *this;
    const auto known = std::get<FloatRows>(storage_).rows.values();
    std::vector<float> values(known.begin(), known.end());
    for (std::size_t i = 0; i < values.size(); ++i)
        if (std::isnan(values[i])) values[i] = filling[i % cols_];
    const auto more = std::get<FloatRows>(storage_).rest.values();  // NaN has none
    Dataset full = with_rows(rows_, FloatRows{{std::move(values), cols_}, {{more.begin(), more.end()}, cols_}});
    full.missing_ = false;
    return full;
}

}  // namespace rbm
