// SPDX-License-Identifier: MIT
// How well a score tells the samples that are wanted from the others.
#pragma once

#include <span>
#include <vector>

namespace rbm {

/// The area under the ROC curve: the probability that a wanted sample scores above another one, half for ties.  NaN
/// when all are wanted or none is.  Throws InvalidArgument when lengths differ or a score is NaN.
double roc_auc(std::span<const double> scores, const std::vector<bool>& wanted);

/// The mean, over wanted samples, of the share of wanted ones among all that score at least as high.  It is the share
/// of wanted samples for a score that knows nothing.
double average_precision(std::span<const double> scores, const std::vector<bool>& wanted);

/// The value that this share of `values` lies at or below, between neighbours linearly.  Throws InvalidArgument
/// for no values, or a share outside [0, 1].
double quantile(std::vector<double> values, double share);

}  // namespace rbm
