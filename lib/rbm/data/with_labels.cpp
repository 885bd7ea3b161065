// SPDX-License-Identifier: MIT
#include "rbm/data/with_labels.h"

#include <fmt/format.h>

#include <algorithm>

#include "rbm/kernels/error.h"

namespace rbm {

namespace {

Dataset sparse_with_labels(const SharedEntries& entries, std::size_t before, std::span<const std::uint32_t> labels,
                           std::size_t classes) {
    std::vector<std::uint64_t> offsets(1);
    std::vector<std::uint32_t> columns;
    std::vector<float> values;
    columns.reserve(entries.count() + entries.rows());
    values.reserve(entries.all_are_one() ? 0 : columns.capacity());
    for (std::size_t row = 0; row < entries.rows(); ++row) {
        columns.insert(columns.end(), entries.columns(row).begin(), entries.columns(row).end());
        columns.push_back(static_cast<std::uint32_t>(before + labels[row]));
        if (!entries.all_are_one()) {
            values.insert(values.end(), entries.values(row).begin(), entries.values(row).end());
            values.push_back(1);
        }
        offsets.push_back(columns.size());
    }
    return Dataset::from_sparse(before + classes, {std::move(offsets), std::move(columns), std::move(values)});
}

}  // namespace

Dataset with_labels(const Dataset& data, std::span<const std::uint32_t> labels, std::size_t classes, float off) {
    const std::size_t rows = data.rows(), before = data.cols(), cols = before + classes;
    const bool fits =
        labels.size() == rows && std::ranges::all_of(labels, [&](std::uint32_t label) { return label < classes; });
    if (!fits || !data.plain())
        throw InvalidArgument(
            fmt::format("with_labels: expected {} labels below {} and data that are not prepared", rows, classes));
    Dataset result;
    const auto* bytes = std::get_if<ByteRows>(&data.storage());
    if (data.sparse() != nullptr && off == 0) {
        result = sparse_with_labels(*data.sparse(), before, labels, classes);
    } else if (bytes != nullptr && off == 0) {
        std::vector<std::uint8_t> values(rows * cols);
        for (std::size_t row = 0; row < rows; ++row) {
            std::ranges::copy(bytes->rows.row(row), values.data() + row * cols);
            values[row * cols + before + labels[row]] = static_cast<std::uint8_t>(bytes->divisor);
        }
        result = Dataset::from_bytes(rows, cols, std::move(values), bytes->divisor);
    } else {
        std::vector<float> values(rows * cols, off), rest(data.precise() ? rows * cols : 0);
        for (std::size_t row = 0; row < rows; ++row) {
            for (std::size_t col = 0; col < before; ++col) values[row * cols + col] = data.value(row, col);
            if (data.precise())
                std::ranges::copy(std::get<FloatRows>(data.storage()).rest.row(row), rest.data() + row * cols);
            values[row * cols + before + labels[row]] = 1;
        }
        result = Dataset::from_floats(rows, cols, std::move(values), std::move(rest));
    }
    if (data.has_missing()) result.allow_missing();
    result.image = data.image;
    result.name = data.name;
    result.columns = data.columns;
    if (!result.columns.empty()) result.columns.resize(cols);
    return result;
}

}  // namespace rbm
