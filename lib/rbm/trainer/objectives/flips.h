// SPDX-License-Identifier: MIT
// Losses of what a change of one site does: sums over sites of a function of p(letter | all other sites).  A bit has
// one other letter, so that its change is a flip; a Potts site has q - 1.  A change moves the hidden fields by rows of
// the weights, so B rows of S sites cost as much as (q - 1) S B rows, without their products.  Not installed.
#pragma once

#include <span>
#include <string_view>

#include "rbm/trainer/objective.h"

namespace rbm::detail {

/// From F(v) - F(v with another letter at the site), of all other letters, to the probabilities of these given the
/// other sites.  Returns minus the log probability of the letter that stands there.
double to_conditional(std::span<double> differences);

/// Takes those differences of one site, returns the loss and leaves its derivatives in them.
using SiteLoss = double (*)(std::span<double> differences);

/// Adds the gradient of sum_b row_weights[b] sum_s f(differences of site s in row b), taken over `sites` of the S
/// sites, drawn anew for each batch and scaled by S / sites, or over all when that is 0; sets workspace.loss.  Throws
/// Unsupported unless the visible units are discrete.
template <class Real>
void add_flip_gradient(const BasicMachine<Real>& machine, std::size_t batch, std::size_t sites, SiteLoss f,
                       std::string_view name, Random& random, BasicGradientWorkspace<Real>& workspace,
                       BasicMachine<Real>& gradient);

}  // namespace rbm::detail
