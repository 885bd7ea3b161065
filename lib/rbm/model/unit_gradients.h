// SPDX-License-Identifier: MIT
// What objectives other than likelihoods ask of units: derivatives of means and of scores.  A kind that lacks one
// throws Unsupported with the name of who asked.
//
// Shapes: B rows of a batch, N units of a bank.
#pragma once

#include <span>
#include <string_view>

#include "rbm/model/machine.h"
#include "rbm/model/sites.h"

namespace rbm {

/// The sites of a discrete bank and their letters.  Throws Unsupported for continuous units.
template <class Real>
BasicSites<Real> discrete_sites(const BasicUnits<Real>& units, std::string_view asked_by);

/// first, second [B x N] = derivatives of the mean in the field, from the mean.  Throws Unsupported for kinds whose
/// units depend on each other's fields or are not discrete.
template <class Real>
void mean_slopes(const BasicUnits<Real>& units, ConstViewOf<Real> mean, ViewOf<Real> first, ViewOf<Real> second,
                 std::string_view asked_by);

/// out [B x N] = d log p / dx, where `field` is that of the other side's mean.  Throws Unsupported unless the units are
/// continuous.
template <class Real>
void score(const BasicUnits<Real>& units, ConstViewOf<Real> state, ConstViewOf<Real> field, ViewOf<Real> out,
           std::string_view asked_by);

/// gradient += sum_b along[b] . d(score)/dparameters at field 0, and curvature . d(d score / dx)/dparameters.
/// along [B x N], curvature [N].  Throws Unsupported unless the units are continuous.
template <class Real>
void add_score_gradient(const BasicUnits<Real>& units, ConstViewOf<Real> state, ConstViewOf<Real> along,
                        std::span<const double> curvature, BasicUnits<Real>& gradient, std::string_view asked_by);

/// gradient += sum_b row_weights[b] dE_own(state[b])/dparameters.
template <class Real>
void add_own_gradient(const BasicUnits<Real>& units, ConstViewOf<Real> state, std::span<const Real> row_weights,
                      BasicUnits<Real>& gradient);

/// gradient += sum_b row_weights[b] E[dE_own/dparameters], averaged over p(state | field); `mean` is what mean() gives.
template <class Real>
void add_expected_gradient(const BasicUnits<Real>& units, ConstViewOf<Real> field, ConstViewOf<Real> mean,
                           std::span<const Real> row_weights, BasicUnits<Real>& gradient);

}  // namespace rbm
