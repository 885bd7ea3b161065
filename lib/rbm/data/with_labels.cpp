// SPDX-License-Identifier: MIT
#include "rbm/data/with_labels.h"

#include <fmt/format.h>

#include <algorithm>

#include "rbm/kernels/error.h"

namespace rbm {

Dataset with_labels(const Dataset& data, std::span<const std::uint32_t> labels, std::size_t classes, float off) {
    const std::size_t rows = data.rows(), before = data.cols(), cols = before + classes;
    const bool fits =
        labels.size() == rows && std::ranges::all_of(labels, [&](std::uint32_t label) { return label < classes; });
    if (!fits || !data.plain())
        throw InvalidArgument(
            fmt::format("with_labels: expected {} labels below {} and data that are not prepared", rows, classes));
    Dataset result;
    const auto* bytes = std::get_if<ByteRows>(&data.storage());
    if (bytes != nullptr && off == 0) {
        std::vector<std::uint8_t> values(rows * cols);
        for (std::size_t row = 0; row < rows; ++row) {
            std::ranges::copy(bytes->rows.row(row), values.data() + row * cols);
            values[row * cols + before + labels[row]] = static_cast<std::uint8_t>(bytes->divisor);
        }
        result = Dataset::from_bytes(rows, cols, std::move(values), bytes->divisor);
    } else {
        std::vector<float> values(rows * cols, off);
        for (std::size_t row = 0; row < rows; ++row) {
            for (std::size_t col = 0; col < before; ++col) values[row * cols + col] = data.value(row, col);
            values[row * cols + before + labels[row]] = 1;
        }
        result = Dataset::from_floats(rows, cols, std::move(values));
    }
    if (data.has_missing()) result.allow_missing();
    result.image = data.image;
    result.name = data.name;
    return result;
}

}  // namespace rbm
