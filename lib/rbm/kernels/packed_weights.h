// SPDX-License-Identifier: MIT
// The weights a second time, in panels of both orders: what products with binary states read in place of the matrix.
#pragma once

#include "rbm/kernels/panels.h"
#include "rbm/kernels/prepared_weights.h"

namespace rbm {

class PackedWeights final : public WeightForm {
  public:
    /// Copies weights [V x H], on all threads.
    void pack(ConstView weights);

    const Panels& by_hidden() const { return by_hidden_; }    ///< [V x H]: what v W reads
    const Panels& by_visible() const { return by_visible_; }  ///< [H x V]: what h W^T reads
    /// Where the update of weights writes its results as well: by_hidden's element (row, 32 p + c).
    float* row_of_panel(std::size_t p, std::size_t row) { return by_hidden_.panel(p) + row * panel_width; }
    /// Fills by_visible's panel `block` from by_hidden's rows [32 block, 32 block + 32).
    void transpose_rows(std::size_t block);

  private:
    Panels by_hidden_, by_visible_;
};

}  // namespace rbm
