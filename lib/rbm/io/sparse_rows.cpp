// SPDX-License-Identifier: MIT
#include "rbm/io/sparse_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <span>
#include <tuple>
#include <utility>

#include "rbm/io/memory.h"
#include "rbm/kernels/error.h"

namespace rbm {
namespace {

/// Brings the columns of a row into order, and the values beside them; equal columns stay in the order of the file.
void sort_row(std::span<std::uint32_t> columns, std::span<float> values,
              std::vector<std::pair<std::uint32_t, float>>& memory) {
    if (std::is_sorted(columns.begin(), columns.end())) return;
    if (values.empty()) {
        std::ranges::sort(columns);
        return;
    }
    memory.clear();
    for (std::size_t i = 0; i < columns.size(); ++i) memory.emplace_back(columns[i], values[i]);
    std::ranges::stable_sort(memory, {}, &std::pair<std::uint32_t, float>::first);
    for (std::size_t i = 0; i < columns.size(); ++i) std::tie(columns[i], values[i]) = memory[i];
}

}  // namespace

void require_sparse_shape(std::size_t rows, std::size_t cols, std::size_t bytes, const std::string& name) {
    if (rows == 0 || cols == 0)
        throw DataError(fmt::format("{}: found {} rows and {} columns, expected at least one row and one column", name,
                                    rows, cols));
    if (cols > most_sparse_columns)
        throw DataError(fmt::format("{}: found {} columns, expected at most {}", name, cols, most_sparse_columns));
    constexpr std::size_t always = std::size_t{1} << 20, to_a_byte = 1024;
    const std::size_t most = std::min<std::size_t>(std::numeric_limits<std::uint32_t>::max(),
                                                   always + to_a_byte * std::min(bytes, SIZE_MAX / (2 * to_a_byte)));
    if (rows > most)
        throw DataError(fmt::format("{}: found {} rows in a file of {}, expected at most {}", name, rows,
                                    readable_size(bytes), most));
}

Again refuse_again(const std::string& name) {
    return [&name](std::size_t row, std::size_t col) {
        throw DataError(fmt::format("{}: row {}, column {} occurs twice, expected one value for each place", name,
                                    row + 1, col + 1));
    };
}

SharedEntries with_sorted_rows(std::vector<std::uint64_t> offsets, std::vector<std::uint32_t> columns,
                               std::vector<float> values, const Again& again) {
    std::vector<std::pair<std::uint32_t, float>> memory;
    std::size_t kept = 0, first = 0;
    for (std::size_t row = 0; row + 1 < offsets.size(); ++row) {
        const std::size_t end = offsets[row + 1], start = kept;
        sort_row(std::span(columns).subspan(first, end - first),
                 values.empty() ? std::span<float>() : std::span(values).subspan(first, end - first), memory);
        for (std::size_t i = first; i < end; ++i) {
            if (kept > start && columns[kept - 1] == columns[i]) {
                again(row, columns[i]);
                continue;
            }
            columns[kept] = columns[i];
            if (!values.empty()) values[kept] = values[i];
            ++kept;
        }
        first = end;
        offsets[row + 1] = kept;
    }
    columns.resize(kept);
    if (!values.empty()) values.resize(kept);
    return {std::move(offsets), std::move(columns), std::move(values)};
}

SharedEntries in_rows(std::size_t rows, const Coordinates& entries, const Again& again) {
    std::vector<std::uint64_t> offsets(rows + 1);
    for (const std::uint32_t row : entries.rows) ++offsets[row + 1];
    for (std::size_t row = 0; row < rows; ++row) offsets[row + 1] += offsets[row];
    std::vector<std::uint64_t> next(offsets.begin(), offsets.end() - 1);
    std::vector<std::uint32_t> columns(entries.columns.size());
    std::vector<float> values(entries.values.size());
    for (std::size_t i = 0; i < columns.size(); ++i) {
        const std::size_t at = next[entries.rows[i]]++;
        columns[at] = entries.columns[i];
        if (!values.empty()) values[at] = entries.values[i];
    }
    return with_sorted_rows(std::move(offsets), std::move(columns), std::move(values), again);
}

}  // namespace rbm
