// SPDX-License-Identifier: MIT
// Sets with known answers: the entropy of each is known exactly, so it is known how well a machine can do on it.
//
// Shapes: one sample per row.  Bits are 0 and 1; the Laplace sources are real.  The enumerated sets hold every draw
// once, in a fixed order, and a pattern that two draws give lies there twice: it is twice as likely.  The sampled sets
// take their draws from `random`.  Errors: InvalidArgument names the argument and its range.
#pragma once

#include <cstddef>
#include <string>

#include "rbm/data/dataset.h"
#include "rbm/kernels/random.h"

namespace rbm {

struct ToySet {
    Dataset data;
    double log_likelihood_bound = 0;  ///< nats per sample: minus the entropy of the generating distribution
    std::string description;          ///< one line for a reader
};

/// [2 * 2^side, side * side]: pictures whose rows (bars) or columns (stripes) are black or white as a whole.  All black
/// and all white come up twice.  side 1 to 12.
ToySet bars_and_stripes(std::size_t side);

/// [3 * 2^width, 2 * width]: a pattern, then the same pattern shifted left, not at all or right around a ring.
/// width 2 to 16.
ToySet shifter(std::size_t width);

/// shifter() with three more columns, one of them 1: left, none, right.
ToySet labelled_shifter(std::size_t width);

/// [cells, cells]: `bar` neighbouring ones at every place of a ring of cells.  cells 2 to 4096, bar 1 to cells - 1.
ToySet shifting_bar(std::size_t cells, std::size_t bar);

/// [rows, cols]: independent bits, column i is 1 with probability (i + 1) / (cols + 1).
ToySet independent_bits(std::size_t rows, std::size_t cols, Random& random);

/// [rows, 2]: two independent Laplace sources of unit variance, rotated by 30 degrees; for Gaussian machines.
ToySet laplace_sources(std::size_t rows, Random& random);

/// [rows, spins]: a ring of Ising spins, p(s) ~ exp(coupling * sum_i s_i s_{i+1}), drawn exactly; spin up is 1.
/// spins 3 or more, |coupling| at most 10.
ToySet ising_ring(std::size_t rows, std::size_t spins, double coupling, Random& random);

}  // namespace rbm
