// SPDX-License-Identifier: MIT
#include "rbm/data/one_hot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

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

}  // namespace

std::optional<Site> find_not_one_hot(const Dataset& data, std::size_t states) {
    if (states < 2 || data.cols() % states != 0) return Site{0, 0};
    for (std::size_t row = 0; row < data.rows(); ++row)
        for (std::size_t first = 0; first < data.cols(); first += states) {
            std::size_t on = 0, off = 0, unknown = 0;
            for (std::size_t col = first; col < first + states; ++col) {
                const float x = data.value(row, col);
                on += x == 1 ? 1 : 0;
                off += x == 0 ? 1 : 0;
                unknown += std::isnan(x) ? 1 : 0;
            }
            if (data.has_missing() && unknown == states) continue;
            if (on != 1 || off != states - 1) return Site{row, first};
        }
    return std::nullopt;
}

Dataset expand_codes(const Dataset& data, std::size_t states) {
    Dataset wide = data.has_missing() ? expand_to_floats(data, states) : expand_to_bits(data, states);
    wide.name = data.name;
    return wide;
}

}  // namespace rbm
