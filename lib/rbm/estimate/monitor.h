// SPDX-License-Identifier: MIT
// Cheap numbers to watch while a machine learns.  Only the free-energy gap says something about overfitting; none is a
// likelihood.
#pragma once

#include "rbm/data/dataset.h"
#include "rbm/kernels/control.h"
#include "rbm/model/machine.h"

namespace rbm {

/// Free energies of all rows, block by block.
std::vector<double> free_energies(const Machine& machine, const Dataset& data, const Stream& stream = {},
                                  double beta = 1, const Control& control = {});

/// Mean F(held out) - mean F(training data), in nats: grows when the machine overfits.
double free_energy_gap(const Machine& machine, const Dataset& training, const Dataset& held_out,
                       const Control& control = {});

/// Mean squared difference, per visible unit, between v and E[v | E[h | v]].
double reconstruction_error(const Machine& machine, const Dataset& data, const Stream& stream = {},
                            const Control& control = {});

/// Share of rows whose most probable label (rbm/model/labels.h), given their data, is another than theirs.
double label_error(const Machine& machine, const Dataset& data, std::size_t classes, const Stream& stream = {},
                   const Control& control = {});

struct MeanOfRows {
    double value = 0;
    double standard_error = 0;  ///< as if rows were drawn at random; NaN of one row
};

/// Log pseudo-likelihood sum_i log p(v_i | rest), in nats per row, from one random unit per row, times V: unbiased, and
/// cheap.  Throws Unsupported unless visible units are discrete.
MeanOfRows pseudo_likelihood(const Machine& machine, const Dataset& data, Random random, const Control& control = {});
/// The same of `count` rows only, evenly spread from a random one on; with weights of the rows, which are as for
/// column_means(), evenly spread over these.
MeanOfRows pseudo_likelihood(const Machine& machine, const Dataset& data, std::size_t count,
                             std::span<const float> row_weights, Random random, const Control& control = {});

/// The same with every unit of every row: exact, V times the cost.
double exact_pseudo_likelihood(const Machine& machine, const Dataset& data, const Stream& stream = {},
                               const Control& control = {});

}  // namespace rbm
