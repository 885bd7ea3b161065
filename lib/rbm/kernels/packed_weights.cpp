// SPDX-License-Identifier: MIT
#include "rbm/kernels/packed_weights.h"

#include "rbm/kernels/panel_products.h"
#include "rbm/kernels/threads.h"

namespace rbm {

void PackedWeights::pack(ConstView weights) {
    by_hidden_.resize(weights.rows, weights.cols);
    by_visible_.resize(weights.cols, weights.rows);
    parallel_blocks(weights.rows, panel_width, [&](std::size_t row, std::size_t rows) {
        vectorized::pack(weights, {}, 1, row, rows, by_hidden_);
        transpose_rows(row / panel_width);
    });
}

void PackedWeights::transpose_rows(std::size_t block) {
    for (std::size_t p = 0; p < by_hidden_.count(); ++p)
        vectorized::transpose_square(by_hidden_.panel(p) + block * panel_width * panel_width,
                                     by_visible_.panel(block) + p * panel_width * panel_width);
}

}  // namespace rbm
