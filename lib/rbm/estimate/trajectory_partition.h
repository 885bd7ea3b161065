// SPDX-License-Identifier: MIT
// log Z along the machines that a training run passed through: the ratios of neighbours by acceptance ratio, added up
// from the first, which has no weights and a Z that is known.
//
// Sources: Bereux, Decelle, Furtlehner, Rosset & Seoane, arXiv 2405.15376; Bennett, J. Comp. Phys. 1976.
#pragma once

#include "rbm/estimate/tempering_partition.h"
#include "rbm/sampler/trajectory.h"

namespace rbm {

/// log Z of `machine`, whose chains are `states` [C x V], from what its chains and the ladder's saw of each other while
/// it learned.  The error is that of C chains that are independent of each other, and the interval reaches farther
/// where the sum drifts: chains of machines that learned too fast lag behind them, and take their time.  `spread` is
/// that drift.  Chains that all miss a mode do not show it.  Throws InvalidArgument when the trajectory has not begun,
/// or has another number of chains.
PartitionEstimate log_partition_along(const Trajectory& trajectory, const Machine& machine, ConstView states);

/// As tempering_log_partition(), from new chains at these machines; the last of them is the one that is estimated.
/// The answer has no betas.  Settings: `ladders` chains per machine; the swap rate is what the ladder gives.  Throws
/// InvalidArgument for fewer than 8 steps, and as TrajectoryChains::start().
TemperingPartition trajectory_log_partition(const MachineLadder& ladder, const TemperingSettings& settings,
                                            Random& random, const Control& control = {});

/// What its progress counts to.
std::size_t trajectory_steps(const TemperingSettings& settings);

/// log Z of a machine whose weights are 0.
double log_partition_without_weights(const Machine& machine);

}  // namespace rbm
