// SPDX-License-Identifier: MIT
#include "rbm/kernels/packed_weights.h"

#include "rbm/kernels/panel_products.h"
#include "rbm/kernels/threads.h"

namespace rbm {

void PackedWeights::start(ConstView weights) {
    weights_ = weights;
    by_hidden_.resize(weights.rows, weights.cols);
    by_visible_.resize(weights.cols, weights.rows);
}

void PackedWeights::pack(ConstView weights) {
    start(weights);
    parallel_for(by_visible_.count(), [&](std::size_t block) { pack_rows(block); });
}

void PackedWeights::pack_rows(std::size_t block) {
    const std::size_t first = block * panel_width;
    vectorized::pack(weights_, {}, 1, first, std::min(panel_width, weights_.rows - first), by_hidden_);
    transpose_rows(block);
}

void PackedWeights::transpose_rows(std::size_t block) {
    for (std::size_t p = 0; p < by_hidden_.count(); ++p)
        vectorized::transpose_square(by_hidden_.panel(p) + block * panel_width * panel_width,
                                     by_visible_.panel(block) + p * panel_width * panel_width);
}

}  // namespace rbm
