// SPDX-License-Identifier: MIT
#include "rbm/data/identity_weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <memory>
#include <optional>
#include <span>

#include "rbm/kernels/error.h"
#include "rbm/kernels/threads.h"

namespace rbm {
namespace {

constexpr std::size_t step_bytes = 64;     // compared at once
constexpr std::size_t rows_at_once = 128;  // of a few hundred columns, two such blocks fit into the first cache

/// The codes of all rows, each filled up with zeros to whole steps.
struct CodeRows {
    std::size_t steps = 0;
    std::unique_ptr<std::uint8_t[]> bytes;
    std::span<std::uint8_t> row(std::size_t r) { return {bytes.get() + r * steps * step_bytes, steps * step_bytes}; }
    const std::uint8_t* row(std::size_t r) const { return bytes.get() + r * steps * step_bytes; }
};

constexpr std::uint8_t unknown = 255;

/// Nothing when it is no code.
std::optional<std::uint8_t> code_byte(float x) {
    constexpr float largest = 254;
    if (std::isnan(x)) return unknown;
    if (!(x >= 0 && x <= largest) || x != std::floor(x)) return std::nullopt;
    return static_cast<std::uint8_t>(x);
}

CodeRows code_rows(const Dataset& data) {
    CodeRows codes;
    const std::size_t rows = data.rows(), cols = data.cols();
    codes.steps = (cols + step_bytes - 1) / step_bytes;
    // Not filled here: the first touch of all of it took longer than a cancelled call may go on.
    codes.bytes = std::make_unique_for_overwrite<std::uint8_t[]>(rows * codes.steps * step_bytes);
    std::vector<std::size_t> wrong(rows, cols);  // the first column of each row that holds no code
    parallel_blocks(rows, 32, [&](std::size_t first, std::size_t count) {
        for (std::size_t row = first; row < first + count; ++row) {
            const std::span<std::uint8_t> out = codes.row(row);
            for (std::size_t col = 0; col < cols; ++col) {
                const auto code = code_byte(data.value(row, col));
                if (!code) wrong[row] = std::min(wrong[row], col);
                out[col] = code.value_or(unknown);
            }
            std::ranges::fill(out.subspan(cols), std::uint8_t{0});
        }
    });
    const auto row = std::ranges::find_if(wrong, [&](std::size_t col) { return col != cols; });
    if (row != wrong.end())
        throw DataError(
            fmt::format("{}: row {}, column {}: found {}, expected a code from 0 to 254: only sequences, whose values "
                        "are codes, have an identity",
                        data.name, row - wrong.begin() + 1, *row + 1,
                        data.value(static_cast<std::size_t>(row - wrong.begin()), *row)));
    return codes;
}

/// Whether two rows differ in at most `most` places; ends early where they do not.
bool alike_rows(const std::uint8_t* first, const std::uint8_t* second, std::size_t steps, std::size_t most) {
    std::size_t differences = 0;
    for (std::size_t step = 0; step < steps; ++step) {
        std::uint8_t here = 0;  // at most 64
        for (std::size_t i = 0; i < step_bytes; ++i)
            here = static_cast<std::uint8_t>(here + (first[step * step_bytes + i] != second[step * step_bytes + i]));
        differences += here;
        if (differences > most) return false;
    }
    return true;
}

}  // namespace

std::vector<double> identity_weights(const Dataset& data, double identity, const Control& control) {
    if (!(identity > 0 && identity <= 1))
        throw InvalidArgument(
            fmt::format("identity_weights: identity is {}, expected a number above 0, up to 1", identity));
    const std::size_t rows = data.rows(), blocks = (rows + rows_at_once - 1) / rows_at_once;
    Work work(control, "comparing", blocks * (blocks + 1) / 2);
    const CodeRows codes = code_rows(data);
    // 0.7 * 10 is a little above 7 in floating point, and 7 of 10 are meant to be enough.
    const auto agreeing = static_cast<std::size_t>(std::ceil(identity * static_cast<double>(data.cols()) - 1e-9));
    const std::size_t most = data.cols() - std::min(agreeing, data.cols());
    std::vector<std::atomic<std::uint32_t>> counts(rows);
    parallel_for(blocks * blocks, [&](std::size_t pair) {
        const std::size_t block = pair / blocks, other = pair % blocks;
        if (other > block) return;  // each pair once
        const std::size_t end = std::min((block + 1) * rows_at_once, rows);
        const std::size_t other_end = std::min((other + 1) * rows_at_once, rows);
        for (std::size_t i = block * rows_at_once; i < end; ++i)
            for (std::size_t j = other * rows_at_once; j < std::min(other_end, i); ++j)
                if (alike_rows(codes.row(i), codes.row(j), codes.steps, most)) {
                    counts[i].fetch_add(1, std::memory_order_relaxed);
                    counts[j].fetch_add(1, std::memory_order_relaxed);
                }
        work.advance();
    });
    std::vector<double> weights(rows);
    for (std::size_t r = 0; r < rows; ++r) weights[r] = 1 / (1 + static_cast<double>(counts[r].load()));
    return weights;
}

}  // namespace rbm
