// SPDX-License-Identifier: MIT
// What log Z cannot lie below, for discrete visible units: probabilities of distinct states do not sum to more than 1.
//
//   log Z  >=  log of the sum of exp(-F(v)) over any distinct states v
//
// It costs one free energy per row and needs no chains.  Where data are few of many states it lies far below log Z; an
// estimate below it is wrong all the same.
#pragma once

#include <limits>
#include <span>

#include "rbm/data/dataset.h"
#include "rbm/kernels/control.h"
#include "rbm/model/units.h"

namespace rbm {

struct PartitionFloor {
    double log_partition = -std::numeric_limits<double>::infinity();  ///< nats; minus infinity without states
    std::size_t states = 0;                                           ///< distinct ones among the rows
};

/// free_energy[r] is that of row r of `data`, which is filled from `stream`.  Rows that are no states of the units,
/// such as grey values or missing ones, do not count; nor does anything for continuous units, whose densities have no
/// such bound.  Throws InvalidArgument unless there is one free energy per row.
PartitionFloor partition_floor(const Units& visible, const Dataset& data, const Stream& stream,
                               std::span<const double> free_energy, const Control& control = {});

}  // namespace rbm
