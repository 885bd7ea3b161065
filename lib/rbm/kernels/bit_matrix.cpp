// SPDX-License-Identifier: MIT
#include "rbm/kernels/bit_matrix.h"

#include <array>

namespace rbm {
namespace {

/// Transposes 64 x 64 bits in place: swaps ever smaller off-diagonal blocks (Warren, Hacker's Delight, section 7-3).
void transpose_block(std::array<std::uint64_t, 64>& block) {
    std::uint64_t mask = 0x00000000ffffffff;
    for (std::size_t width = 32; width != 0; width /= 2, mask ^= mask << width)
        for (std::size_t r = 0; r < 64; r = (r + width + 1) & ~width) {
            const std::uint64_t swapped = ((block[r] >> width) ^ block[r + width]) & mask;
            block[r] ^= swapped << width;
            block[r + width] ^= swapped;
        }
}

}  // namespace

void BitMatrix::transpose(BitMatrix& out) const {
    out.resize(cols_, rows_);
    std::array<std::uint64_t, 64> block;
    for (std::size_t first = 0; first < rows_; first += 64)
        for (std::size_t w = 0; w < words_; ++w) {
            for (std::size_t r = 0; r < 64; ++r) block[r] = first + r < rows_ ? row(first + r)[w] : 0;
            transpose_block(block);
            for (std::size_t c = 0; c < 64 && w * 64 + c < cols_; ++c) out.row(w * 64 + c)[first / 64] = block[c];
        }
}

}  // namespace rbm
