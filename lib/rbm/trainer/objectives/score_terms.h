// SPDX-License-Identifier: MIT
// What losses of the score psi = d log p(v) / dv share: from their slopes in psi and in the hidden fields to those in
// the parameters.  Not installed.
//
//   psi_i = (own score of v_i) + sum_j statistic'_i W_ij mean_j        and the field of hidden unit j is
//   x_j   = sum_i statistic_i(v) W_ij
// Weights count only as statistic' times W, so what the slope of log sigma gains from them is add_coupling's.
#pragma once

#include <string_view>
#include <utility>

#include "rbm/trainer/objective.h"

namespace rbm::detail {

template <class Real>
class ScoreTerms {
  public:
    /// Hidden fields and means, slopes and scores of the workspace's rows [first, first + count).  `name` is the
    /// objective, for Unsupported.
    ScoreTerms(const BasicMachine<Real>& machine, BasicGradientWorkspace<Real>& workspace, std::size_t first,
               std::size_t count, std::string_view name, BasicMachine<Real>& gradient);

    std::size_t rows() const { return state_.rows; }
    MatrixView<const Real> score() const { return matrix(0); }         ///< [B x V]
    MatrixView<const Real> first_slope() const { return matrix(1); }   ///< [B x H] of the mean in the field
    MatrixView<const Real> second_slope() const { return matrix(2); }  ///< [B x H]
    std::span<const double> precision() const { return precision_; }   ///< [V] 1 / sigma^2
    MatrixView<Real> along() { return workspace_.scratch[3].view(); }  ///< [B x V] to fill: d loss / d psi
    MatrixView<Real> back() { return workspace_.scratch[4].view(); }   ///< [B x H] to fill: d loss / dx
    BasicMatrix<Real>& scratch(std::size_t k) { return workspace_.scratch[6 + k]; }  ///< k below 3

    /// The gradient of all that was filled in.  curvature [V]: d loss / d(derivative of the own score).
    void finish(std::span<const double> curvature);

  private:
    MatrixView<const Real> matrix(std::size_t k) const { return std::as_const(workspace_.scratch[k]).view(); }

    const BasicMachine<Real>& machine_;
    BasicGradientWorkspace<Real>& workspace_;
    BasicMachine<Real>& gradient_;
    MatrixView<const Real> state_, mean_;
    std::string_view name_;
    std::vector<double> precision_;
};

}  // namespace rbm::detail
