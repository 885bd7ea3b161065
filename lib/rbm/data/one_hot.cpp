// SPDX-License-Identifier: MIT
#include "rbm/data/one_hot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "rbm/kernels/error.h"

namespace rbm {
namespace {

bool is_code(float x, std::size_t states) { return x >= 0 && x < static_cast<float>(states) && x == std::floor(x); }

/// The code at (row, col); none where it is missing.
std::optional<std::size_t> code_at(const Dataset& data, std::size_t row, std::size_t col, std::size_t states) {
    const float x = data.value(row, col);
    if (is_code(x, states)) return static_cast<std::size_t>(x);
    if (data.has_missing() && std::isnan(x)) return std::nullopt;
    const std::string text = fmt::format(
        "{}: row {}, column {}: found {}, expected a code from 0 to {}, or {} columns for each site, one "
        "of them 1 and the others 0",
        data.name, row + 1, col + 1, x, states - 1, states);
    if (std::isnan(x)) throw MissingValue(text);
    if (std::isfinite(x)) throw ValueOutOfRange(text);
    throw DataError(text);
}

Dataset expand_to_bits(const Dataset& data, std::size_t states) {
    const std::size_t cols = data.cols() * states, per_row = BitRows::words_per_row(cols);
    std::vector<std::uint64_t> words(data.rows() * per_row);
    for (std::size_t row = 0; row < data.rows(); ++row)
        for (std::size_t col = 0; col < data.cols(); ++col)
            BitRows::set(std::span(words).subspan(row * per_row, per_row),
                         col * states + *code_at(data, row, col, states));
    return Dataset::from_bits(data.rows(), cols, std::move(words));
}

/// Bits have no room for what is neither.
Dataset expand_to_floats(const Dataset& data, std::size_t states) {
    const std::size_t cols = data.cols() * states;
    std::vector<float> values(data.rows() * cols);
    for (std::size_t row = 0; row < data.rows(); ++row)
        for (std::size_t col = 0; col < data.cols(); ++col) {
            const auto site = std::span(values).subspan(row * cols + col * states, states);
            if (const auto code = code_at(data, row, col, states))
                site[*code] = 1;
            else
                std::ranges::fill(site, data.value(row, col));
        }
    Dataset wide = Dataset::from_floats(data.rows(), cols, std::move(values));
    wide.allow_missing();
    return wide;
}

/// What the columns of a site hold.
struct SiteCounts {
    std::size_t on = 0, off = 0, unknown = 0;
};
SiteCounts counts_at(const Dataset& data, std::size_t row, std::size_t first, std::size_t states) {
    SiteCounts counts;
    for (std::size_t col = first; col < first + states; ++col) {
        const float x = data.value(row, col);
        counts.on += x == 1 ? 1 : 0;
        counts.off += x == 0 ? 1 : 0;
        counts.unknown += std::isnan(x) ? 1 : 0;
    }
    return counts;
}

}  // namespace

std::optional<Site> find_not_one_hot(const Dataset& data, std::size_t states) {
    if (states < 2 || data.cols() % states != 0) return Site{0, 0};
    for (std::size_t row = 0; row < data.rows(); ++row)
        for (std::size_t first = 0; first < data.cols(); first += states) {
            const SiteCounts counts = counts_at(data, row, first, states);
            if (data.has_missing() && counts.unknown == states) continue;
            if (counts.on != 1 || counts.off != states - 1) return Site{row, first};
        }
    return std::nullopt;
}

std::optional<BrokenOneHot> find_broken_one_hot(const Dataset& data, std::size_t states) {
    if (states < 2 || data.cols() % states != 0) return std::nullopt;
    BrokenOneHot broken;
    std::size_t good = 0;
    for (std::size_t row = 0; row < data.rows(); ++row)
        for (std::size_t first = 0; first < data.cols(); first += states) {
            const SiteCounts counts = counts_at(data, row, first, states);
            if (data.has_missing() && counts.unknown == states) continue;
            if (counts.on + counts.off != states) return std::nullopt;
            if (counts.on == 1) {
                ++good;
                continue;
            }
            if (broken.sites++ == 0) broken.first = {row, first}, broken.ones = counts.on;
            broken.all_empty = broken.all_empty && counts.on == 0;
        }
    const bool codes = good < broken.sites || (states == 2 && !broken.all_empty);
    if (broken.sites == 0 || codes) return std::nullopt;
    return broken;
}

std::pair<Dataset, std::size_t> empty_sites_missing(const Dataset& data, std::size_t states) {
    const std::size_t cols = data.cols();
    std::vector<float> values(data.rows() * cols);
    std::size_t empty = 0;
    for (std::size_t row = 0; row < data.rows(); ++row) {
        const auto line = std::span(values).subspan(row * cols, cols);
        for (std::size_t col = 0; col < cols; ++col) line[col] = data.value(row, col);
        for (std::size_t first = 0; first + states <= cols; first += states) {
            if (counts_at(data, row, first, states).off != states) continue;
            std::ranges::fill(line.subspan(first, states), std::numeric_limits<float>::quiet_NaN());
            ++empty;
        }
    }
    if (empty == 0) return {data, 0};
    Dataset result = Dataset::from_floats(data.rows(), cols, std::move(values));
    result.image = data.image;
    result.name = data.name;
    result.columns = data.columns;
    result.allow_missing();
    return {std::move(result), empty};
}

Dataset expand_codes(const Dataset& data, std::size_t states) {
    Dataset wide = data.has_missing() ? expand_to_floats(data, states) : expand_to_bits(data, states);
    wide.name = data.name;
    return wide;
}

}  // namespace rbm
